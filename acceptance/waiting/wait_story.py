"""What a wait saw, told in one line: the distinct answers, how often, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field

TOLD = 8
LONGEST = 400


@dataclass
class _Answer:
    first_s: float
    last_s: float
    times: int = 1


@dataclass
class Story:
    """Collects the answers a wait gets about `what`; `claim` is the matcher's description."""

    what: str
    claim: str
    evidence: str | None = None
    _answers: dict[str, _Answer] = field(default_factory=dict)

    def add(self, at_s: float, text: str) -> None:
        """An answer seen `at_s` seconds into the wait."""
        text = " ".join(text.split())
        text = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
        known = self._answers.get(text)
        if known is None:
            self._answers[text] = _Answer(at_s, at_s)
        else:
            known.last_s = at_s
            known.times += 1

    def failure(self, verdict: str) -> str:
        """The whole story in one line, the verdict after the subject."""
        looks = sum(answer.times for answer in self._answers.values())
        parts = [f"{self.what} {verdict} ({looks} looks): expected {self.claim}"]
        if self._answers:
            parts.append(f"saw {', '.join(self._told())}")
        if self.evidence:
            parts.append(f"evidence in {self.evidence}")
        return "; ".join(parts)

    def _told(self) -> list[str]:
        told = [_tell(text, answer) for text, answer in self._answers.items()]
        if len(told) <= TOLD:
            return told
        half = TOLD // 2
        return [*told[:half], f"... {len(told) - TOLD} other answers ...", *told[-half:]]


def _tell(text: str, answer: _Answer) -> str:
    times = f" x {answer.times}" if answer.times > 1 else ""
    when = f"{answer.first_s:.1f}" if answer.times == 1 else f"{answer.first_s:.1f}-{answer.last_s:.1f}"
    return f"{text}{times} ({when} s)"

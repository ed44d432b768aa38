"""The stream itself: envelopes as lines of JSON, each flushed at once, nothing secret in them.

Format: Cucumber Messages as NDJSON, the JSON schema is `messages.schema.json` of npm `@cucumber/messages`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from acceptance.results.json_file import Unreadable
from acceptance.results.masking import mask

PROTOCOL_VERSION = "34.2.1"
"""The version of Cucumber Messages written here; the one that acceptance/report/package-lock.json pins."""

_NANOS = 1_000_000_000
_TEXT = ("text/", "application/json", "application/xml", "image/svg+xml")


RUN_ID = "run"
"""The id of the run itself in every stream: of several one is made (acceptance/report/merge.py)."""


class Ids:
    """Ids that nothing else has, not in the stream of any other run either, as long as nobody else has the prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._numbers = itertools.count(1)

    def get_next_id(self) -> str:
        """The next id. The name is gherkin-official's, which calls it."""
        return f"{self._prefix}.{next(self._numbers)}"


def id_of(kind: str, *what: str) -> str:
    """The id of what every run tells alike: the same in every stream, and nothing that would be masked."""
    return f"{kind}-{hashlib.sha256(chr(0).join(what).encode()).hexdigest()[:10]}"


class MessageStream:
    """Writes envelopes to a text file, one per line, secrets masked; readable at any moment."""

    def __init__(self, file: TextIO, *, masked: Callable[[str], str] = mask) -> None:
        self._file = file
        self._masked = masked

    def write(self, kind: str, **fields: Any) -> None:
        """Write one message; fields that are None are left out, as the schema asks."""
        self._emit(kind, self._clean(_present(fields)))

    def attachment(self, media_type: str, data: bytes | str, **where: str | None) -> None:
        """Write an attachment. Text is kept readable and masked; anything else goes as base64, as it is."""
        body, encoding = _encoded(media_type, data)
        fields = {"contentEncoding": encoding, "mediaType": media_type, "timestamp": timestamp(), **where}
        # base64 can look like a key by chance, and masking would break it.
        shown = self._masked(body) if encoding == "IDENTITY" else body
        self._emit("attachment", {"body": shown, **self._clean(_present(fields))})

    def _emit(self, kind: str, body: Mapping[str, Any]) -> None:
        self._file.write(json.dumps({kind: body}, separators=(",", ":")) + "\n")
        self._file.flush()

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masked(value)
        if isinstance(value, dict):
            return {key: self._clean(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(inner) for inner in value]
        return value


def read_messages(path: Path) -> Iterator[dict[str, Any]]:
    """The messages of a run in order. A last line cut short by a killed run is left out; Unreadable for any other."""
    if not path.is_file():
        raise Unreadable(
            f"expected a run's messages at {path}, found no such file; was the run given a report?"
        )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            if number == len(lines) and not line.endswith("\n"):
                return
            raise Unreadable(f"expected JSON in line {number} of {path}: {error}") from error


def timestamp(nanos: int | None = None) -> dict[str, int]:
    """A moment as the schema's Timestamp; `nanos` since the epoch, now when not given."""
    seconds, rest = divmod(time.time_ns() if nanos is None else nanos, _NANOS)
    return {"seconds": seconds, "nanos": rest}


def duration(seconds: float) -> dict[str, int]:
    """A length of time as the schema's Duration; a clock set back counts as zero."""
    whole, rest = divmod(max(0, round(seconds * _NANOS)), _NANOS)
    return {"seconds": whole, "nanos": rest}


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _encoded(media_type: str, data: bytes | str) -> tuple[str, str]:
    """Body and contentEncoding of an attachment."""
    if isinstance(data, str):
        return data, "IDENTITY"
    if media_type.startswith(_TEXT):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8"), "IDENTITY"
    return base64.b64encode(data).decode("ascii"), "BASE64"

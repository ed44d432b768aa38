"""The deployment under test: a child of the suite that ends with it, or one that runs already."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from acceptance.config.sections import SandboxCommand
from acceptance.drivers.http import HttpClient
from acceptance.results.run_folder import PROJECT
from acceptance.waiting.errors import DeploymentDied, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import ClaimFailed, wait_until

STOP_S = 20.0
"""How long the child may take to put everything away before it is told to end, and then made to."""

CHILD_SETTLES_S = 1.5
"""How long a sandbox of which a part has ended takes to say so."""

TAIL_LINES = 20

ATTACH = timedelta(seconds=10)

LAST_WORDS = "could not go on: "
"""What the log of a sandbox says before the part of it that ended unasked, while it still puts everything away."""

LOOK_S, LOOK = 1.0, timedelta(seconds=2)
"""Seconds between two looks at the info document of a sandbox that is used, and the time that each is given."""

GONE_S = 2.0
"""Seconds without an answer after which it is gone: less may be a machine that is busy."""


class _Far:
    """A sandbox that somebody else started: it is there as long as its info document answers."""

    settles_s = 2 * GONE_S

    def __init__(self, web: HttpClient, url: str) -> None:
        self._web = web
        self._url = url
        self._lock = threading.Lock()
        self._next = 0.0
        self._silent_since: float | None = None

    def check(self) -> None:
        """Looks now and then, one thread at a time; DeploymentDied once there was no answer for `GONE_S`."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            now = time.monotonic()
            if now < self._next:
                return
            self._look(now)
        finally:
            self._lock.release()

    def _look(self, now: float) -> None:
        try:
            self._web.get("")
        except Unreachable as silence:
            self._silent_since = self._silent_since or now
            self._next = time.monotonic() + LOOK_S / 4
            if time.monotonic() - self._silent_since >= GONE_S:
                raise DeploymentDied(f"the sandbox at {self._url} answers no longer: {silence}") from silence
        else:
            self._silent_since, self._next = None, time.monotonic() + LOOK_S


class Deployment:
    """A running deployment and its info document (empty where the profile needs none)."""

    def __init__(
        self,
        info: Mapping[str, object],
        child: subprocess.Popen[bytes] | None,
        log: Path | None,
        far: _Far | None = None,
    ) -> None:
        self.info = MappingProxyType(dict(info))
        self.log = log
        self._child = child
        self._far = far
        self._heard = 0

    @property
    def own(self) -> bool:
        """Whether it was started here and ends with the run."""
        return self._child is not None

    @property
    def settles_s(self) -> float:
        """Seconds after which it is known whether the deployment died of what was just seen."""
        if self._child is not None:
            return CHILD_SETTLES_S
        return self._far.settles_s if self._far is not None else 0.0

    @classmethod
    def start(
        cls, command: SandboxCommand, log: Path, *, say: Callable[[str], None] | None = None
    ) -> Deployment:
        """Start the command as a child and wait until it has written its ready file.

        The child's standard input is a pipe from this process: when the suite dies, by whatever signal, it reads the
        end and puts itself away. `say` gets each line that the child writes while it starts.

        Raises:
            DeploymentDied: the command ended; the message has its exit code and the last lines of its log.
            NotReady: it was not ready within `command.ready_within`.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ready-") as folder:
            ready = Path(folder) / "ready.json"
            with log.open("wb") as output:
                child = subprocess.Popen(
                    _argv(command, ready),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=PROJECT,
                    start_new_session=True,
                )
            deployment = cls({}, child, log)
            try:
                info = deployment._await(ready, command, say)
            except ClaimFailed as late:
                deployment.stop()
                raise NotReady(f"{late}\n{deployment._tail()}") from late
            except BaseException:
                deployment.stop()
                raise
        deployment.info = MappingProxyType(info)
        return deployment

    @classmethod
    def attach(cls, info_url: str) -> Deployment:
        """Use a deployment that runs already and serves its info document at `info_url`.

        Raises:
            Unreachable: nobody answers there. UnexpectedAnswer: what answers is no info document.
        """
        answer = HttpClient(info_url, ca_file=None, timeout=ATTACH).get("")
        found = answer.json()
        if answer.status != 200 or not isinstance(found, dict):
            raise UnexpectedAnswer(
                f"{answer}: expected the sandbox's info document; is {info_url} its address?"
            )
        return cls(found, None, None, _Far(HttpClient(info_url, ca_file=None, timeout=LOOK), info_url))

    @classmethod
    def remote(cls) -> Deployment:
        """A deployment that is there already and that the profile describes completely."""
        return cls({}, None, None)

    def check(self) -> None:
        """Raises DeploymentDied if the sandbox has ended or is about to; one on AWS always passes."""
        if self._far is not None:
            self._far.check()
        if self._child is None:
            return
        # Putting everything away takes it seconds more, in which nothing that is seen says anything.
        cause = self._last_words()
        if cause is not None:
            raise DeploymentDied(cause)
        if self._child.poll() is not None:
            raise DeploymentDied(
                f"the deployment ended with exit code {self._child.returncode}; log {self.log}:\n{self._tail()}"
            )

    def stop(self) -> None:
        """Let the child put itself away: close its input, then SIGTERM, then SIGKILL. May be called again.

        Raises:
            DeploymentDied: it had to be killed, so it may have left something behind.
        """
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        if _ended(child):
            return
        child.terminate()
        if _ended(child):
            return
        child.kill()
        child.wait()
        raise DeploymentDied(f"the deployment did not end in {2 * STOP_S:g} s and was killed; log {self.log}")

    def _await(
        self, ready: Path, command: SandboxCommand, say: Callable[[str], None] | None
    ) -> dict[str, object]:
        told = 0

        def look() -> dict[str, object] | None:
            nonlocal told
            written = ready.exists()
            told = self._tell(say, told)
            if not written:
                self.check()
                return None
            found = json.loads(ready.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None

        info = wait_until(
            look,
            DescribedMatcher[dict[str, object] | None](
                "ready", lambda found: found is not None, lambda _: "no ready file"
            ),
            what=f"deployment `{' '.join(command.command)}`",
            within=command.ready_within,
            # A file being written is not whole yet.
            transient=(json.JSONDecodeError,),
            evidence=str(self.log),
        )
        return info or {}

    def _last_words(self) -> str | None:
        """Why the sandbox cannot go on, if its log says so in a whole line that was written since the last look."""
        if self.log is None or self.log.stat().st_size == self._heard:
            return None
        with self.log.open("rb") as file:
            file.seek(self._heard)
            *lines, part = file.read().split(b"\n")
            self._heard = file.tell() - len(part)
        said = [line.decode("utf-8", "replace").partition(LAST_WORDS)[2] for line in lines]
        return next((cause for cause in said if cause), None)

    def _tell(self, say: Callable[[str], None] | None, told: int) -> int:
        if say is None or self.log is None:
            return told
        written = self.log.read_bytes()[told:]
        whole = written[: written.rfind(b"\n") + 1]
        for line in whole.decode("utf-8", "replace").splitlines():
            say(line)
        return told + len(whole)

    def _tail(self) -> str:
        if self.log is None or not self.log.exists():
            return "no log"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:]) or "the log is empty"


def absent(settings: Mapping[str, str]) -> Iterator[str]:
    """What to say of a sandbox that a run was told to use, if it is not there."""
    if "sandbox" in settings:
        try:
            Deployment.attach(settings["sandbox"])
        except (Unreachable, UnexpectedAnswer) as failure:
            yield (
                f"-D sandbox={settings['sandbox']}: no sandbox answers there ({failure}); "
                "start one with `make sandbox`, or leave the setting out"
            )


def _ended(child: subprocess.Popen[bytes]) -> bool:
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _argv(command: SandboxCommand, ready: Path) -> list[str]:
    words = [word.replace("{ready}", str(ready)) for word in command.command]
    return [sys.executable if words[0] == "python" else words[0], *words[1:]]

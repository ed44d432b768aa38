"""The deployment under test: a child of the suite that ends with it, or one that runs already."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from drivers.errors import DeploymentDied, NotReady, UnexpectedAnswer
from drivers.facts import Fact
from drivers.profile import SandboxCommand
from drivers.watch import ClaimFailed, wait_until
from drivers.web import Web

PROJECT = Path(__file__).resolve().parent.parent

STOP_S = 20.0
"""How long the child may take to put everything away before it is told to end, and then made to."""

TAIL_LINES = 20

ATTACH = timedelta(seconds=10)


class Deployment:
    """A running deployment and its info document (empty where the profile needs none)."""

    def __init__(
        self, info: Mapping[str, object], child: subprocess.Popen[bytes] | None, log: Path | None
    ) -> None:
        self.info = MappingProxyType(dict(info))
        self.log = log
        self._child = child

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
        answer = Web(info_url, ca_file=None, timeout=ATTACH).get("")
        found = answer.json()
        if answer.status != 200 or not isinstance(found, dict):
            raise UnexpectedAnswer(
                f"{answer}: expected the sandbox's info document; is {info_url} its address?"
            )
        return cls(found, None, None)

    @classmethod
    def remote(cls) -> Deployment:
        """A deployment that is there already and that the profile describes completely."""
        return cls({}, None, None)

    def check(self) -> None:
        """Raises DeploymentDied if the child has ended; a deployment that was not started here always passes."""
        if self._child is not None and self._child.poll() is not None:
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
            Fact[dict[str, object] | None](
                "ready", lambda found: found is not None, lambda _: "no ready file"
            ),
            what=f"deployment `{' '.join(command.command)}`",
            within=command.ready_within,
            # A file being written is not whole yet.
            transient=(json.JSONDecodeError,),
            evidence=str(self.log),
        )
        return info or {}

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


def _ended(child: subprocess.Popen[bytes]) -> bool:
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _argv(command: SandboxCommand, ready: Path) -> list[str]:
    words = [word.replace("{ready}", str(ready)) for word in command.command]
    return [sys.executable if words[0] == "python" else words[0], *words[1:]]

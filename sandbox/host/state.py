"""The one temporary folder that holds everything a running sandbox writes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.host.reaper import PREFIX


@dataclass(frozen=True)
class State:
    """Paths below the state folder. Every folder named here exists once `create` has returned."""

    root: Path

    @classmethod
    def create(cls) -> State:
        """A new, empty state folder (mode 0700) in the system's temporary folder."""
        state = cls(Path(tempfile.mkdtemp(prefix=PREFIX)))
        for folder in (state.pids, state.logs, state.envoy, state.workspaces, state.remotes, state.scratch):
            folder.mkdir()
        return state

    @property
    def id(self) -> str:
        """What this sandbox is called among others."""
        return self.root.name.removeprefix(PREFIX)

    @property
    def pids(self) -> Path:
        """One empty file per process group that must not outlive the sandbox, named by its id."""
        return self.root / "pids"

    @property
    def logs(self) -> Path:
        """Logs: `envoy.log`, `access.log`, `session-api.log`, `<family>/<task id>.log`."""
        return self.root / "logs"

    @property
    def access_log(self) -> Path:
        """A line of JSON for each request to the load balancer."""
        return self.logs / "access.log"

    @property
    def envoy(self) -> Path:
        """Envoy's bootstrap and xDS files."""
        return self.root / "envoy"

    @property
    def workspaces(self) -> Path:
        """Stands for the EFS file system that tasks mount at `/workspace`."""
        return self.root / "workspace"

    @property
    def remotes(self) -> Path:
        """Bare repositories: the remotes that the sites' workspaces push to."""
        return self.root / "remotes"

    @property
    def scratch(self) -> Path:
        """One folder per task: its working, home and temporary folder, gone with the task."""
        return self.root / "scratch"

    @property
    def ca_file(self) -> Path:
        """PEM certificate of the authority that signed the load balancer's certificate."""
        return self.root / "ca.pem"

    def remove(self) -> None:
        """Remove the folder with all it holds; a folder already gone is no error."""
        shutil.rmtree(self.root, ignore_errors=True)

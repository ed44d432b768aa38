"""One run of the suite: its deployment, its drivers, its results, and what the scenarios of a feature share."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from drivers.deployment import Deployment
from drivers.evidence import Evidence
from drivers.ledger import Ledger
from drivers.platform import Platform
from drivers.profile import read
from drivers.shared import Shared

PROJECT = Path(__file__).resolve().parent.parent

PROFILE = "deployments/sandbox.toml"


class Keep(StrEnum):
    """Whether what the run made stays when it ends, for a person to look at."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class Suite:
    """Everything that lasts as long as the run. Made by `start`, ended by `close`."""

    def __init__(
        self, run_id: str, deployment: Deployment, platform: Platform, ledger: Ledger, keep: Keep
    ) -> None:
        self.run_id = run_id
        self.deployment = deployment
        self.platform = platform
        self.ledger = ledger
        self.evidence: Evidence = platform.evidence(PROJECT / "reports", run_id)
        self.shared = Shared(platform, self.new_client)
        self.failed = False
        self._keep = keep
        self._numbers = itertools.count(1)

    @classmethod
    def start(cls, settings: Mapping[str, str], say: Callable[[str], None]) -> Suite:
        """Read the profile, start or find its deployment, and make the drivers.

        Args:
            settings: behave's `-D` values. `profile` names the TOML file, `sandbox` the info document of a sandbox that
                runs already, `results` where the ledger goes, `keep` (never, on-failure, always) whether sessions and
                sandbox stay for a look; `section.key` overrides a value of the profile.
            say: told what goes on while the deployment starts.

        Raises:
            ConfigurationError: the profile cannot be used; all its problems at once.
            DeploymentDied: the deployment did not start.
        """
        keep = Keep(settings.get("keep", Keep.NEVER))
        draft = read(PROJECT / settings.get("profile", PROFILE), settings)
        run_id = f"{datetime.now(UTC):%m%d-%H%M%S}-{secrets.token_hex(2)}"
        folder = PROJECT / "reports" / run_id
        if "sandbox" in settings:
            deployment = Deployment.attach(settings["sandbox"])
        elif draft.command is not None:
            deployment = Deployment.start(draft.command, folder / "deployment.log", say=say)
        else:
            deployment = Deployment.remote()
        try:
            platform = Platform.of(draft.fill(deployment.info))
        except BaseException:
            deployment.stop()
            raise
        results = Path(settings["results"]) if "results" in settings else folder / "results.json"
        return cls(run_id, deployment, platform, Ledger(results), keep)

    def new_client(self) -> str:
        """A client id that this run alone uses; it carries the profile's mark, so that strays can be found."""
        return f"{self.platform.profile.suite.client_prefix}-{self.run_id}-{next(self._numbers)}"

    @property
    def keeps(self) -> bool:
        """Whether, as things stand, what the run made is to stay."""
        return self._keep is Keep.ALWAYS or (self._keep is Keep.ON_FAILURE and self.failed)

    def unless_kept(self, undo: Callable[[], object]) -> Callable[[], None]:
        """A cleanup that does nothing once the run keeps what it made."""

        def cleanup() -> None:
            if not self.keeps:
                undo()

        return cleanup

    def linger(self, say: Callable[[str], None]) -> None:
        """If the run keeps what it made, leave it running until Ctrl-C."""
        if self.keeps and self.deployment.info:
            say(f"Kept for a look: {dict(self.deployment.info)}")
            say("Ctrl-C ends it.")
            threading.Event().wait()

    def close(self) -> None:
        """End what the drivers hold, then the deployment if this run started it; DeploymentDied if it will not go."""
        try:
            self.platform.close()
        finally:
            self.deployment.stop()

"""One run of the suite: its deployment, its drivers, its results, and what the scenarios of a feature share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from acceptance.capabilities import Capability
from acceptance.config.mark import EXAMPLE_CLIENT
from acceptance.config.profile import PROFILE, read
from acceptance.drivers.aws import AwsRefusal
from acceptance.drivers.load_balancer import Routing
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_table import ENDED
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.shared_sessions import Shared
from acceptance.results.disk_space import TO_GO_ON, NoRoom, check_room
from acceptance.results.ledger import Ledger
from acceptance.results.masking import hide, mask_file
from acceptance.results.run_facts import ACCOUNT, TIMING
from acceptance.results.run_folder import DEPLOYMENT_LOG, PROJECT, RunFolder, new_run_id, point_latest
from acceptance.run.deployment import Deployment
from acceptance.run.evidence import Evidence
from acceptance.run.keep_policy import KeepPolicy
from acceptance.run.leftovers import left_behind
from acceptance.run.session_traces import Traces
from acceptance.run.tenancy import Tenancy
from acceptance.waiting.errors import (
    ConfigurationError,
    DeploymentDied,
    DiskFull,
    DriverError,
    NotObserved,
    PlatformError,
    ViewLost,
    not_observed,
)
from acceptance.waiting.view import VIEW
from acceptance.waiting.waits import ClaimFailed


class Run:
    """Everything that lasts as long as the run. Made by `start`, ended by `close` and `end`."""

    def __init__(
        self,
        run_id: str,
        deployment: Deployment,
        platform: Platform,
        folder: RunFolder,
        keeping: KeepPolicy,
        *,
        tenancy: Tenancy | None = None,
    ) -> None:
        self.run_id = run_id
        self.deployment = deployment
        self.platform = platform
        self.folder = folder
        self._tenancy = tenancy
        self.ledger = Ledger(folder.results)
        self.keeping = keeping
        self.evidence = Evidence(folder.path, platform)
        self.shared = Shared(platform, self.new_client, self.tell_of)
        self.witnessed: dict[str, CustomerSession] = {}
        VIEW.stand_on(deployment.check, settles_s=deployment.settles_s)
        self._numbers = itertools.count(1)
        self._clients: list[str] = []
        self._before: Routing | None = None
        self._scenario = ""
        self._traces = Traces(self.ledger, datetime.now(UTC))

    @classmethod
    def start(cls, settings: Mapping[str, str], say: Callable[[str], None]) -> Run:
        """Read the profile, start or find its deployment, and make the drivers.

        Args:
            settings: behave's `-D` values (acceptance/results/preflight.py says what each means).
            say: told what goes on while the deployment starts.

        Raises:
            ConfigurationError: the profile or a setting cannot be used; all the profile's problems at once.
            DeploymentDied: the deployment did not start.
            DeploymentHeld: it is one that others know, too, and another run has it to itself.
        """
        source = PROJECT / settings.get("profile", PROFILE)
        run_id = new_run_id()
        try:
            keeping = KeepPolicy.of(settings)
            folder = RunFolder.of(settings, run_id)
        except ValueError as wrong:
            raise ConfigurationError(source, [str(wrong)]) from wrong
        draft = read(source, settings)
        try:
            if "sandbox" in settings:
                deployment = Deployment.attach(settings["sandbox"])
            elif draft.command is not None:
                deployment = Deployment.start(draft.command, folder.path / DEPLOYMENT_LOG, say=say)
            else:
                deployment = Deployment.remote()
        except ViewLost as cause:
            # There is no run yet that could tell it to those who judge the run.
            VIEW.lose(cause)
            Ledger(folder.results).lose(str(cause))
            raise
        try:
            platform = Platform.of(draft.fill(deployment.info), run_id)
            platform.check_account()
            tenancy = None
            if not deployment.own:
                tenancy = Tenancy(platform, settings.get("lease", run_id), part="lease" in settings).begin()
        except NotObserved as cause:
            Ledger(folder.results).lose(str(cause))
            deployment.stop()
            raise
        except BaseException:
            deployment.stop()
            raise
        return cls(run_id, deployment, platform, folder, keeping, tenancy=tenancy)

    def look_around(self, say: Callable[[str], None]) -> None:
        """Before anything is begun: learn which account id to mask, and what is there that the run did not make."""
        aws = self.platform.profile.aws
        for key in (aws.access_key, aws.secret_key):
            hide(key or "")
        try:
            hide(self.platform.account)
        except AwsRefusal as failure:
            say(f"The account id is masked by its form alone, STS does not tell it: {failure}")
        self._before = self.platform.balancer.routing()

    def point_latest(self) -> None:
        """Make `reports/latest` lead to this run, unless somebody else named its folder."""
        if self.folder.own:
            point_latest(self.folder.path)

    def facts(self) -> dict[str, str]:
        """What the report's head says of the run, by name."""
        profile = self.platform.profile
        pace = self.deployment.info.get("timing")
        return {
            "Deployment": profile.name,
            **({TIMING: str(pace)} if pace else self._account()),
            "Run": self.run_id,
            "Idle time": f"{profile.timing.idle_timeout.total_seconds():g} s",
        }

    def _account(self) -> dict[str, str]:
        """The end of the account's id, which tells staging from production; nothing where STS does not tell it."""
        try:
            return {ACCOUNT: f"...{self.platform.account[-4:]}"}
        except AwsRefusal:
            return {}

    def new_client(self) -> str:
        """A client id that this run alone uses; it carries the profile's mark, so that strays can be found."""
        self._clients.append(self.platform.mark.client(next(self._numbers)))
        return self._clients[-1]

    def begin_scenario(self, name: str) -> None:
        """From now on sessions are told of as this scenario's."""
        self._scenario = name
        self.witnessed = {}

    def tell_of(self, session: CustomerSession) -> None:
        """Have the report, and the evidence if the scenario fails, tell of a session that it has to do with."""
        self.witnessed[session.session_id] = session
        self._traces.follow(session.session_id, session.customer.client_id, self._scenario, session.timeline)

    def note_stages(self) -> None:
        """Enter into the ledger how far the sessions have come."""
        self._traces.note_stages()

    def note_platform(self, say: Callable[[str], None]) -> None:
        """Enter into the ledger what the platform knows of the run's tasks and sessions; for the report alone."""
        try:
            self._traces.note_tasks(self.platform.fleet)
            self._traces.note_sessions(self.platform.records, self.platform.mark)
        except (DriverError, AwsRefusal) as failure:
            say(f"The report will lack tasks and sessions: {type(failure).__name__}: {failure}")
        self.ledger.write()

    def fall_asleep(self, after: str, *, since: datetime) -> None:
        """Wait until the platform sleeps; NotInTime, with its evidence collected, if it does not.

        Args:
            after: what has ended.
            since: older events and log lines are no evidence.
        """
        try:
            CustomerSessions(self.platform).until_asleep()
        except ClaimFailed as late:
            self.evidence.collect(f"not asleep after {after}", since=since, message=str(late), sessions={})
            raise

    def look_back(self, say: Callable[[str], None]) -> None:
        """Enter into the ledger what the run has left in the platform; nothing is looked for if that is to stay."""
        if self.keeping.keeps:
            say("Kept for a look, so what is left behind was not looked for.")
            return
        platform = self.platform
        if VIEW.lost is None and self._before is not None:
            platform.workspaces.close()
            unseen = self.ledger.not_observed.append
            self.ledger.left_behind += left_behind(platform, before=self._before, unseen=unseen)
        self.ledger.write()

    def unseen(self, error: BaseException | None) -> NotObserved | None:
        """Why nobody knows whether something failed, or None if that was seen: asked of every failure.

        A part of the sandbox may have died a moment ago, a full disk fails whatever is tried, and a session that the
        suite was to keep awake may have expired: the platform is accused only if there is no such cause. Once nothing
        can be seen any more the run is lost, and says so.
        """
        found = not_observed(error)
        cause = found if isinstance(found, ViewLost) else self._no_room() or VIEW.settle()
        if cause is None:
            return found or self.platform.attendance.lapse()
        VIEW.lose(cause)
        self.ledger.lose(str(VIEW.lost))
        return VIEW.lost

    def _no_room(self) -> ViewLost | None:
        try:
            check_room(self.folder.path, TO_GO_ON)
        except NoRoom as full:
            return DiskFull(str(full))
        return None

    def abandon(self) -> None:
        """Whoever wanted the run is gone: a platform of the run's own goes as it is, with all that is in it.

        On any other the cleanups still run.
        """
        if self.deployment.own:
            VIEW.lose(ViewLost("the run was told to end"))

    def _end_sessions_unseen(self) -> None:
        """End the run's sessions though AWS tells nothing any more, as when the credentials have ended.

        The session API takes no credentials. What else a run has started ends by itself, or by the next sweep.
        """
        if self.keeping.keeps or not self.platform.profile.offers(Capability.DEACTIVATE):
            return
        for client_id in (*self._clients, EXAMPLE_CLIENT):
            try:
                for session in self.platform.sessions.of_client(client_id):
                    if session.status not in ENDED:
                        self.platform.sessions.request(
                            "POST", f"/api/sessions/{session.session_id}/deactivate"
                        )
            except PlatformError as failure:
                self.ledger.not_observed.append(f"whether the sessions of {client_id} were ended: {failure}")
                self.ledger.write()
                return

    def close(self) -> None:
        """End what the drivers hold, then the deployment if this run started it; DeploymentDied if it will not go."""
        try:
            if (
                VIEW.lost is not None
                and not self.deployment.own
                and not isinstance(VIEW.lost, DeploymentDied)
            ):
                self._end_sessions_unseen()
            self.platform.close()
        finally:
            try:
                if self._tenancy is not None:
                    self._tenancy.end()
                self.deployment.stop()
            finally:
                if self.deployment.log is not None:
                    mask_file(self.deployment.log)

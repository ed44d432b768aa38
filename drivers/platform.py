"""All drivers of one deployment, made from its profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drivers.accidents import Accidents
from drivers.aws import Clients
from drivers.balancer import Balancer
from drivers.evidence import Evidence
from drivers.exec_channel import ExecChannel
from drivers.fleet import Fleet
from drivers.hmr import HmrSocket
from drivers.mail import Mailbox
from drivers.preview import Preview
from drivers.profile import Profile
from drivers.recorder import Recorder
from drivers.records import Records
from drivers.sessions import Attendance, Sessions
from drivers.shell import shell_for
from drivers.timeline import Stage, Timeline, follow
from drivers.web import Web
from drivers.wire import Wire
from drivers.workspace import Workspaces


@dataclass(frozen=True)
class Platform:
    """What a step may reach of a deployment. `web` and `wire` go to the HTTPS listener, `plain_wire` to the other."""

    profile: Profile
    clients: Clients
    web: Web
    wire: Wire
    plain_wire: Wire
    sessions: Sessions
    attendance: Attendance
    records: Records
    fleet: Fleet
    accidents: Accidents
    balancer: Balancer
    preview: Preview
    workspaces: Workspaces
    mailbox: Mailbox

    @classmethod
    def of(cls, profile: Profile) -> Platform:
        """Drivers for a profile. Nothing is contacted yet."""
        addresses, answer = profile.addresses, profile.patience.answer
        clients = Clients(profile.aws)
        web = Web(addresses.preview_url, ca_file=addresses.ca_file, timeout=answer)
        fleet = Fleet(clients, profile.names)
        sessions = Sessions(web)
        channel = ExecChannel(clients, profile.names.cluster, addresses.ca_file)
        return cls(
            profile=profile,
            clients=clients,
            web=web,
            wire=Wire(addresses.preview_url, ca_file=addresses.ca_file, timeout=answer),
            plain_wire=Wire(addresses.http_url, ca_file=None, timeout=answer),
            sessions=sessions,
            attendance=Attendance(sessions, profile.timing.idle_timeout),
            records=Records(clients, profile.names),
            fleet=fleet,
            accidents=Accidents(fleet, channel, profile),
            balancer=Balancer(clients, profile.names),
            preview=Preview(web),
            workspaces=Workspaces(shell_for(profile, fleet, channel)),
            mailbox=Mailbox(clients, profile.mail, profile.aws.region),
        )

    def open_hmr(self, page_url: str, *, within: timedelta | None = None) -> HmrSocket:
        """The HMR socket of an open page; see `HmrSocket.open`."""
        return HmrSocket.open(self.web, page_url, within=within or self.profile.patience.answer)

    def follow(self, timeline: Timeline, session_id: str) -> Recorder[tuple[Stage, ...]]:
        """See `timeline.follow`. Its looks are dear and no claim waits for them: half as many as in a wait."""
        return follow(
            timeline, session_id, records=self.records, fleet=self.fleet, balancer=self.balancer,
            every=2 * self.profile.patience.poll,
        )  # fmt: skip

    def evidence(self, reports: Path, run_id: str) -> Evidence:
        """The evidence collector of a run."""
        return Evidence(
            reports,
            run_id,
            clients=self.clients,
            records=self.records,
            fleet=self.fleet,
            balancer=self.balancer,
            logs=self.profile.logs,
        )

    def close(self) -> None:
        """Give back what the drivers hold: background keepalives and the maintenance task."""
        self.attendance.stop()
        self.workspaces.close()

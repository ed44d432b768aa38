"""All drivers of one deployment, made from its profile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from acceptance.capabilities import Capability
from acceptance.config.mark import Mark
from acceptance.config.profile import Profile
from acceptance.drivers.attendance import Attendance
from acceptance.drivers.aws import Clients
from acceptance.drivers.browser.browser import Browser
from acceptance.drivers.ecs import EcsServices
from acceptance.drivers.ecs_exec.channel import ExecChannel
from acceptance.drivers.hmr import HmrSocket
from acceptance.drivers.http import HttpClient
from acceptance.drivers.lease import LeaseTable
from acceptance.drivers.load_balancer import LoadBalancer
from acceptance.drivers.logs import ServiceLogs
from acceptance.drivers.mailbox import Mailbox
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.preview import Preview
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.drivers.session_api import Sessions
from acceptance.drivers.session_table import SessionTable
from acceptance.drivers.shell import shell_for
from acceptance.drivers.task_kill import Accidents
from acceptance.drivers.workspace import Workspaces
from acceptance.waiting.errors import ConfigurationError


@dataclass(frozen=True)
class Platform:
    """What a step may reach of a deployment. `web` and `wire` go to the HTTPS listener, `plain_wire` to the other."""

    profile: Profile
    mark: Mark
    clients: Clients
    web: HttpClient
    wire: RawHttpClient
    plain_wire: RawHttpClient
    sessions: Sessions
    attendance: Attendance
    records: SessionTable
    lease: LeaseTable
    fleet: EcsServices
    accidents: Accidents
    balancer: LoadBalancer
    preview: Preview
    browser: Browser
    workspaces: Workspaces
    mailbox: Mailbox
    logs: ServiceLogs

    @classmethod
    def of(cls, profile: Profile, run: str | None = None) -> Platform:
        """Drivers for a profile; what they start or make is marked as that run's. Nothing is contacted yet."""
        addresses, answer = profile.addresses, profile.patience.request
        mark = Mark(profile.suite.client_prefix, run)
        clients = Clients(profile.aws, mark)
        web = HttpClient(addresses.preview_url, ca_file=addresses.ca_file, timeout=answer)
        fleet = EcsServices(clients, profile.names)
        sessions = Sessions(web)
        channel = ExecChannel(clients, profile.names.cluster, addresses.ca_file)
        preview = Preview(web)
        by_call = profile.offers(Capability.KEEPALIVE)
        return cls(
            profile=profile,
            mark=mark,
            clients=clients,
            web=web,
            wire=RawHttpClient(addresses.preview_url, ca_file=addresses.ca_file, timeout=answer),
            plain_wire=RawHttpClient(addresses.http_url, ca_file=None, timeout=answer),
            sessions=sessions,
            attendance=Attendance(
                sessions.keepalive if by_call else preview.visit, profile.timing.idle_timeout
            ),
            records=SessionTable(clients, profile.names),
            lease=LeaseTable(clients, profile.names, profile.suite.client_prefix),
            fleet=fleet,
            accidents=Accidents(fleet, channel, profile),
            balancer=LoadBalancer(clients, profile.names),
            preview=preview,
            browser=Browser(addresses.preview_url, addresses.ca_file),
            workspaces=Workspaces(shell_for(profile, fleet, channel, mark)),
            mailbox=Mailbox(clients, profile.mail, profile.aws.region, mark),
            logs=ServiceLogs(clients, profile.logs.groups),
        )

    @cached_property
    def account(self) -> str:
        """The id of the account that the credentials open, asked of STS once. AwsRefusal if STS does not tell."""
        return str(self.clients.of("sts").get_caller_identity()["Account"])

    def check_account(self) -> None:
        """Raises ConfigurationError if the credentials open another account than the one that the profile is for."""
        wanted = self.profile.aws.account
        if wanted is None:
            return
        found = self.account
        if found != wanted:
            raise ConfigurationError(
                self.profile.source,
                [
                    f"aws.account: this profile is for the account that ends with {wanted[-4:]}, and the credentials "
                    f"open the one that ends with {found[-4:]}: use the credentials of the deployment's account"
                ],
            )

    def open_page(self, url: str, *, real: bool) -> OpenPage:
        """A page that is open and connected for updates: in a real browser, or as far as its HMR socket."""
        within = self.profile.patience.request
        if real:
            return self.browser.open(url, within=within, connected=True)
        return HmrSocket.open(self.web, url, within=within)

    def close(self) -> None:
        """Give back what the drivers hold: the browser, who is kept awake and the maintenance task."""
        self.browser.close()
        self.attendance.stop()
        self.workspaces.close()

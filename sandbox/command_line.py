"""The sandbox's command line: `python -m sandbox up|status|logs|down`."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import boto3

from sandbox import settings
from sandbox.information import Running, running
from sandbox.parts import Parts
from sandbox.platform import Platform
from sandbox.settings import PACES, Endpoints, Names

NAMES = Names()

LOST = 3
"""Exit code of a sandbox that lost a part of itself."""

PUT_AWAY_S = 8.0
"""How long the end may take before the reaper does it, with SIGKILL."""


def main() -> int:
    """Parse the command line and run the command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="The live-preview platform on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it in the foreground; Ctrl-C ends it")
    up.add_argument(
        "--timing", choices=sorted(PACES), default="instant", help="as fast as the machine, or as AWS"
    )
    up.add_argument("--ready-file", type=Path, help="write the info document here once everything answers")
    up.add_argument("--while-stdin-open", action="store_true", help="end when the standard input ends")
    commands.add_parser("status", help="addresses, services and tasks of the sandbox that runs")
    logs = commands.add_parser("logs", help="print the logs of the sandbox that runs")
    logs.add_argument(
        "name", nargs="?", default="", help="only logs whose path holds this: hermes, edit, access ..."
    )
    commands.add_parser("down", help="end the sandbox that runs")
    arguments = parser.parse_args()
    calls: dict[str, Callable[[argparse.Namespace], int]] = {
        "up": _up,
        "status": lambda _: _with_running(_status),
        "logs": lambda given: _with_running(lambda sandbox: _logs(sandbox, given.name)),
        "down": lambda _: _with_running(_down),
    }
    return calls[arguments.command](arguments)


def _up(arguments: argparse.Namespace) -> int:
    parts = Parts()

    def end(_number: int, _frame: FrameType | None) -> None:
        parts.ending.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    if arguments.while_stdin_open:
        threading.Thread(target=_end_with_stdin, args=(parts.ending,), daemon=True).start()
    platform = Platform(
        PACES[arguments.timing], images=settings.IMAGES, names=NAMES, parts=parts, progress=_say
    )
    try:
        _serve(platform, parts, arguments.ready_file)
    except Exception as error:
        # What went wrong with a part gone went wrong for that.
        if parts.loss is None:
            raise
        _say(f"while starting: {error}")
    finally:
        _put_away(platform, parts)
    return _outcome(parts)


def _serve(platform: Platform, parts: Parts, ready_file: Path | None) -> None:
    started = time.monotonic()
    endpoints = platform.start(ready_file)
    if endpoints is None:
        return
    # What is there now (moto, boto3's models) stays: the collector need not go through it again and again.
    gc.collect()
    gc.freeze()
    gc.enable()
    _say(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C ends it")
    _tell(endpoints)
    parts.ending.wait()


def _put_away(platform: Platform, parts: Parts) -> None:
    """End everything; what does not end in time is left to the reaper, which this process's end wakes."""
    _say("ending: stopping tasks, removing everything")
    late = threading.Timer(PUT_AWAY_S, lambda: os._exit(_outcome(parts)))
    late.daemon = True
    late.start()
    try:
        platform.stop()
    except Exception as error:
        # With a part gone, what needs it cannot be taken down in good order, and everything goes anyway.
        if parts.loss is None:
            raise
        _say(f"while ending: {error}")
    finally:
        late.cancel()


def _outcome(parts: Parts) -> int:
    """The exit code; the last line says what the sandbox could not do without."""
    if parts.loss is None:
        return 0
    print(parts.loss.log, end="", flush=True)
    print(f"could not go on: {parts.loss}", flush=True)
    return LOST


def _end_with_stdin(ending: threading.Event) -> None:
    """Whoever holds the other end of our standard input has ended, by whatever means: end too."""
    while os.read(sys.stdin.fileno(), 4096):
        continue
    ending.set()


def _say(line: str) -> None:
    print(f"sandbox: {line}", flush=True)


def _tell(endpoints: Endpoints) -> None:
    rows = {
        "previews": endpoints.preview_url,
        "without TLS": endpoints.http_url,
        "AWS endpoint": f"{endpoints.aws_endpoint} (region {endpoints.region}, any credentials)",
        "CA file": endpoints.ca_file,
        "workspaces": endpoints.workspace_root,
        "mailbox": endpoints.mailbox,
        "logs": endpoints.logs,
        "info": f"{endpoints.info_url} (behave -D sandbox={endpoints.info_url})",
    }
    for name, value in rows.items():
        print(f"  {name:<13} {value}", flush=True)


def _with_running(call: Callable[[Running], int]) -> int:
    found = running()
    if not found:
        print("No sandbox runs here; `python -m sandbox up` starts one.", file=sys.stderr)
        return 1
    return max(call(sandbox) for sandbox in found)


def _status(sandbox: Running) -> int:
    endpoints = sandbox.endpoints
    print(f"sandbox {sandbox.root.name}, process {sandbox.pid}, timing {endpoints.timing}")
    _tell(endpoints)
    ecs = boto3.client(
        "ecs",
        endpoint_url=endpoints.aws_endpoint,
        region_name=endpoints.region,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )
    names = [NAMES.hermes, NAMES.edit]
    for service in ecs.describe_services(cluster=NAMES.cluster, services=names)["services"]:
        counts = ", ".join(f"{key} {service[key + 'Count']}" for key in ("desired", "running", "pending"))
        print(f"  {service['serviceName']:<13} {counts}")
    arns = ecs.list_tasks(cluster=NAMES.cluster)["taskArns"]
    for task in ecs.describe_tasks(cluster=NAMES.cluster, tasks=arns)["tasks"] if arns else []:
        print(f"  {task['group']:<13} {task['lastStatus']:<12} {task['taskArn'].rsplit('/', 1)[-1]}")
    return 0


def _logs(sandbox: Running, name: str) -> int:
    for path in sorted(Path(sandbox.endpoints.logs).rglob("*.log")):
        if name in str(path.relative_to(sandbox.endpoints.logs)):
            print(f"==> {path} <==")
            print(path.read_text(encoding="utf-8", errors="replace"))
    return 0


def _down(sandbox: Running) -> int:
    print(f"ending sandbox {sandbox.root.name}, process {sandbox.pid}")
    os.kill(sandbox.pid, signal.SIGTERM)
    return 0

"""The sandbox's command line: `python -m sandbox up|status|logs|down`."""

from __future__ import annotations

import argparse
import dataclasses
import gc
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from acceptance.npm_packages import PackagesError
from sandbox import settings
from sandbox.absences import Absence
from sandbox.endpoints import PERSON, RUN, Endpoints
from sandbox.host.parts import Parts
from sandbox.information import chosen, running
from sandbox.platform import Platform
from sandbox.settings import INSTANT, PACES, Names, Pace
from sandbox.status import print_rows, show
from sandbox.weather.kinds import ALL, Kind, kinds
from sandbox.weather.weather import Weather

PERSON_IDLE_S = 60.0
"""How long a session that nobody uses lives in a sandbox that a person has started, at the pace of the machine."""

LOST = 3
"""Exit code of a sandbox that lost a part of itself."""

NOT_STARTED = 2
"""Exit code of a sandbox for which the machine lacks something."""

PUT_AWAY_S = 8.0
"""How long the end may take without a part before the reaper does it, with SIGKILL."""

LET_GO_S = 5.0
"""The same once whoever started it has let go of it, be it still starting: nobody waits for good order."""


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
    up.add_argument(
        "--idle",
        type=_seconds,
        metavar="SECONDS",
        help=f"when an unused session ends; by default {PERSON_IDLE_S:g} at the pace of the machine",
    )
    up.add_argument(
        "--without",
        type=_absences,
        default=frozenset(),
        metavar="NAME,...",
        help=f"what it is to lack, as a deployment may that offers less: some of {', '.join(Absence)}",
    )
    up.add_argument(
        "--weather",
        type=kinds,
        default=frozenset(),
        metavar="KIND,...",
        help=f"what it is to do as AWS does: {ALL} for all that its documents know of, or some of {', '.join(Kind)}",
    )
    up.add_argument("--seed", type=int, default=1, help="by which the weather's chances are drawn (1)")
    status = commands.add_parser("status", help="all that a client needs to know, services and tasks")
    status.add_argument("--all", action="store_true", help="list the sandboxes of all checkouts and runs")
    logs = commands.add_parser("logs", help="print its logs")
    logs.add_argument(
        "name", nargs="?", default="", help="only logs whose path holds this: hermes, edit, access ..."
    )
    down = commands.add_parser("down", help="end it")
    for command in (status, logs, down):
        command.add_argument("--id", default="", help="not this checkout's sandbox, but that one")
    arguments = parser.parse_args()
    calls: dict[str, Callable[[argparse.Namespace], int]] = {
        "up": _up,
        "status": show,
        "logs": _logs,
        "down": _down,
    }
    try:
        return calls[arguments.command](arguments)
    except LookupError as none:
        print(none, file=sys.stderr)
        return 1


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


def _absences(text: str) -> frozenset[Absence]:
    return frozenset(map(Absence, text.split(",")))


def _pace(arguments: argparse.Namespace) -> Pace:
    """As asked for. A person looks longer at a preview than a test does, and would lose it meanwhile."""
    pace = PACES[arguments.timing]
    usual_s = PERSON_IDLE_S if pace is INSTANT and not arguments.while_stdin_open else pace.idle_timeout_s
    return dataclasses.replace(pace, idle_timeout_s=arguments.idle or usual_s)


def _up(arguments: argparse.Namespace) -> int:
    parts = Parts()

    _end_on_signal(parts)
    platform = Platform(
        _pace(arguments),
        images=settings.IMAGES,
        names=Names(),
        parts=parts,
        progress=_say,
        absent=arguments.without,
        weather=Weather(arguments.weather, arguments.seed),
    )
    if arguments.while_stdin_open:
        threading.Thread(target=_end_with_stdin, args=(platform, parts), daemon=True).start()
    missing = ""
    try:
        _serve(platform, parts, arguments.ready_file, RUN if arguments.while_stdin_open else PERSON)
    except Exception as error:
        # What went wrong with a part gone went wrong for that.
        if parts.loss is None and not isinstance(error, PackagesError | OSError):
            raise
        missing = str(error)
    finally:
        _put_away(platform, parts)
    return _outcome(parts, missing)


def _serve(platform: Platform, parts: Parts, ready_file: Path | None, started_by: str) -> None:
    started = time.monotonic()
    endpoints = platform.start(ready_file, started_by)
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
    """End everything; what does not end in time for the want of a part is left to the reaper."""
    _say("ending: stopping tasks, removing everything")
    late = threading.Timer(PUT_AWAY_S, _give_up, (platform, parts))
    late.daemon = True
    if parts.loss is not None:
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


def _give_up(platform: Platform, parts: Parts) -> None:
    platform.abandon()
    os._exit(_outcome(parts))


def _outcome(parts: Parts, missing: str = "") -> int:
    """The exit code; the last line says what was missing, from the first or from some moment on."""
    if parts.loss is None and missing:
        print(f"could not start: {missing}", flush=True)
        return NOT_STARTED
    if parts.loss is None:
        return 0
    print(parts.loss.log, end="", flush=True)
    print(f"could not go on: {parts.loss}", flush=True)
    return LOST


def _end_on_signal(parts: Parts) -> None:
    """End on SIGINT, SIGTERM and SIGHUP, whatever the main thread is at."""
    # A handler may not set the event: the wait that it has interrupted may hold that event's lock.
    signals: SimpleQueue[int] = SimpleQueue()

    def note(number: int, _frame: FrameType | None) -> None:
        signals.put(number)

    def end() -> None:
        signals.get()
        parts.ending.set()

    threading.Thread(target=end, name="end-on-signal", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)


def _end_with_stdin(platform: Platform, parts: Parts) -> None:
    """Whoever holds the other end of our standard input has ended, by whatever means: end too, and before long."""
    while os.read(sys.stdin.fileno(), 4096):
        continue
    parts.ending.set()
    threading.Event().wait(LET_GO_S)
    _give_up(platform, parts)


def _say(line: str) -> None:
    print(f"sandbox: {line}", flush=True)


def _tell(endpoints: Endpoints) -> None:
    rows = {
        "previews": endpoints.preview_url,
        "session API": endpoints.api_url,
        "AWS API": endpoints.aws_endpoint,
        "workspaces": endpoints.workspace_root,
        "logs": endpoints.logs,
        "info": f"{endpoints.info_url} (behave -D sandbox={endpoints.info_url})",
    }
    print_rows(rows)
    print(
        "`python -m sandbox status` tells names, keys, an example call and how a browser trusts it.",
        flush=True,
    )


def _logs(arguments: argparse.Namespace) -> int:
    logs = Path(chosen(running(), arguments.id).endpoints.logs)
    for path in sorted(logs.rglob("*.log")):
        if arguments.name in str(path.relative_to(logs)):
            print(f"==> {path} <==")
            print(path.read_text(encoding="utf-8", errors="replace"))
    return 0


def _down(arguments: argparse.Namespace) -> int:
    sandbox = chosen(running(), arguments.id)
    if sandbox.endpoints.started_by == RUN:
        raise LookupError(f"{sandbox}: it ends with its run, and only so.")
    print(f"ending {sandbox}")
    os.kill(sandbox.pid, signal.SIGTERM)
    return 0

"""The crash or standstill of one preview server: a signal to its process in its task, as a fault in it would be."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address

from hamcrest import not_

from acceptance.drivers.ecs_exec.channel import CommandOutput, ExecChannel
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.answers import is_open
from acceptance.waiting.errors import NotReady, UnexpectedAnswer
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until

# The process that listens: from its address and port to its socket, from its socket to who holds that (proc(5)).
SCRIPT = """
socket=$(awk -v any=00000000:{port} -v own={address}:{port} \
  '$4 == "0A" && ($2 == any || $2 == own) {{ print "socket:[" $10 "]"; exit }}' /proc/net/tcp)
test -n "$socket" || {{ echo "nobody listens on port {number}" >&2; exit 3; }}
holder=$(ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v socket="$socket" \
  '/^\\/proc\\// {{ split($0, path, "/") }} index($0, socket) {{ print path[3]; exit }}')
test -n "$holder" || {{ echo "nobody holds $socket" >&2; exit 4; }}
kill -{signal} "$holder"
"""


def crash_preview(session: CustomerSession) -> None:
    """Kill the process that serves a session's preview, and nothing else of its task; an open page is cut off by that.

    Raises:
        UnexpectedAnswer: the record does not say where the preview is served.
        CommandFailed: nothing is served there.
        NotInTime: its task takes no command, or the page that was open is still connected.
    """
    _strike(session, "KILL")
    session.open_page.becomes(not_(is_open()), within=session.platform.profile.patience.request)


def hang_preview(session: CustomerSession) -> None:
    """Stop the process that serves a session's preview without ending it, and nothing else of its task.

    Raises:
        UnexpectedAnswer, CommandFailed: as `crash_preview`. NotInTime: its task takes no command.
    """
    _strike(session, "STOP")


def _strike(session: CustomerSession, signal: str) -> None:
    record, platform = session.record, session.platform
    port = record.raw.get("port")
    if record.task_arn is None or record.container_ip is None or port is None:
        raise UnexpectedAnswer(
            f"{session}: expected task, address and port on record, found {dict(record.raw)}"
        )
    profile = platform.profile
    script = script_for(record.container_ip, int(str(port)), signal)
    channel = ExecChannel(platform.clients, profile.names.cluster, profile.addresses.ca_file)
    run = partial(channel.run, record.task_arn, profile.names.edit_container, script)
    wait_until(
        # Where nobody listens, the script sends no signal and says so: that counts at once.
        lambda deadline: run(deadline=deadline).checked(script),
        DescribedMatcher[CommandOutput]("a signal sent", lambda _: True, str),
        what=f"the preview server of {session}",
        within=profile.patience.exec_agent,
        transient=(NotReady,),
    )


def script_for(address: str, port: int, signal: str) -> str:
    """The shell script that sends a signal to who listens on that port, of this address or of all."""
    # proc(5): the address is one number in the machine's byte order, the port in the network's.
    return SCRIPT.format(
        address=IPv4Address(address).packed[::-1].hex().upper(),
        port=f"{port:04X}",
        number=port,
        signal=signal,
    )

"""Edit to frame: from a file saved in a workspace to the message that the open page receives."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hamcrest import greater_than

from acceptance.bench.spread import Spread, spread
from acceptance.bench.stand import Stand
from acceptance.drivers.open_page import Frame
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.preview import has_update_since
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.waits import wait_until

PAGE = "src/pages/index.astro"
STYLES = "src/styles/site.css"

QUIET_S = 0.5
"""So long the browser has been sent nothing when an edit is made: what comes then is this edit's, and no late one's."""


@dataclass(frozen=True)
class EditToFrame:
    """Milliseconds from the saved file to the frame's arrival, by the file edited.

    `saved_by` tells how the file was written: into a folder of this machine, or by ECS Exec, whose own time is then
    part of the figures.
    """

    saved_by: str
    files: Mapping[str, Spread]


def measure(stand: Stand) -> EditToFrame:
    """Save a page and a stylesheet in turns, with the preview open in a browser that loads the page anew each time."""
    stand.say(f"{stand.plan.edits} edits with the preview open")
    taken: dict[str, list[float]] = {PAGE: [], STYLES: []}
    with stand.at_work('Change the heading to "Edits"') as session:
        folder = local_folder(session)
        for number in range(1, stand.plan.edits + 1):
            for path, series in taken.items():
                series.append(_edit(stand, session, folder, path, number))
    how = "a folder of this machine" if folder else "ECS Exec"
    return EditToFrame(how, {path: spread(series) for path, series in taken.items()})


def local_folder(session: CustomerSession) -> Path | None:
    """The session's workspace as a folder of this machine; None where workspaces are elsewhere."""
    here = Path(session.workspace.folder)
    return here if here.is_dir() else None


def silent_s(frames: Sequence[Frame], now: float) -> float:
    """Seconds of monotonic time since the last of the frames; without any, for ever."""
    return now - frames[-1].at if frames else float("inf")


def _edit(stand: Stand, session: CustomerSession, folder: Path | None, path: str, number: int) -> float:
    patience = stand.platform.profile.patience
    # A browser that is told of a change loads the page again; only then does the server watch for the next one.
    stand.platform.preview.get(session.preview_url)
    wait_until(
        lambda: silent_s(session.browser.frames(), time.monotonic()),
        greater_than(QUIET_S),
        what=f"seconds since the last message to the browser on {session}",
        within=patience.instruction,
    )
    workspace = session.workspace
    before = (folder / path).read_bytes() if folder else workspace.read(path)
    save: Callable[[bytes], object] = (
        (folder / path).write_bytes if folder else lambda content: workspace.write(path, content)
    )
    mark = session.browser.mark()
    comment = f"<!-- edit {number} -->" if path == PAGE else f"/* edit {number} */"
    saved_at = time.monotonic()
    save(before.rstrip() + f"\n{comment}\n".encode())
    wait_until(
        lambda: session.browser,
        has_update_since(mark),
        what=f"edit {number} of {path} of {session}",
        within=patience.instruction,
    )
    news = session.browser.updates(mark)
    if not news:
        raise UnexpectedAnswer(f"{session}: expected a frame after the edit of {path}, found none")
    return (news[0].at - saved_at) * 1000

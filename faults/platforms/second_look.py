"""Platforms that are right at a first look, by number or a moment later: only whoever looks twice sees the fault."""

from __future__ import annotations

import asyncio
import dataclasses
import threading

from faults.platforms.load_balancer import change_lua
from faults.platforms.scenarios import FIRST_REQUEST, OWN_WORKSPACE, TWO_THREADS, WAKING
from faults.registry import fault

MOMENT_S = 8.0
"""How long what is wrong stays so: longer than the steps before the look take, shorter than a look that waits."""


@fault(
    "Whoever comes next at a client rewrites what the others committed last.",
    part="edit",
    caught_by=(OWN_WORKSPACE,),
    clause="rewrites no commit",
)
def neighbours_history_rewritten() -> None:
    """The newest commit of every other workspace of the client is replaced: same files, same number, other words."""
    from sandbox.services.edit import workspace
    from sandbox.services.edit.git import Git

    sound = workspace.open_workspace

    def rewrite(
        places: workspace.Places, client_id: str, user_id: str, thread_id: str
    ) -> workspace.Workspace:
        opened = sound(places, client_id, user_id, thread_id)
        for project in (places.root / client_id).glob("*/project"):
            git = Git(project)
            grown = project.parent != opened.folder and git.answer("rev-parse", "-q", "--verify", "HEAD~1")
            if grown:
                made = git.run("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Tidied up")
                git.run("update-ref", "HEAD", made)
        return opened

    workspace.open_workspace = rewrite


@fault(
    "For a moment a customer's first preview shows what she asks for in another thread.",
    part="edit",
    caught_by=(TWO_THREADS,),
    clause="One branch per thread, `thread-{threadId}`",
)
def other_thread_shown_for_a_moment() -> None:
    """Once a session is ready, its home page stands in the customer's other worktrees for `MOMENT_S`."""
    from sandbox.services.edit.sessions import Session, Sessions

    serve = Sessions._prepare_and_serve

    async def and_show(self: Sessions, session: Session) -> None:
        await serve(self, session)
        if session.workspace is None:
            return
        own, folder = session.workspace.root, session.workspace.folder
        for root in {folder / "project", *folder.glob("threads/*")} - {own}:
            page = root / "src/pages/index.astro"
            right = page.read_bytes()
            page.write_bytes((own / "src/pages/index.astro").read_bytes())
            asyncio.get_running_loop().call_later(MOMENT_S, page.write_bytes, right)

    Sessions._prepare_and_serve = and_show  # type: ignore[method-assign]


@fault(
    "A session that has just come up is entered once more, a moment later.",
    part="hermes",
    caught_by=(WAKING,),
    clause="The table holds sessions only",
)
def entered_once_more() -> None:
    """A copy under another id, as of a session that ended, most of a second after the customer was told."""
    from sandbox.services.hermes.customer_mail import Answers
    from sandbox.services.session_record import INACTIVE, SessionRecord, new_session_id

    live = Answers.live

    def and_again(self: Answers, record: SessionRecord) -> SessionRecord:
        told = live(self, record)
        if told is not record:
            copy = dataclasses.replace(told, session_id=new_session_id(), status=INACTIVE)
            threading.Timer(0.8, self.records.create, (copy,)).start()
        return told

    Answers.live = and_again  # type: ignore[method-assign]


@fault(
    "Every second visitor of a preview gets an error.",
    part="sandbox",
    caught_by=(FIRST_REQUEST,),
    clause="200, the site",
)
def every_second_visitor_gets_an_error() -> None:
    """The load balancer has no answer for every second page, as each of its two threads counts."""
    change_lua(
        "  local target = handle:metadata()",
        '  if headers:get(":path"):match("^/session/%x+/$") and not headers:get("upgrade") then\n'
        "    VISITS = (VISITS or 0) + 1\n"
        '    if VISITS % 2 == 0 then answer(handle, "400") return end\n'
        "  end\n"
        "  local target = handle:metadata()",
    )

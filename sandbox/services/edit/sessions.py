"""The sessions that are open on this task: from the request to a served preview, and to their end."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from . import preview as previews
from . import workspace as workspaces
from .activity import Activity
from .commits import Note
from .config import Config, Identity
from .editor import Impossible
from .node_process import NodeProcess
from .planning import Planner
from .preview import Preview, PreviewError
from .workspace import Workspace
from .workspace_ownership import OpenError

_PUSH_PATIENCE_S = 5.0

T = TypeVar("T")

log = logging.getLogger(__name__)


class NotReady(RuntimeError):
    """The session is still opening, or has failed."""


@dataclass(frozen=True)
class Wanted:
    """What a session is opened for. Ids are safe in paths, branches and trailers."""

    session_id: str
    client_id: str
    user_id: str
    thread_id: str
    instruction_id: str
    instruction: str


@dataclass
class Session:
    """An open session. `state` is `opening`, `ready` or `failed`; `failure` a sentence for the customer."""

    wanted: Wanted
    state: str = "opening"
    port: int | None = None
    last_commit: str | None = None
    failure: str | None = None
    workspace: Workspace | None = None
    preview: Preview | None = None
    opening: asyncio.Task[None] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def document(self) -> dict[str, object]:
        """The session as the control interface shows it."""
        return {
            "state": self.state,
            "port": self.port,
            "branch": self.workspace.branch if self.workspace else None,
            "lastCommit": self.last_commit,
            "failure": self.failure,
        }


class Sessions:
    """All sessions of this task. Used from one event loop; disk work happens in threads."""

    def __init__(
        self,
        config: Config,
        identity: Identity,
        planner: Planner,
        activity: Activity,
    ) -> None:
        self._config = config
        self._identity = identity
        self._planner = planner
        self._activity = activity
        self._places = workspaces.Places(config.workspace_root, config.remote_root, config.starter)
        self._scratch = Path.cwd()
        self._sessions: dict[str, Session] = {}
        # Waiting for another task's lock holds a thread; one session's wait must not be another's.
        self._threads = ThreadPoolExecutor(32)

    def ids(self) -> list[str]:
        """The ids of all sessions known here, the failed ones too."""
        return list(self._sessions)

    def get(self, session_id: str) -> Session | None:
        """The session, or None when it is unknown here."""
        return self._sessions.get(session_id)

    def open(self, wanted: Wanted) -> Session:
        """Start opening the session; one that is known here already stays as it is."""
        session = self._sessions.get(wanted.session_id)
        if session is None:
            session = self._sessions[wanted.session_id] = Session(wanted)
            session.opening = asyncio.create_task(self._open(session))
        return session

    async def instruct(self, session: Session, instruction_id: str, instruction: str) -> str:
        """Carry out one more instruction, after those before it; the commit that did.

        An instruction that has been carried out on this branch before is not carried out again. Raises NotReady,
        Impossible, OpenError.
        """
        async with session.turn:
            if session.state != "ready" or session.workspace is None:
                raise NotReady(session.state)
            work = partial(self._carry_out, session.workspace, session.wanted, instruction_id, instruction)
            session.last_commit = await self._in_thread(partial(session.workspace.fence.run, work))
            await self._push(session.workspace)
            return session.last_commit

    async def close(self, session_id: str) -> None:
        """End the session: its last work is committed and pushed, its preview gone. An unknown one is no error."""
        session = self._sessions.get(session_id)
        if session is None:
            return
        if session.opening is not None and not session.opening.done():
            session.opening.cancel()
            await asyncio.wait([session.opening])
        async with session.turn:
            await self._release(session, push=True)
        self._sessions.pop(session_id, None)

    async def close_all(self) -> None:
        """End every preview, for the end of the task. The sessions are to be opened on another task."""
        await asyncio.gather(*(self.close(session_id) for session_id in self.ids()))

    async def _open(self, session: Session) -> None:
        try:
            await self._prepare_and_serve(session)
            session.state = "ready"
            log.info("session %s is served on port %s", session.wanted.session_id, session.port)
        except (OpenError, Impossible, PreviewError) as error:
            await self._fail(session, str(error))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("session %s cannot be opened", session.wanted.session_id)
            await self._fail(session, "The preview could not be opened because of a fault on our side.")

    async def _prepare_and_serve(self, session: Session) -> None:
        """The dev server starts as soon as the files are as they shall be; they are committed while it does.

        Starting it earlier would let it read a file before it changes and start watching after. Its process loads ahead
        of that, once it is known which folder its fence is to be around.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()

        def on_opened(workspace: Workspace) -> None:
            session.workspace = workspace
            loop.call_soon_threadsafe(self._prepare_preview, session, workspace.root)

        def on_written() -> None:
            loop.call_soon_threadsafe(written.set_result, None)

        work = self._in_thread(partial(self._carry_out_first, session.wanted, on_opened, on_written))
        try:
            both: list[asyncio.Future[Any]] = [work, written]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not written.done():
                await work
            await written
            preview = session.preview
            assert preview is not None
            await preview.start()
        finally:
            await asyncio.wait([work])
        session.port = preview.port
        session.last_commit = await work
        if session.workspace is not None:
            await self._push(session.workspace)

    def _carry_out_first(
        self, wanted: Wanted, on_opened: Callable[[Workspace], None], on_written: Callable[[], None]
    ) -> str:
        opened = workspaces.open_workspace(self._places, wanted.client_id, wanted.user_id, wanted.thread_id)
        on_opened(opened)
        share_node_modules(self._config.workspace_root, self._config.node_modules)
        first = wanted.instruction_id, wanted.instruction
        return opened.fence.run(lambda: self._carry_out(opened, wanted, *first, on_written))

    def _carry_out(
        self,
        workspace: Workspace,
        wanted: Wanted,
        instruction_id: str,
        instruction: str,
        on_written: Callable[[], None] = lambda: None,
    ) -> str:
        with workspace.alone():
            done = workspace.carried_out(instruction_id)
            if done is not None:
                on_written()
                return done
            note = Note(
                branch=workspace.branch,
                thread_id=wanted.thread_id,
                session_id=wanted.session_id,
                instruction_id=instruction_id,
                author=wanted.user_id,
                instruction=instruction,
                changes=self._planner.plan(instruction, workspace.root),
            )
            workspace.write(note)
            on_written()
            return workspace.commit(note)

    def _prepare_preview(self, session: Session, root: Path) -> None:
        settings = partial(self._settings, session.wanted.session_id, root)
        launch = partial(self._node, session.wanted.session_id, root)
        on_page = partial(self._activity.page, session.wanted.session_id, session.wanted.user_id)
        session.preview = Preview(settings, launch, self._free_port, on_page)
        session.preview.prepare()

    def _settings(self, session_id: str, root: Path, port: int) -> dict[str, object]:
        return previews.preview_settings(
            session_id=session_id,
            task_arn=self._identity.task_arn,
            root=root,
            node_modules=self._config.node_modules,
            scratch=self._scratch / session_id,
            host=self._identity.address,
            port=port,
            preview_origin=self._config.preview_origin,
        )

    def _node(self, session_id: str, root: Path, port: int) -> NodeProcess:
        node, node_modules, scratch = self._config.node, self._config.node_modules, self._scratch / session_id
        scratch.mkdir(exist_ok=True)
        fence = previews.fence_of_preview(node, node_modules, root, scratch, port)
        memory, forks = previews.memory_of(node_modules), self._config.forks
        return NodeProcess(node, node_modules, scratch, fence, memory, forks=forks)

    def _free_port(self) -> int:
        taken = {session.preview.port for session in self._sessions.values() if session.preview is not None}
        return previews.free_port(self._identity.address, taken | {self._config.port})

    async def _fail(self, session: Session, sentence: str) -> None:
        session.state, session.failure, session.port = "failed", sentence, None
        log.warning("session %s failed: %s", session.wanted.session_id, sentence)
        await self._release(session, push=False)

    async def _release(self, session: Session, *, push: bool) -> None:
        if session.preview is not None:
            await session.preview.stop()
            session.preview = None
            shutil.rmtree(self._scratch / session.wanted.session_id, ignore_errors=True)
        workspace, session.workspace = session.workspace, None
        if workspace is not None:
            if push:
                await self._push(workspace)
            workspace.close()

    async def _push(self, workspace: Workspace) -> None:
        """Push, without letting a slow remote hold up the customer."""
        await asyncio.wait([self._in_thread(workspace.push)], timeout=_PUSH_PATIENCE_S)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


def share_node_modules(workspace_root: Path, node_modules: Path) -> None:
    """Let every workspace find the installed packages, by a link that module resolution meets on its way up."""
    link = workspace_root / "node_modules"
    if link.is_symlink() and link.readlink() == node_modules:
        return
    fresh = workspace_root / f".node_modules-{secrets.token_hex(8)}"
    fresh.symlink_to(node_modules)
    fresh.replace(link)

"""Platforms whose previews are shown, updated, kept awake or brought back as the contract does not say."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from faults.platforms.edit_part import change_script
from faults.platforms.scenarios import (
    AWAKE,
    CRASH,
    END_TOLD,
    EVERY_EDIT,
    EVERYTHING,
    FORGOTTEN_TAB,
    HUNG_PREVIEW,
    IN_PLACE,
    IN_TURN_SHOWN,
    NOT_OPENED,
    PLAIN_REQUEST,
    SERVER,
    TAB_TOLD,
    TWO_THREADS,
)
from faults.registry import fault


@fault(
    "An open page misses every third edit.",
    part="edit",
    caught_by=(EVERY_EDIT,),
    clause="An edit reaches an open page as an",
    values=True,
)
def every_third_edit_unseen() -> None:
    """The dev server keeps every third piece of news to itself."""
    sometimes = """
      const send = server.ws.send.bind(server.ws);
      let news = 0;
      server.ws.send = (...told) => {
        if (["update", "full-reload"].includes(told[0]?.type) && ++news % 3 === 0) return;
        send(...told);
      };"""
    change_script((SERVER, SERVER + sometimes))


@fault(
    "Links that a site makes with its base lead out of its preview.",
    part="edit",
    caught_by=(EVERYTHING,),
    clause="Everything that the page loads resolves through the ALB under its own path",
    values=True,
)
def base_is_the_root() -> None:
    """`import.meta.env.BASE_URL` is `/`."""
    change_script(
        ('JSON.stringify(`${settings.viteBase.replace(/\\/$/, "")}/`),\n      };', '"\\"/\\"",\n      };')
    )


@fault(
    "A page that is only left open keeps its session awake.",
    part="edit",
    caught_by=(FORGOTTEN_TAB,),
    clause="Health checks and an open but silent HMR socket are no activity",
    values=True,
)
def open_sockets_count() -> None:
    """Each open update socket counts as a page view twice a second."""
    counting = """
      server.httpServer.on("upgrade", (_request, socket) => {
        const timer = setInterval(() => report({ event: "page" }), 500);
        socket.once("close", () => clearInterval(timer));
      });"""
    change_script((SERVER, SERVER + counting))


@fault(
    "Whoever looks at a session's health keeps it awake.",
    part="edit",
    caught_by=(FORGOTTEN_TAB,),
    clause="A page that has lost its socket looks at its session's health once a second",
    values=True,
)
def health_looks_count() -> None:
    """A look from outside counts as a page view; the load balancer's own checks do not."""
    health = "if (pathname === settings.healthPath) {"
    counting = '\n      if (request.headers["x-forwarded-for"]) report({ event: "page" });'
    change_script((health, health + counting))


@fault(
    "Whoever speaks another protocol is let in at a page's update socket.",
    part="edit",
    caught_by=(NOT_OPENED,),
    clause="a WebSocket at `/session/{id}/` with subprotocol `vite-hmr`",
    values=True,
)
def any_subprotocol_taken() -> None:
    """Whatever subprotocol is asked for is taken for Vite's."""
    lenient = """
      server.httpServer.prependListener("upgrade", (request) => {
        request.headers["sec-websocket-protocol"] = "vite-hmr";
      });"""
    change_script((SERVER, SERVER + lenient))


@fault(
    "The preview's own pages do not say who serves them.",
    part="edit",
    caught_by=(AWAKE,),
    clause="Every answer of a service names it in the header `X-Service`",
    values=True,
)
def pages_name_nobody() -> None:
    """Only the health answer has `X-Service`."""
    named = 'response.setHeader("x-service", settings.health.service);'
    health = "if (pathname === settings.healthPath) {"
    change_script((named, ""), (health, f"{health}\n      {named}"))


@fault(
    "Every tenth page of a preview is an error.",
    part="edit",
    caught_by=(EVERYTHING,),
    clause="200, the site",
    values=True,
)
def every_tenth_page_an_error() -> None:
    """500 for every tenth request that is no look at its health."""
    page = 'if (request.method === "GET" && state.ready) {'
    failing = """
      state.asked = (state.asked ?? 0) + 1;
      if (state.asked % 10 === 0) {
        response.statusCode = 500;
        response.end("Internal Server Error");
        return;
      }"""
    change_script((page, page + failing))


@fault(
    "A second thread's preview shows the first thread's pages.",
    part="edit",
    caught_by=(TWO_THREADS,),
    clause="One branch per thread, `thread-{threadId}`",
)
def first_thread_shown() -> None:
    """The preview is of `project`, also where the thread has a worktree."""
    from sandbox.services.edit.sessions import Session, Sessions

    prepare = Sessions._prepare_preview

    def of_project(self: Sessions, session: Session, root: Path) -> None:
        workspace = session.workspace
        prepare(self, session, workspace.folder / "project" if workspace is not None else root)

    Sessions._prepare_preview = of_project  # type: ignore[method-assign]


@fault(
    "A preview server that hangs is left as it is.",
    part="edit",
    caught_by=(HUNG_PREVIEW,),
    clause="A preview server that hangs while its task lives is started",
)
def hung_previews_left() -> None:
    """Nobody pings preview servers."""
    from sandbox.services.edit import preview

    async def never(host: str, port: int, path: str) -> None:
        del host, port, path
        await asyncio.Event().wait()

    preview.until_it_hangs = never  # type: ignore[attr-defined]


@fault(
    "A preview server that crashes a second time stays down.",
    part="edit",
    caught_by=(CRASH,),
    clause="200, the site",
)
def second_crash_is_final() -> None:
    """It is started again once."""
    from sandbox.services.edit.preview import Preview

    gone = Preview._gone
    crashes: Counter[int] = Counter()

    async def counted(self: Preview) -> None:
        await gone(self)
        crashes[id(self)] += 1
        if crashes[id(self)] > 1:
            await asyncio.Event().wait()

    Preview._gone = counted  # type: ignore[method-assign]


@fault(
    "Whoever asks for a page with a token in its address is refused.",
    part="edit",
    caught_by=(PLAIN_REQUEST,),
    clause="a plain GET on a socket path is no upgrade",
    values=True,
)
def tokens_taken_for_sockets() -> None:
    """426 for what looks like the update socket's address."""
    page = 'if (request.method === "GET" && state.ready) {'
    refusing = """
      if (request.url.includes("?token=")) {
        response.statusCode = 426;
        response.end();
        return;
      }"""
    change_script((page, page + refusing))


_CLIENT = "told.replace(WAIT, orUntilItsEnd(settings.healthPath))"
"""What the preview server makes of Vite's client."""


@fault(
    "A change of colour has the page loaded anew, and the visitor loses her place.",
    part="edit",
    caught_by=(IN_PLACE,),
    clause="A change of style alone is taken on in place",
    values=True,
)
def styles_reload() -> None:
    """Every update is a reload."""
    reloading = """
      const send = server.ws.send.bind(server.ws);
      server.ws.send = (...told) => send(...(told[0]?.type === "update" ? [{ type: "full-reload" }] : told));"""
    change_script((SERVER, SERVER + reloading))


@fault(
    "An open page is told of every edit, and goes on showing the old one.",
    part="edit",
    caught_by=(IN_TURN_SHOWN,),
    clause="What a browser shows changes by itself",
    values=True,
)
def told_and_not_shown() -> None:
    """Vite's client does not reload the page."""
    change_script((_CLIENT, f'{_CLIENT}.replaceAll("location.reload()", "void 0")'))


@fault(
    "Every page of every preview has an error in the visitor's browser.",
    part="edit",
    caught_by=(IN_TURN_SHOWN, IN_PLACE),
    clause="nothing of the platform's is an error in its console",
    values=True,
)
def errors_in_every_page() -> None:
    """What is added to Vite's client fails."""
    change_script(
        (
            _CLIENT,
            f"{_CLIENT} + \"\\nglobalThis.document && setTimeout(() => document.querySelector('#none').remove());\"",
        )
    )


@fault(
    "An open page does not show that its preview has ended, and waits for ever.",
    part="edit",
    caught_by=(TAB_TOLD, END_TOLD),
    clause="and reloads at its end",
    values=True,
)
def end_not_shown() -> None:
    """Vite's client waits for the dev server to come back."""
    change_script((_CLIENT, "told"))

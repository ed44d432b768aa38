"""AWS's control plane on this machine: moto's server on a loopback port."""

from __future__ import annotations

import functools
import inspect
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

# Before moto is imported: its EC2 would otherwise load a catalogue of machine images, for seconds.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
# Its leave to every web page to read every answer.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.serialize import AttributePicker, XFormedAttributePicker
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from waitress.server import create_server

from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api.authorization import Application as Wsgi
from sandbox.aws_api.authorization import Authorized
from sandbox.host.parts import Parts

# A thread answers one request; a long poll of SQS holds one for up to 20 s, and every Hermes has one.
_THREADS = 32
_CONNECTIONS = 1000


class ControlPlane:
    """moto's server in this process. Its state belongs to the process: one control plane at a time.

    Its application is served by waitress instead of Werkzeug's development server, which makes a connection and a
    thread for every single call.
    """

    def __init__(
        self, keys: Keys, parts: Parts | None = None, before: Callable[[Wsgi, Keys], Wsgi] | None = None
    ) -> None:
        """Start it, empty, on a free port, for clients with these keys; `parts` hears of it should it end by itself.

        `before` puts something before it, which sees whoever is let in, and is told the sandbox's own keys.
        """
        # moto lists a class's methods for every call; the wrong answers that we replace are found either way.
        vars(responses)["method_names_from_class"] = _Methods
        for picker in (AttributePicker, XFormedAttributePicker):
            remember_possible_keys(picker)
        BackendDict.reset()
        listener = socket.create_server(("127.0.0.1", 0))
        self.access = AwsAccess("http://{}:{}".format(*listener.getsockname()), keys)
        served: Wsgi = Application(_without_debugging)
        self._door = Authorized(before(served, keys) if before else served, keys)
        self._server = create_server(
            self._door,
            sockets=[listener],
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            # It reads on while it answers, and so notices who hangs up meanwhile.
            channel_request_lookahead=1,
            clear_untrusted_proxy_headers=True,
            asyncore_use_poll=True,
        )
        self._parts = parts or Parts()
        self._thread = self._parts.thread("the server of AWS's API", self._server.run)
        self._thread.start()

    def admit(self, denied: tuple[str, ...]) -> Keys:
        """Further keys, for all but the actions that begin so."""
        keys = Keys.create()
        self._door.admit(keys, denied)
        return keys

    def close(self) -> None:
        """Stop serving."""
        self._parts.ending.set()
        self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=0)


class Application(DomainDispatcherApplication):
    """moto's application; which backend a host names is looked up once, not by listing folders for every call."""

    @functools.cache  # noqa: B019 - it lives as long as its process
    def get_backend_for_host(self, host: str | None) -> object:
        """See moto's."""
        return super().get_backend_for_host(host)


def _without_debugging(service: Any) -> Any:
    """moto's application for a service; Flask's aids for developers would take part in every call."""
    app = create_backend_app(service)
    app.debug = False
    return app


def remember_possible_keys(picker: Any) -> None:
    """Have moto find out once, not for every value of every answer, under which names a field's value may be kept.

    The names follow from the field and the value's type alone. Again is no error.
    """
    find: Callable[[Any, Any], Iterable[str]] = vars(picker)["get_possible_keys"]
    if hasattr(find, "__wrapped__"):
        return
    known: dict[tuple[object, ...], tuple[str, ...]] = {}

    @functools.wraps(find)
    def get_possible_keys(self: Any, context: Any) -> tuple[str, ...]:
        kind = (type(self), tuple(self.alias_providers), type(context.obj), context.key, context.shape)
        if kind not in known:
            known[kind] = tuple(find(self, context))
        return known[kind]

    picker.get_possible_keys = get_possible_keys


class _Methods:
    """The names of a class's methods, without making a list of hundreds to find one in."""

    def __init__(self, owner: type) -> None:
        self._owner = owner

    def __contains__(self, name: str) -> bool:
        return inspect.isfunction(getattr(self._owner, name, None))

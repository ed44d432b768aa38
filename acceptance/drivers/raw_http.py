"""HTTP/1.1 as it goes over the wire: what other clients would mend or refuse to send goes out as it is written."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from acceptance.drivers.http import Answer, traced
from acceptance.waiting.errors import Unreachable, Untrusted
from acceptance.waiting.waits import Deadline


class RawHttpClient:
    """Requests to one origin, each on a connection of its own, byte for byte as given."""

    def __init__(self, origin: str, *, ca_file: Path | None, timeout: timedelta) -> None:
        parts = urlsplit(origin)
        self.origin = origin
        self.host = parts.hostname or ""
        self.port = parts.port
        self._authority = parts.netloc
        self._address = (self.host, parts.port or (443 if parts.scheme == "https" else 80))
        self._tls = _trusting(ca_file) if parts.scheme == "https" else None
        self._timeout_s = timeout.total_seconds()

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        within: timedelta | None = None,
    ) -> Answer:
        """Send one request and read the answer. `target` and header values are sent as Latin-1, unescaped.

        Host, Connection and Content-Length are added unless `headers` has them (names in lower case).

        Raises:
            Unreachable: no answer, or none in time.
            Untrusted: the certificate does not verify.
        """
        url = self.origin + target
        head = {"host": self._authority, "connection": "close", **(headers or {})}
        if body is not None:
            head.setdefault("content-length", str(len(body)))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        with (
            traced(method, url, body) as answers,
            self._connected(f"{method} {url}", self.host, within) as connection,
        ):
            _push(connection, "\r\n".join(lines).encode("latin-1") + (body or b""))
            with http.client.HTTPResponse(connection, method=method) as response:
                response.begin()
                # What follows a 101 is no body, and has no end.
                content = b"" if response.status == http.HTTPStatus.SWITCHING_PROTOCOLS else response.read()
                found: dict[str, str] = {}
                for name, value in response.getheaders():
                    known = found.get(name.lower())
                    found[name.lower()] = value if known is None else f"{known}, {value}"
            answers.append(Answer(method, url, response.status, MappingProxyType(found), content))
        return answers[0]

    def handshake(self, name: str) -> None:
        """Connect as to a site of this name, whatever its address; Untrusted if the certificate is not for it."""
        with self._connected(f"TLS with {self._authority} as {name}", name, None):
            return

    def addresses(self) -> tuple[str, ...]:
        """The addresses that its name leads to; Unreachable if there is none."""
        try:
            found = socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            raise Unreachable(f"the name {self.host} leads to no address: {failure}") from failure
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    def own_address(self) -> str | None:
        """This client's address as the load balancer sees it; None where a translation on the way hides it."""
        with self._connected(self.origin, self.host, None) as connection:
            mine, its = connection.getsockname()[0], connection.getpeername()[0]
        translated = ipaddress.ip_address(its).is_global and not ipaddress.ip_address(mine).is_global
        return None if translated else str(mine)

    @contextmanager
    def _connected(self, what: str, name: str, within: timedelta | None) -> Iterator[socket.socket]:
        within = within or timedelta(seconds=self._timeout_s)
        deadline = Deadline.after(within)
        try:
            with socket.create_connection(self._address, deadline.left_s(self._timeout_s)) as plain:
                # A request is written in one piece; it would wait for the other end to confirm the TLS handshake.
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    yield plain
                    return
                with self._tls.wrap_socket(plain, server_hostname=name) as secured:
                    yield secured
        except ssl.SSLCertVerificationError as failure:
            raise Untrusted(f"{what}: certificate not accepted: {failure.verify_message}") from failure
        except TimeoutError as failure:
            raise Unreachable(f"{what}: no answer in {within.total_seconds():.1f} s") from failure
        except (OSError, http.client.HTTPException) as failure:
            raise Unreachable(f"{what}: {failure or type(failure).__name__}") from failure


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except ssl.SSLError as failure:
        raise Untrusted(f"{ca_file} holds no certificate: {failure.reason}") from failure
    context.set_alpn_protocols(["http/1.1"])
    return context


def _push(connection: socket.socket, data: bytes) -> None:
    """Send as much as the other end takes: one that refuses a large body answers before it has read it."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
        connection.settimeout(1.0)

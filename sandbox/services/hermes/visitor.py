"""A preview as its visitors meet it: at its public address, through the load balancer."""

from __future__ import annotations

import http.client
import logging
import ssl
from urllib.parse import urlsplit

from sandbox.services.hermes.routes import health_path

log = logging.getLogger(__name__)

_TIMEOUT_S = 2.0
_IN_A_ROW = 12
"""With a third of the nodes behind, as of three, so many new connections come to the others alone once in 130 times."""


class Visitor:
    """Asks at `origin`, which is `https://host` or `https://host:port`."""

    def __init__(self, origin: str) -> None:
        self._address = urlsplit(origin).netloc
        self._context = ssl.create_default_context()

    def reaches(self, session_id: str) -> bool:
        """Whether the session's own preview answers by now, and wherever one comes in.

        A changed rule is not in force when ModifyRule has answered: until it is, visitors are told to wait. The load
        balancer's nodes learn of it one after the other, and each connection comes to any of them.
        """
        return all(self._is_answered(session_id) for _ in range(_IN_A_ROW))

    def _is_answered(self, session_id: str) -> bool:
        connection = http.client.HTTPSConnection(self._address, timeout=_TIMEOUT_S, context=self._context)
        try:
            connection.request("GET", health_path(session_id))
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException) as error:
            log.warning("session %s is not seen at https://%s: %r", session_id, self._address, error)
            return False
        finally:
            connection.close()

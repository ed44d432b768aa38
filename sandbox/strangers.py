"""Who must not be served: web pages, which any browser on this machine would let send requests to loopback ports.

A page's script cannot leave out its `Origin` where it writes or wants to read another's answer, nor choose the `Host`:
that is the name it was loaded from, even where the page's owner has since made it mean 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def refusal(host: str | None, origin: str | None) -> str | None:
    """Why a request with these headers is refused; None for one that no foreign page can have sent."""
    if not host or not loopback(host):
        return f"expected a Host that is this machine's loopback address, found {host}"
    if origin is not None and origin != f"http://{host}":
        return f"expected no web page to ask, found the Origin {origin}"
    return None


def loopback(host: str) -> bool:
    """Whether a Host header (`name:port`) means the loopback interface for every resolver."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

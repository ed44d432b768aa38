"""One loopback address per task, so that the ports inside a task are the container's own."""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import threading
from collections import deque

PREFERRED_PORT = 8080
ATTEMPTS = 20
# A task lies in the first subnet, half of the block; what is below `FIRST` there is for EC2 to hand out itself.
FIRST, LAST = 16, 126
FEWEST = 8
# Where an operating system needs an alias per loopback address, they must be known beforehand.
ALIASED_BLOCK = "127.77.0"


class Addresses:
    """A block `127.A.B.0/24` that is this sandbox's alone, and who has which address in it.

    The claim is a listening socket on `127.A.B.1`. It is tried on the port that the containers will use, so a program
    that holds that port on all addresses is noticed here, and `container_port` is another one then.
    Raises OSError, with the fix, where the operating system answers on 127.0.0.1 only (macOS).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claim, self.block = _claim()
        self.container_port: int = self._claim.getsockname()[1]
        numbers = list(range(FIRST, LAST + 1))
        if self.block == ALIASED_BLOCK:
            numbers = [number for number in numbers if _answers(f"{self.block}.{number}")]
            if len(numbers) < FEWEST:
                self.close()
                raise _no_addresses()
        self._free = deque(f"{self.block}.{number}" for number in numbers)
        self._taken: set[str] = set()

    @property
    def cidr(self) -> str:
        """The block, as a VPC's CIDR."""
        return f"{self.block}.0/24"

    def take(self) -> str:
        """An address nobody has; the one that has been free for longest. RuntimeError when all are taken."""
        with self._lock:
            if not self._free:
                raise RuntimeError(
                    f"expected a free address in {self.cidr}; all {len(self._taken)} are taken"
                )
            address = self._free.popleft()
            self._taken.add(address)
            return address

    def release(self, address: str) -> None:
        """Give an address back; one that is not taken is ignored."""
        with self._lock:
            if address in self._taken:
                self._taken.remove(address)
                self._free.append(address)

    def close(self) -> None:
        """Give up the claim on the block."""
        self._claim.close()


def _claim() -> tuple[socket.socket, str]:
    for port in (PREFERRED_PORT, 0):
        for _ in range(ATTEMPTS):
            block = f"127.{random.randint(10, 250)}.{random.randint(0, 250)}"
            try:
                return _listen(f"{block}.1", port), block
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    return _claim_aliased(), ALIASED_BLOCK
                if error.errno != errno.EADDRINUSE:
                    raise
    raise OSError(
        errno.EADDRINUSE,
        f"expected a free block among 127.10-250.x.0/24; {2 * ATTEMPTS} tried are all in use",
    )


def _claim_aliased() -> socket.socket:
    for port in (PREFERRED_PORT, 0):
        with contextlib.suppress(OSError):
            return _listen(f"{ALIASED_BLOCK}.1", port)
    raise _no_addresses()


def _listen(address: str, port: int) -> socket.socket:
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        claim.bind((address, port))
        claim.listen(1)
    except OSError:
        claim.close()
        raise
    return claim


def _answers(address: str) -> bool:
    try:
        _listen(address, 0).close()
    except OSError:
        return False
    return True


def _no_addresses() -> OSError:
    return OSError(
        errno.EADDRNOTAVAIL,
        f"expected one loopback address per task; this machine answers on 127.0.0.1 only. Add some, once per boot: "
        f"for n in $(seq 1 30); do sudo ifconfig lo0 alias {ALIASED_BLOCK}.$n up; done",
    )

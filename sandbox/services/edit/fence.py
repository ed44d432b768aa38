"""A fence around what runs a customer's own code: files and TCP ports outside it are out of reach for what is inside.

The kernel keeps it: Landlock (landlock(7); Linux 5.13, TCP since 6.7, signals and abstract sockets since 6.12).
Landlock knows of TCP only, so a system call filter (seccomp(2)) leaves no other sockets to be opened. A thread puts
both on itself, for good and for all that it starts, with no privilege and for any user.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

# linux/landlock.h; the numbers of the system calls are the same on every architecture that it runs on.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_ONLY = 1
_BENEATH, _PORT = 1, 2
_READ = 0b1101  # run, read a file, list a folder
_OF_FILES = 0b1100000000000111  # run, write, read, cut, control: what a rule for a single file may name
_ALL_BY_VERSION = (0, 13, 14, 15, 15, 16)
_NOT_GIVEN = 1 << 6 | 1 << 11  # to make a device
_LISTEN, _CONNECT = 1, 2
_SCOPES = 0b11
_NO_NEW_PRIVILEGES, _SET_FILTER, _BY_PROGRAM = 38, 22, 2

# linux/audit.h and the system call tables: the machine's number, and that of socket(2).
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_RING = 425  # io_uring_setup(2): its sockets pass no filter
_OTHER_TABLE = 0x40000000  # x32
# linux/filter.h
_LOAD, _AND, _IF_EQUAL, _IF_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_PASS, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_TCP = 6

_LIBRARIES = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
)
_DEVICES = ("/dev/null", "/dev/urandom")
SYSTEM = ("/usr", "/bin", sys.prefix, sys.base_prefix)
"""The system's programs and Python's own files, for what runs git."""

T = TypeVar("T")


class FenceError(OSError):
    """The kernel offers the fence and refuses to put it up."""


@cache
def _version() -> int:
    """Which version of Landlock the kernel has; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    found: int = ctypes.CDLL(None).syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION_ONLY)
    return max(found, 0)


def in_force() -> str:
    """The fence that this machine has, in words."""
    version = _version()
    if not version:
        return "none: this system has no Landlock, so a site's code may read and write what Edit may"
    gaps = [] if version >= 4 else ["TCP, which takes Linux 6.7"]
    gaps += [] if platform.machine() in _MACHINES else [f"other sockets, on {platform.machine()}"]
    return f"Landlock, version {version}" + (f"; not for {' and '.join(gaps)}" if gaps else "")


@dataclass(frozen=True)
class Orders:
    """A fence in the kernel's terms: Landlock's `ruleset` and seccomp's `filter` (none: empty) as hexadecimal bytes,
    what is allowed `beneath` which path, the TCP ports to listen on."""

    ruleset: str
    beneath: tuple[tuple[str, int], ...]
    ports: tuple[int, ...]
    filter: str


@dataclass(frozen=True)
class Fence:
    """Reads and runs what is below `read`, writes below `write` too; listens on TCP `ports` only, and connects only
    if it may `connect`. The system's libraries are always readable. What does not exist, or is not this user's
    to reach, is left out."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]
    ports: tuple[int, ...] = ()
    connect: bool = False

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, done inside on a thread of its own; what it starts stays inside. Raises as it does."""
        result: Future[T] = Future()

        def inside() -> None:
            try:
                self.put_up()
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001  it is raised again, on the caller's thread
                result.set_exception(error)

        threading.Thread(target=inside).start()
        return result.result()

    def put_up(self) -> None:
        """Around this thread, for good; nothing where there is no Landlock. Raises FenceError."""
        orders = self.orders()
        if orders is None:
            return
        ruleset = _call(_CREATE, bytes.fromhex(orders.ruleset), ctypes.c_size_t(24), 0)
        try:
            for path, access in orders.beneath:
                _allow(ruleset, path, access)
            for port in orders.ports:
                _call(_ADD_RULE, ruleset, _PORT, _u64s(_LISTEN, port), 0)
            _control(_NO_NEW_PRIVILEGES, 1, 0)
            _call(_RESTRICT, ruleset, 0)
            if orders.filter:
                held = ctypes.create_string_buffer(program := bytes.fromhex(orders.filter))
                _control(
                    _SET_FILTER, _BY_PROGRAM, struct.pack("HP", len(program) // 8, ctypes.addressof(held))
                )
        finally:
            os.close(ruleset)

    def orders(self) -> Orders | None:
        """What the kernel is to be told; None where there is no Landlock."""
        version = _version()
        if not version:
            return None
        files = (1 << _ALL_BY_VERSION[min(version, 5)]) - 1
        network = (_LISTEN | _CONNECT if not self.connect else _LISTEN) if version >= 4 else 0
        return Orders(
            ruleset=_u64s(files, network, _SCOPES if version >= 6 else 0).hex(),
            beneath=(
                *((str(path), files & _READ) for path in (*self.read, *_LIBRARIES)),
                *((str(path), files & ~_NOT_GIVEN) for path in (*self.write, *_DEVICES)),
            ),
            ports=self.ports if network else (),
            filter="" if self.connect else _tcp_sockets_only().hex(),
        )


def _tcp_sockets_only() -> bytes:
    """No Unix socket of a neighbour or of the platform, no datagram, and no kind of TCP that Landlock does not know."""
    if platform.machine() not in _MACHINES:
        return b""
    machine, new_socket = _MACHINES[platform.machine()]
    # What to do, how many steps to skip if it holds and if it does not, and with which value (seccomp(2)).
    steps = (
        (_LOAD, 0, 0, 4),
        (_IF_EQUAL, 0, 14, machine),
        (_LOAD, 0, 0, 0),
        (_IF_LEAST, 12, 0, _OTHER_TABLE),
        (_IF_EQUAL, 11, 0, _RING),
        (_IF_EQUAL, 0, 9, new_socket),
        (_LOAD, 0, 0, 16),
        (_IF_EQUAL, 1, 0, socket.AF_INET),
        (_IF_EQUAL, 0, 7, socket.AF_INET6),
        (_LOAD, 0, 0, 24),
        (_AND, 0, 0, 0xF),
        (_IF_EQUAL, 0, 4, socket.SOCK_STREAM),
        (_LOAD, 0, 0, 32),
        (_IF_EQUAL, 1, 0, 0),
        (_IF_EQUAL, 0, 1, _TCP),
        (_RETURN, 0, 0, _PASS),
        (_RETURN, 0, 0, _REFUSE),
    )
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            access &= _OF_FILES
        # struct landlock_path_beneath_attr is packed: 64 bits of access, 32 of the descriptor.
        rule = access.to_bytes(8, sys.byteorder) + beneath.to_bytes(4, sys.byteorder)
        _call(_ADD_RULE, ruleset, _BENEATH, rule, 0)
    finally:
        os.close(beneath)


def _u64s(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, sys.byteorder) for value in values)


def _control(option: int, first: int, second: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, first, second, 0, 0):
        raise FenceError(ctypes.get_errno(), f"prctl({option}): {os.strerror(ctypes.get_errno())}")


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise FenceError(error, f"Landlock's system call {number}: {os.strerror(error)}")
    return result

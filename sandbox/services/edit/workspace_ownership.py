"""Whose folder is whose: a customer's place on the workspace file system, and the locks that guard it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_UNSAFE = re.compile(r"[^\w.+-]", re.ASCII)
_OWNER = ".owner"
_LOCK = ".lock"
_CHECKOUT = ".checkout"
_PUSHING = ".pushing"


class OpenError(RuntimeError):
    """A workspace cannot be opened; the text is a sentence for the customer."""


def claim(client_folder: Path, user_id: str) -> Path:
    """The folder of `user_id` below its client's, made and marked as theirs on first use.

    The folder is the address's local part; when that belongs to another address, the local part with 8 hex digits of
    the address's SHA-256. Characters that have no place in a folder name become `-`. Two tasks may claim at once:
    a marker is written once and never changed. Raises OpenError when both folders belong to others.
    """
    name = _UNSAFE.sub("-", user_id.rsplit("@", 1)[0]).lstrip(".-") or "user"
    digest = hashlib.sha256(user_id.encode()).hexdigest()[:8]
    for folder in (client_folder / name, client_folder / f"{name}-{digest}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OpenError(
                "Your workspace cannot be opened: something else is stored in its place."
            ) from error
        if _owner(folder, user_id) == user_id:
            return folder
    raise OpenError("Your workspace cannot be opened: its folder belongs to someone else.")


def _owner(folder: Path, user_id: str) -> str:
    """Who owns the folder, having offered it to `user_id`."""
    marker = folder / _OWNER
    if not marker.exists():
        offer = folder / f"{_OWNER}-{secrets.token_hex(8)}"
        offer.write_text(user_id)
        try:
            os.link(offer, marker)
        except FileExistsError:
            pass
        finally:
            offer.unlink()
    return marker.read_text()


@contextmanager
def user_lock(folder: Path) -> Iterator[None]:
    """Hold the customer's folder alone, among all tasks, while the block runs; waits for as long as it takes.

    The kernel (or EFS) lets go when the holder dies.
    """
    with _held(folder / _LOCK):
        yield


@contextmanager
def push_lock(folder: Path) -> Iterator[None]:
    """Hold the way to the customer's remote alone, among all tasks: of two pushes at once git refuses one.

    Instructions need not wait for it.
    """
    with _held(folder / _PUSHING):
        yield


@contextmanager
def _held(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Checkout:
    """What a session holds while its preview shows `project`: no other session may then switch its branch."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[str] = (folder / _CHECKOUT).open("w")

    def share(self) -> None:
        """Hold it along with others. The caller holds the user's lock, so nobody is switching."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Whether nobody else holds it; if so it is now held against everybody."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go. Safe to call again."""
        self._file.close()

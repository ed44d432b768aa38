"""A site as an instruction would leave it, before anything is written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

_SIZE_LIMIT = 1_000_000
# What the file systems of Linux and EFS take (limits.h; EFS quotas), with room for the folder above the site.
_NAME_LIMIT = 255
_PATH_LIMIT = 1024


@dataclass(frozen=True)
class Change:
    """One file's change. `path` is relative to the site, with `/`; a text of None means that there is no such file."""

    path: str
    before: str | None
    after: str | None


class Outside(ValueError):
    """A path leads out of the site, or to a part of it that instructions may not touch."""


class TooLong(ValueError):
    """A name that no file can have."""


class Draft:
    """The site below `root` with changes laid over it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str | None] = {}

    def read(self, path: str) -> str | None:
        """The file's text, or None when there is none or it is no text. Raises Outside, TooLong."""
        if path in self._after:
            return self._after[path]
        return stored(self._inside(path))

    def write(self, path: str, text: str | None) -> None:
        """Give the file this text, or with None remove it. Raises Outside, TooLong."""
        if path not in self._before:
            self._before[path] = stored(self._inside(path))
        self._after[path] = text

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`. Raises Outside, TooLong."""
        return self._inside(path).exists()

    def changes(self) -> list[Change]:
        """What has been laid over the site, in the order it was first touched."""
        return [Change(path, before, self._after[path]) for path, before in self._before.items()]

    def _inside(self, path: str) -> Path:
        parts = path.split("/")
        if "\\" in path or any(part.startswith(".") or not part for part in parts):
            raise Outside(path)
        if len(parts) < 2 or parts[0] != "src" or "node_modules" in parts:
            raise Outside(path)
        for part in (*parts, path):
            if len(part.encode()) > (_PATH_LIMIT if part is path else _NAME_LIMIT):
                raise TooLong(part)
        full = self._root.joinpath(*parts)
        folders = full.parents[: len(parts) - 1]
        # A link leads elsewhere, and nothing can be put below a file.
        if full.is_symlink() or any(folder.is_symlink() or folder.is_file() for folder in folders):
            raise Outside(path)
        return full


def stored(path: Path) -> str | None:
    """The text at `path`, or None when it is none: no file, a pipe or device, too large, or not UTF-8."""
    try:
        # Opening a pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _SIZE_LIMIT:
            return None
        return os.fdopen(descriptor, "rb", closefd=False).read(_SIZE_LIMIT).decode()
    except UnicodeDecodeError:
        return None
    finally:
        os.close(descriptor)

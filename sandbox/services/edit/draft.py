"""A site as an instruction would leave it, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_PLACES = ("src", "public")
_SIZE_LIMIT = 1_000_000


@dataclass(frozen=True)
class Change:
    """One file's change. `path` is relative to the site, with `/`; a text of None means that there is no such file."""

    path: str
    before: str | None
    after: str | None


class Outside(ValueError):
    """A path leads out of the site, or to a part of it that instructions may not touch."""


class Draft:
    """The site below `root` with changes laid over it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str | None] = {}

    def read(self, path: str) -> str | None:
        """The file's text, or None when there is none or it is no text. Raises Outside."""
        if path in self._after:
            return self._after[path]
        return self._stored(self._inside(path))

    def write(self, path: str, text: str | None) -> None:
        """Give the file this text, or with None remove it. Raises Outside."""
        if path not in self._before:
            self._before[path] = self._stored(self._inside(path))
        self._after[path] = text

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`. Raises Outside."""
        if path in self._after:
            return self._after[path] is not None
        return self._inside(path).exists()

    def files(self, folder: str = "src", suffixes: tuple[str, ...] = ()) -> list[str]:
        """The paths of the files below `folder`, sorted; with `suffixes` only those that end so."""
        found = {
            path.relative_to(self._root).as_posix()
            for path in (self._root / folder).rglob("*")
            if path.is_file() and not path.is_symlink()
        }
        found |= {path for path in self._after if path.startswith(f"{folder}/")}
        return sorted(
            path for path in found if self.exists(path) and (not suffixes or path.endswith(suffixes))
        )

    def changes(self) -> list[Change]:
        """What has been laid over the site, in the order it was first touched."""
        return [Change(path, before, self._after[path]) for path, before in self._before.items()]

    def _stored(self, path: Path) -> str | None:
        try:
            if path.stat().st_size > _SIZE_LIMIT:
                return None
            return path.read_bytes().decode()
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            return None

    def _inside(self, path: str) -> Path:
        pure = PurePosixPath(path)
        parts = path.split("/")
        if pure.is_absolute() or "\\" in path or any(part.startswith(".") or not part for part in parts):
            raise Outside(path)
        if len(parts) < 2 or parts[0] not in _PLACES or "node_modules" in parts:
            raise Outside(path)
        full = self._root.joinpath(*parts)
        if not full.resolve().is_relative_to(self._root.resolve()) or full.is_symlink():
            raise Outside(path)
        return full

"""A customer's workspace: its files byte for byte, and its git history, read with POSIX tools and git only."""

from __future__ import annotations

import base64
import hashlib
import io
import shlex
import tarfile
from dataclasses import dataclass

from acceptance.drivers.git import Git
from acceptance.drivers.shell import Shell
from acceptance.waiting.errors import UnexpectedAnswer

_PUT_AWAY = """
for project in {folder}/*/project; do
  git="git -c safe.directory=*"
  test -e "$project/.git" && cd "$project" && $git remote get-url origin >/dev/null 2>&1 || continue
  $git ls-remote --heads origin 'thread-*' | while read -r _ branch; do
    $git push -q origin --delete "$branch" || exit 1
  done || exit 1
done
cd / && rm -rf {folder}
"""

CHUNK = 6000
"""Bytes of base64 per command when writing: far below any limit of a command line."""


@dataclass(frozen=True)
class FileEntry:
    """One path of a workspace. `mode` has the permission bits; `sha256` is of files, `target` of links only."""

    path: str
    kind: str
    mode: int
    size: int
    sha256: str | None
    target: str | None


@dataclass(frozen=True)
class Manifest:
    """All entries of a workspace but git's own, by path."""

    entries: tuple[FileEntry, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of regular files, sorted."""
        return tuple(entry.path for entry in self.entries if entry.kind == "file")

    def entry(self, path: str) -> FileEntry | None:
        """The entry at a path, or None."""
        return next((entry for entry in self.entries if entry.path == path), None)


class Workspace:
    """One project folder. Every method is one command in the deployment."""

    def __init__(self, shell: Shell, folder: str) -> None:
        self.folder = folder
        self._shell = shell

    @property
    def git(self) -> Git:
        """Its git repository."""
        return Git(self._shell, self.folder)

    @property
    def in_task(self) -> str:
        """Its folder as an Edit task sees it, and so whatever the platform runs."""
        return f"{self._shell.root_in_task}{self.folder.removeprefix(self._shell.root)}"

    def __str__(self) -> str:
        """Its place as the contract writes it, wherever the workspaces are mounted."""
        return f"/workspace/{self.folder.removeprefix(self._shell.root).strip('/')}"

    def holds(self, path: str) -> bool:
        """Whether a regular file is at `path`, relative to the project folder."""
        return self._shell.read(f"test -f {self._at(path)}").exit_code == 0

    def read(self, path: str) -> bytes:
        """A file's content; `CommandFailed` if it cannot be read."""
        script = f"cat {self._at(path)}"
        return self._shell.read(script).checked(script).stdout

    def manifest(self) -> Manifest:
        """Every file, folder and link below the project folder, but those of git and what is made of them."""
        excluded = "--exclude=./.git --exclude=./node_modules --exclude=./.astro"
        script = f"cd {self._at('')} && COPYFILE_DISABLE=1 tar -czf - {excluded} ."
        return _manifest(self._shell.read(script).checked(script).stdout)

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file there, folders included: an uncommitted change, as a crash would leave one behind."""
        target = self._at(path)
        scratch = self._at(f"{path}.incoming")
        encoded = base64.b64encode(content).decode("ascii")
        self.run(f"mkdir -p $(dirname {target}) && : > {scratch}")
        for start in range(0, len(encoded), CHUNK):
            self.run(f"printf %s {encoded[start : start + CHUNK]} >> {scratch}")
        self.run(
            f"base64 -d < {scratch} > {target}; rc=$?; rm -f {scratch}; chmod {mode:o} {target}; exit $rc"
        )

    def run(self, script: str) -> None:
        """Run a POSIX shell script where the workspaces are; `CommandFailed` unless it ends well."""
        self._shell.run(script).checked(script)

    def _at(self, path: str) -> str:
        return shlex.quote(f"{self.folder}/{path}".rstrip("/"))


class Workspaces:
    """All workspaces of a deployment."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    @property
    def root(self) -> str:
        """The folder that holds all workspaces, as an Edit task sees it."""
        return self._shell.root_in_task

    def of(self, client_id: str, user_id: str) -> Workspace:
        """The workspace where the contract puts it for the first owner of an address's local part."""
        return self.at(client_id, user_id.partition("@")[0])

    def of_newcomer(self, client_id: str, user_id: str) -> Workspace:
        """The workspace for a second address with the same local part: eight digits of its SHA-256 tell it apart."""
        local = user_id.partition("@")[0]
        return self.at(client_id, f"{local}-{hashlib.sha256(user_id.encode()).hexdigest()[:8]}")

    def at(self, client_id: str, folder: str) -> Workspace:
        """The workspace in a folder of a client."""
        return Workspace(self._shell, f"{self._shell.root}/{client_id}/{folder}/project")

    def by_path(self, path: str) -> tuple[Workspace, str]:
        """Workspace and relative path for a contract path such as `/workspace/acme/test/project/src/x.astro`."""
        parts = path.strip("/").split("/")
        if len(parts) < 5 or parts[0] != "workspace" or parts[3] != "project":
            raise ValueError(f"{path!r}: expected /workspace/{{client}}/{{user}}/project/{{file}}")
        return self.at(parts[1], parts[2]), "/".join(parts[4:])

    def block(self, client_id: str, folder: str) -> None:
        """Put a plain file where a project folder belongs, so that the workspace cannot be opened."""
        parent = shlex.quote(f"{self._shell.root}/{client_id}/{folder}")
        script = f"mkdir -p {parent} && test ! -e {parent}/project && echo occupied > {parent}/project"
        self._shell.run(script).checked(script)

    def clients(self) -> tuple[str, ...]:
        """The clients that have a workspace."""
        script = f"ls -A {shlex.quote(self._shell.root)}"
        names = self._shell.read(script).checked(script).stdout.decode("utf-8", "replace").split("\n")
        return tuple(sorted(name for name in names if name))

    def put_away(self, *client_ids: str) -> None:
        """Remove all workspaces of clients, and their threads at their sites' remotes; none is no error.

        What the remote has beside threads was there before any thread. CommandFailed if a remote does not obey.
        """
        for client_id in client_ids:
            if not client_id or "/" in client_id or client_id.startswith("."):
                raise ValueError(f"{client_id!r} is no client id")
            script = _PUT_AWAY.format(folder=shlex.quote(f"{self._shell.root}/{client_id}"))
            # To say it twice changes nothing: Edit's last task may go under it, with the session that was just ended.
            self._shell.read(script).checked(script)

    def close(self) -> None:
        """Give back the task that was started to look into them."""
        self._shell.close()


def _manifest(archive: bytes) -> Manifest:
    kinds = {
        tarfile.REGTYPE: "file",
        tarfile.AREGTYPE: "file",
        tarfile.DIRTYPE: "folder",
        tarfile.SYMTYPE: "link",
    }
    entries: list[FileEntry] = []
    digests: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                path = member.name.removeprefix("./")
                if path in ("", "."):
                    continue
                if member.islnk():
                    size, digest = digests[member.linkname.removeprefix("./")]
                    entries.append(FileEntry(path, "file", member.mode & 0o7777, size, digest, None))
                    continue
                content = tar.extractfile(member) if member.isreg() else None
                data = content.read() if content else None
                if data is not None:
                    digests[path] = (len(data), hashlib.sha256(data).hexdigest())
                entries.append(
                    FileEntry(
                        path,
                        kinds.get(member.type, "other"),
                        member.mode & 0o7777,
                        member.size,
                        digests[path][1] if data is not None else None,
                        member.linkname if member.issym() else None,
                    )
                )
    except tarfile.TarError as damaged:
        raise UnexpectedAnswer(f"expected a tar archive of {len(archive)} bytes: {damaged}") from damaged
    return Manifest(tuple(sorted(entries, key=lambda entry: entry.path)))

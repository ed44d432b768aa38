"""One instruction, one commit: written so that a kill at any moment leaves either nothing or something to finish."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .draft import Change, stored
from .git import Git

_SUBJECT_LENGTH = 72
_JOURNAL = "edit-instruction.json"
_ABSENT = "0" * 40
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True)
class Note:
    """An instruction's changes and what its commit will say. `author` is the customer's address."""

    branch: str
    thread_id: str
    session_id: str
    instruction_id: str
    author: str
    instruction: str
    changes: tuple[Change, ...]

    def message(self) -> str:
        """The commit message: the instruction on one line, cut at 72 characters, and the trailers."""
        subject = " ".join(self.instruction.split())[:_SUBJECT_LENGTH].strip()
        trailers = f"Thread: {self.thread_id}\nSession: {self.session_id}\nInstruction: {self.instruction_id}"
        return f"{subject}\n\n{trailers}\n"


def token(value: str) -> bool:
    """Whether `value` may stand in a trailer: session and instruction ids."""
    return bool(_TOKEN.fullmatch(value))


def carried_out(git: Git, branch: str, instruction_id: str) -> str | None:
    """The commit on `branch` that carried the instruction out, or None."""
    pattern = f"^Instruction: {re.escape(instruction_id)}$"
    return (
        git.answer("log", "-1", "--format=%H", "-E", f"--grep={pattern}", f"refs/heads/{branch}", "--")
        or None
    )


def write(git: Git, git_folder: Path, note: Note) -> None:
    """Note down what is about to change, then change the files, each at once. `commit` must follow.

    What cannot be written is not to be finished later either: OSError, and no note stays.
    """
    _replace(git_folder, git_folder / _JOURNAL, json.dumps(asdict(note)))
    try:
        _write_files(git.folder, git_folder, note.changes)
    except OSError:
        (git_folder / _JOURNAL).unlink()
        raise


def unfinished(git_folder: Path) -> Note | None:
    """The instruction that a killed task has begun in this working tree, or None."""
    try:
        document = json.loads((git_folder / _JOURNAL).read_text())
    except FileNotFoundError:
        return None
    return Note(**{**document, "changes": tuple(Change(**change) for change in document["changes"])})


def finish(git: Git, git_folder: Path, note: Note) -> str:
    """Carry an unfinished instruction to its end: files that somebody has changed since are left as they are."""
    done = carried_out(git, note.branch, note.instruction_id)
    if done is None:
        still = [change for change in note.changes if stored(git.folder / change.path) == change.before]
        _write_files(git.folder, git_folder, still)
        return commit(git, git_folder, note)
    _close(git, git_folder, note)
    return done


def commit(git: Git, git_folder: Path, note: Note) -> str:
    """Commit exactly the note's changes onto its branch, whatever else is uncommitted or staged; the commit's id.

    Works in an index of its own, so that a customer's own staging, a merge under way or a lock left behind by a
    killed process neither stops it nor gets into the commit. Raises GitError.
    """
    reference = f"refs/heads/{note.branch}"
    head = git.run("rev-parse", "--verify", reference)
    index = {"GIT_INDEX_FILE": str(git_folder / f"edit-index-{secrets.token_hex(4)}")}
    author = {"GIT_AUTHOR_NAME": note.author, "GIT_AUTHOR_EMAIL": note.author}
    try:
        git.run("read-tree", head, more=index)
        entries = "".join(_entry(git, head, change) for change in note.changes)
        git.run("update-index", "--add", "--index-info", stdin=entries, more=index)
        tree = git.run("write-tree", more=index)
    finally:
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
    made = git.run("commit-tree", tree, "-p", head, "-F", "-", stdin=note.message(), more=author)
    git.run("update-ref", "-m", "commit: instruction", reference, made, head)
    _close(git, git_folder, note)
    return made


def _close(git: Git, git_folder: Path, note: Note) -> None:
    """Bring the index up to the new commit, or it would show the files as changed; only then is all done."""
    if note.changes:
        git.answer("reset", "-q", "--", *(change.path for change in note.changes))
    (git_folder / _JOURNAL).unlink(missing_ok=True)


def _entry(git: Git, head: str, change: Change) -> str:
    """The change as a line of `git update-index --index-info` (git documentation)."""
    if change.after is None:
        return f"0 {_ABSENT}\t{change.path}\n"
    committed = _committed(git, head, change.path)
    content = change.after
    if committed is not None and change.before is not None and committed != change.before:
        content = _without_uncommitted(git, change.before, change.after, committed)
    blob = git.run("hash-object", "-w", "--stdin", stdin=content)
    mode = "100755" if os.access(git.folder / change.path, os.X_OK) else "100644"
    return f"{mode} {blob}\t{change.path}\n"


def _committed(git: Git, head: str, path: str) -> str | None:
    if git.answer("cat-file", "-e", f"{head}:{path}") is None:
        return None
    return git.text("cat-file", "blob", f"{head}:{path}")


def _without_uncommitted(git: Git, before: str, after: str, committed: str) -> str:
    """The instruction's change alone, on the committed text; all of `after` when the two cannot be told apart."""
    with tempfile.TemporaryDirectory(dir=git.folder.parent) as scratch:
        files = [Path(scratch) / name for name in ("committed", "before", "after")]
        for file, text in zip(files, (committed, before, after), strict=True):
            file.write_bytes(text.encode())
        if git.answer("merge-file", "-q", *map(str, files)) is None:
            return after
        return files[0].read_bytes().decode()


def _write_files(root: Path, scratch: Path, changes: Sequence[Change]) -> None:
    for change in changes:
        path = root / change.path
        if change.after is None:
            path.unlink(missing_ok=True)
            continue
        if change.after == stored(path):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(scratch, path, change.after)


def _replace(scratch: Path, path: Path, text: str) -> None:
    """Put `text` at `path` in one step. The half-written file lies in git's folder, which no dev server watches."""
    draft = scratch / f"edit-draft-{secrets.token_hex(8)}"
    try:
        with draft.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

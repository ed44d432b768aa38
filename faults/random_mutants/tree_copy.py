"""A copy of the platform's sources in which one file at a time is another: the work tree stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = ("sandbox", "acceptance", "deployments")
"""What a platform is started from: itself, the template of what it consists of, and what it uses of the suite."""

IMPORT_LIMIT_S = 60.0


class TreeCopy:
    """Made in an empty folder; one attempt at a time stands on it."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        self._project = project
        for name in FOLDERS:
            shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    @contextmanager
    def changed(self, file: str, source: str) -> Iterator[None]:
        """For as long as it lasts, `file` (relative to the project) has another text."""
        self._write(file, source)
        try:
            yield
        finally:
            self._write(file, (self._project / file).read_text(encoding="utf-8"))

    def refusal(self, file: str) -> str | None:
        """What Python says when it cannot even import a file of the copy; None if it can."""
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        words = [sys.executable, "-c", f"import {module}"]
        plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        try:
            done = subprocess.run(
                words,
                cwd=self.folder,
                env=plain,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=IMPORT_LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return f"its import takes more than {IMPORT_LIMIT_S:.0f} s"
        return done.stderr.strip().rpartition("\n")[2] or "its import fails" if done.returncode else None

    def _write(self, file: str, source: str) -> None:
        path = self.folder / file
        path.write_text(source, encoding="utf-8")
        # Python knows a source by its size and the second in which it was written: two mutants may share both.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

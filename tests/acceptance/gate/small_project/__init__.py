"""A small project whose features pass, fail, die and leave things behind, and runs of the gate over it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.report.runner import RUNNER
from acceptance.results.criteria import ALL
from acceptance.results.manifest import verdict_in
from acceptance.results.run_folder import PROJECT

PROOF = f"{' '.join(f'@{criterion.tag}' for criterion in ALL)} it proves all: Given all is well"
"""A scenario that proves every criterion."""

SECRET = "Zk3v9QpLmN77xR21"

HERE = Path(__file__).parent


@dataclass(frozen=True)
class GateRun:
    """A run of the gate that has ended: its exit code, what it printed, and the run's folder."""

    code: int
    printed: str
    folder: Path

    def document(self, name: str) -> Any:
        """A JSON file of the run."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def statuses(self) -> dict[str, str]:
        """Each scenario's status by its name."""
        return {entry["name"]: entry["status"] for entry in self.document("results.json")["scenarios"]}

    def reasons(self) -> list[str]:
        """What speaks against it, as sentences."""
        verdict = verdict_in(self.folder)
        assert verdict is not None
        return [reason.sentence for reason in verdict.reasons]


@dataclass(frozen=True)
class SmallProject:
    """A folder with features, and what they stand on, from the folder of this module."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, features: Mapping[str, str]) -> SmallProject:
        """Make one of these features (name to text); its profiles are the project's own."""
        for part in ("features", "steps", "deployments"):
            (folder / part).mkdir(parents=True)
        for profile in ("sandbox.toml", "aws.example.toml"):
            shutil.copy(PROJECT / "deployments" / profile, folder / "deployments")
        shutil.copy(HERE / "hooks.py", folder / "environment.py")
        shutil.copy(HERE / "sentences.py", folder / "steps")
        (folder / "behave.ini").write_text(
            f"[behave]\npaths = features\nshow_skipped = false\ncapture_hooks = false\nrunner = {RUNNER}\n",
            encoding="utf-8",
        )
        for name, text in features.items():
            (folder / "features" / f"{name}.feature").write_text(text, encoding="utf-8")
        return cls(folder)

    @property
    def latest(self) -> Path:
        """The folder of its last run."""
        return (self.folder / "reports" / "latest").resolve()

    def run(self, *arguments: str, entered: str = "", **extra: str) -> GateRun:
        """Run the gate to its end; keyword arguments are added to its environment. A person has entered something."""
        done = subprocess.run(
            command(*arguments),
            cwd=self.folder,
            env=environment(extra),
            input=entered,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return self.ended(done.returncode, done.stdout)

    def start(self, *arguments: str, ignoring: bool = False) -> subprocess.Popen[str]:
        """Start the gate, to be interrupted; `ignoring` SIGINT, as a script starts what it puts into the background."""
        before = signal.getsignal(signal.SIGINT)
        if ignoring:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.Popen(
                command(*arguments),
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def ended(self, code: int, printed: str) -> GateRun:
        """Its last run, which has ended so."""
        return GateRun(code, printed, self.latest)


MakeProject = Callable[..., SmallProject]
"""Makes a project of features, name to text."""


def feature(name: str, *scenarios: str, tags: str = "@anywhere") -> str:
    """A feature of one rule, its scenarios given as `name: step; step`, with tags in front of the name."""
    lines = [tags, f"Feature: {name}", f"  Rule: the rule of {name}"]
    for scenario in scenarios:
        title, _, steps = scenario.partition(": ")
        words = title.split()
        marks = [word for word in words if word.startswith("@")]
        lines += [
            f"    {' '.join(marks)}",
            f"    Scenario: {' '.join(word for word in words if word not in marks)}",
        ]
        lines += [f"      {step.strip()}" for step in steps.split(";")]
    return "\n".join(lines) + "\n"


def command(*arguments: str) -> list[str]:
    """The gate's command line."""
    words = arguments if arguments[:1] == ("merge",) else ("run", *arguments)
    return [sys.executable, "-m", "acceptance", *words]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which the gate finds itself in the small project's folder."""
    own = {**os.environ, "PYTHONPATH": str(PROJECT), "GITHUB_ACTIONS": "false", **(extra or {})}
    own.pop("ACCEPTANCE_LIFELINE", None)
    return own

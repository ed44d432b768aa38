"""A small project of features that end in every way a feature can, and runs of it in a behave of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.report.runner import RUNNER
from acceptance.results.run_folder import PROJECT

SECRET = "Zk3v9QpLmN77xR21"
"""What the shop's steps tell, and nothing that is written may hold."""


@dataclass(frozen=True)
class ShopRun:
    """A finished run: its folder, exit code, what behave printed, and the messages."""

    folder: Path
    code: int
    printed: str
    messages: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of all messages of a kind, in order."""
        return [message[kind] for message in self.messages if kind in message]

    def told(self) -> Any:
        """behave's own model after the run: name, status and steps (status, name) of every scenario."""
        return json.loads((self.folder / "told.json").read_text(encoding="utf-8"))

    def case_of(self, name: str) -> ShopCase:
        """The only test case of the scenario of that name."""
        (pickle,) = (pickle for pickle in self.of("pickle") if pickle["name"] == name)
        (case,) = (case for case in self.of("testCase") if case["pickleId"] == pickle["id"])
        (started,) = (start for start in self.of("testCaseStarted") if start["testCaseId"] == case["id"])
        return ShopCase(self, pickle, case, started["id"])


@dataclass(frozen=True)
class ShopCase:
    """One test case of a run."""

    run: ShopRun
    pickle: dict[str, Any]
    case: dict[str, Any]
    started: str

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each test step's text (`hook NAME` for a hook) with its result, in the order in which they finished."""
        texts = {step["id"]: step["text"] for step in self.pickle["steps"]}
        hooks = {hook["id"]: f"hook {hook['name']}" for hook in self.run.of("hook")}
        steps = {step["id"]: step for step in self.case["testSteps"]}
        for finished in self.run.of("testStepFinished"):
            if finished["testCaseStartedId"] == self.started:
                step = steps[finished["testStepId"]]
                named = texts[step["pickleStepId"]] if "pickleStepId" in step else hooks[step["hookId"]]
                yield named, finished["testStepResult"]

    def statuses(self) -> dict[str, str]:
        """The status of each test step by its text."""
        return {text: result["status"] for text, result in self.results()}


@dataclass(frozen=True)
class Shop:
    """A folder with the features `shop` and `hooks`."""

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Shop:
        """Open one in a folder."""
        leftovers = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(__file__).parent / "features", folder / "features", ignore=leftovers)
        (folder / "behave.ini").write_text(f"[behave]\nrunner = {RUNNER}\n", encoding="utf-8")
        return cls(folder)

    def add_to_hooks(self, text: str) -> None:
        """Write more into its environment.py."""
        hooks = self.folder / "features" / "environment.py"
        hooks.write_text(hooks.read_text(encoding="utf-8") + text, encoding="utf-8")

    def run(self, *arguments: str, messages: str = "messages.ndjson") -> ShopRun:
        """Run behave in it; without a format among the arguments it writes messages."""
        formats = [] if "-f" in arguments else ["-f", "acceptance.report.messages:Messages", "-o", messages]
        done = subprocess.run(
            [sys.executable, "-m", "behave", "--no-color", *formats, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "GITHUB_ACTIONS": "false"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        stream = self.folder / messages
        lines = stream.read_text(encoding="utf-8").splitlines() if stream.is_file() else []
        return ShopRun(self.folder, done.returncode, done.stdout, [json.loads(line) for line in lines])

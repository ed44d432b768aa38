"""Runs the suite against each broken platform and prints who noticed: `python -m faults [FAULT ...]`.

Each fault is run with the scenarios that must catch it; `--feature` runs all of the suite instead, which shows
who else noticed. Exit 0 only if every fault was caught by every scenario it names, in a step that looks (a Then),
and the same scenarios pass on the sound platform (`make accept` shows that).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acceptance.results.ledger import NOT_OBSERVED
from faults.catalogue import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Verdict:
    """What one run against one fault showed. `caught` and `missed` are scenario names; `reasons` their failures."""

    fault: Fault
    caught: tuple[str, ...]
    missed: tuple[str, ...]
    others: tuple[str, ...]
    reasons: dict[str, str]


UNSEEN = frozenset({"passed", "skipped", NOT_OBSERVED})
"""The statuses of scenarios that have not noticed a fault: one that could not look has seen none."""


def name_pattern(scenario: str) -> str:
    """A regular expression for a scenario's name; the placeholders of an outline stand for any value."""
    return "^" + "(.+)".join(re.escape(part) for part in re.split(r"<[^<>]+>", scenario)) + "( -- @.*)?$"


def judge(fault: Fault, scenarios: Sequence[Mapping[str, str | None]]) -> Verdict:
    """Hold the results of a run (fields of `acceptance.results.ledger.ScenarioResult`) against what the fault
    promises.
    """
    noticed = {str(s["name"]): s for s in scenarios if s["status"] not in UNSEEN}
    reasons = {name: f"{s['failed_step']}: {s['message']}" for name, s in noticed.items()}
    looked = [name for name, s in noticed.items() if s["step_type"] == "then"]
    caught = {wanted for wanted in fault.caught_by if any(re.match(name_pattern(wanted), n) for n in looked)}
    named = [name for name in noticed if any(re.match(name_pattern(w), name) for w in fault.caught_by)]
    return Verdict(
        fault,
        caught=tuple(wanted for wanted in fault.caught_by if wanted in caught),
        missed=tuple(wanted for wanted in fault.caught_by if wanted not in caught),
        others=tuple(name for name in noticed if name not in named),
        reasons=reasons,
    )


def run(fault: Fault, *, whole: bool) -> Verdict:
    """Run the suite against one fault. RuntimeError if behave left no results."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        command = f"python,-m,faults.broken,{fault.name},sandbox,up,--while-stdin-open,--ready-file,{{ready}}"
        chosen = [] if whole else [part for w in fault.caught_by for part in ("--name", name_pattern(w))]
        argv = [sys.executable, "-m", "behave", "--no-summary", "--format", "null"]
        argv += ["-D", f"sandbox.command={command}", "-D", f"results={results}", *chosen]
        output = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        if not results.exists():
            said = (output.stdout + output.stderr)[-3000:]
            raise RuntimeError(
                f"{fault.name}: expected results in {results}, found none; behave said:\n{said}"
            )
        return judge(fault, json.loads(results.read_text(encoding="utf-8"))["scenarios"])


def describe(verdict: Verdict) -> str:
    """One fault's rows of the matrix."""
    lines = [f"{'HOLE' if verdict.missed else 'caught'}  {verdict.fault.name}: {verdict.fault.sentence}"]
    lines += [f"        noticed by  {name}" for name in verdict.caught]
    lines += [f"        MISSED by   {name}" for name in verdict.missed]
    lines += [f"        also by     {name}" for name in verdict.others]
    lines += [f"          {' '.join(reason.split())[:400]}" for reason in verdict.reasons.values()]
    return "\n".join(lines)


def main() -> int:
    """Run the faults named (all by default), print the matrix; 0 if every one was caught."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("fault", nargs="*", choices=[*FAULTS, []], help="faults to run; all by default")
    parser.add_argument("--feature", action="store_true", help="run all features against each fault")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    arguments = parser.parse_args()
    faults = [FAULTS[name] for name in arguments.fault] or list(FAULTS.values())
    if arguments.list:
        for entry in faults:
            print(f"{entry.name} ({entry.part}): {entry.sentence}")
            for name in entry.caught_by:
                print(f"    {name}")
        return 0
    holes = 0
    for entry in faults:
        verdict = run(entry, whole=arguments.feature)
        holes += bool(verdict.missed)
        print(describe(verdict), flush=True)
    print(f"{len(faults) - holes} passed, {holes} failed")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())

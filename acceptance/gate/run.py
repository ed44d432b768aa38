"""One run of the gate: select, deal out, run, merge, judge."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from acceptance.config.profile import PROFILE, Draft, read
from acceptance.gate.alone import become
from acceptance.gate.display import screen
from acceptance.gate.finish import Finish
from acceptance.gate.leaked_processes import clear_orphans
from acceptance.gate.merge_runs import gather
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.options import MergeOptions, Options, cores
from acceptance.gate.partition import Expected, Shard, Unit, repeated, share, units
from acceptance.gate.reasons import about_workers
from acceptance.gate.selection import Selection, SelectionError, check_steps, refuse, select
from acceptance.gate.worker_pool import Interruption, WorkerPool
from acceptance.report.history import known_seconds
from acceptance.results.criteria import not_supported
from acceptance.results.disk_space import TO_BEGIN, TO_GO_ON, check_room
from acceptance.results.json_file import Unreadable
from acceptance.results.manifest import RunManifest
from acceptance.results.run_folder import HISTORY, LATEST, MANIFEST, WORKERS, new_run_id, point_latest
from acceptance.results.run_results import Results
from acceptance.results.text import counted
from acceptance.results.verdict import Code, SelectedScenario

REPORTS = Path("reports")


def run(
    options: Options,
    unfit: Callable[[Mapping[str, str], str], Iterable[str]],
    alone: Callable[[Mapping[str, str], str], AbstractContextManager[Sequence[str]]],
) -> Code:
    """Run what is selected and judge it. Ctrl-C ends the workers first, and what they left is still judged.

    Both see to the platform that behave's `-D` values and the profile name: `unfit` tells why no run can begin on it,
    `alone` keeps other runs from it.

    Raises:
        SelectionError: nothing can be run of what was asked for. ConfigurationError: the profile is wrong.
            DeploymentHeld: another run has the platform. NoRoom: a disk is full. OSError: there can be no folder.
    """
    check_room(REPORTS, TO_BEGIN)
    clear_orphans()
    expected = Expected.read()
    selection = select(options.behave, only=_failed_last(REPORTS / LATEST) if options.last_failed else None)
    check_steps(options.behave)
    draft = _profile(selection.settings)
    selection = selection.supported(draft.extended)
    if options.list_only:
        for wanted in selection.scenarios:
            say(f"{wanted.location}  {wanted.name.rstrip()}")
        return Code.ACCEPTED
    files = {wanted.file for wanted in selection.scenarios}
    own = draft.command is not None and "sandbox" not in selection.settings
    jobs = _jobs(options.jobs, len(files) * options.repeat_each, own_platforms=own)
    if options.shard and options.repeat_each > 1:
        raise SelectionError("--repeat-each hunts a flake on one machine: leave --shard out")
    if options.shard and not own:
        raise SelectionError(
            f"--shard {options.shard} needs a platform for each machine, and this run is to use one that is there "
            "already: each would stop what the others have started, so leave --shard out"
        )
    if options.shard:
        dealt = share(units(selection, expected, {}, hands=options.shard.count), options.shard)
        if not dealt:
            raise SelectionError(
                f"nothing is left for shard {options.shard}: there is too little to divide so often"
            )
    else:
        # Of several times each there is enough for all hands: no feature needs to be split.
        hands = jobs if options.repeat_each == 1 else 1
        once = units(selection, expected, known_seconds(REPORTS / HISTORY), hands=hands)
        dealt = repeated(once, options.repeat_each)
    named = {**selection.settings, "keep": options.keep}, selection.settings.get("profile", PROFILE)
    refuse(*unfit(*named))
    if options.debug:
        # A person has it under the fingers: nothing is collected, and nothing is judged.
        where = ["-D", f"reports={new_folder()}", "-D", f"keep={options.keep}"]
        attached = ["--no-capture", "-D", "pause=always", *where]
        become([*selection.options, *attached, *(path for unit in dealt for path in unit.paths)])
    with alone(*named) as beside:
        selection = dataclasses.replace(selection, options=(*selection.options, *beside))
        return _judge(options, selection, expected, dealt, min(jobs, len(dealt)), own_platforms=own)


def _judge(
    options: Options,
    selection: Selection,
    expected: Expected,
    dealt: Sequence[Unit],
    jobs: int,
    *,
    own_platforms: bool,
) -> Code:
    """Run what is dealt out, so many at once, and judge it."""
    features = len({wanted.file for unit in dealt for wanted in unit.scenarios})
    folder = new_folder()
    point_latest(folder)
    chosen, times = sum(len(unit.scenarios) for unit in dealt), options.repeat_each
    parts = f" in {counted(len(dealt), 'part')}" if len(dealt) > features * times else ""
    often = f", each {times} times" if times > 1 else ""
    told = f"{counted(chosen // times, 'scenario')} of {counted(features, 'feature')}{parts}{often}"
    say(f"{told}, {jobs} at once; results in {folder}")
    if selection.unsupported:
        say(
            f"Not judged: {counted(len(selection.unsupported), 'scenario')}; {not_supported(selection.unsupported)}"
        )
    if selection.whole and selection.unjudged:
        say(f"Claimed, and judged by no scenario: {', '.join(selection.unjudged)}")
    interruption, mishaps, began = Interruption(), Mishaps(), time.monotonic()
    with interruption.heeded():
        crew = WorkerPool(
            options=selection.options,
            jobs=jobs,
            own_platforms=own_platforms,
            keep=options.keep,
            stop=selection.stop,
            folder=folder / WORKERS,
            screen=screen(sys.stdout, chosen),
            interruption=interruption,
            mishaps=mishaps,
            check=lambda: check_room(REPORTS, TO_GO_ON),
            enough=options.max_failures,
        )
        outcomes = crew.run(dealt)
    broken: list[str] = []
    # Of shards, whoever merges them tells of what is not judged.
    beside = selection.unsupported if options.shard is None else ()
    with mishaps.noted("the workers' results were merged"):
        broken = gather(
            [outcome.folder for outcome in outcomes],
            folder,
            move=True,
            beside=beside,
            repetitions={outcome.folder.name: outcome.unit.repetition for outcome in outcomes},
        )
    manifest = RunManifest(
        asked=selection.scenarios,
        selected=tuple(wanted.location for unit in dealt for wanted in unit.scenarios),
        whole=selection.whole and options.shard is None,
        least=options.expect or (expected.scenarios * times if selection.whole and not options.shard else 1),
        shard=str(options.shard) if options.shard else None,
        about_workers=tuple(about_workers(outcomes)),
        kept=any(outcome.progress.kept for outcome in outcomes),
        interrupted=interruption.cut_short,
        seconds=round(time.monotonic() - began, 1),
        unsupported=selection.unsupported,
        supported=selection.offered,
    )
    return Finish(folder, manifest, say, mishaps, broken).judge().code


def merge(options: MergeOptions) -> Code:
    """Merge the runs of all shards and judge them as one.

    Raises:
        Unreadable: a folder is no run of the gate. SelectionError: the runs are not shards of one selection.
    """
    manifests = {folder: _manifest(folder) for folder in options.folders}
    shards = manifests.values()
    first = next(iter(shards))
    if any(_question(shard) != _question(first) for shard in shards):
        raise SelectionError("these are not shards of one run: they were asked to run different scenarios")
    everything = select(())
    whole = {wanted.location for wanted in everything.scenarios} <= {
        each.location for part in (first.asked, first.unsupported) for each in part
    }
    folder = options.into or new_folder()
    folder.mkdir(parents=True, exist_ok=True)
    broken = gather(list(manifests), folder, move=False, beside=first.unsupported)
    if folder.parent == REPORTS:
        point_latest(folder)
    manifest = RunManifest(
        asked=first.asked,
        selected=tuple(wanted.location for wanted in first.asked),
        whole=whole,
        least=options.expect or (Expected.read().scenarios if whole else 1),
        shard=None,
        about_workers=tuple(finding for shard in shards for finding in shard.about_workers),
        kept=any(shard.kept for shard in shards),
        interrupted=any(shard.interrupted for shard in shards),
        seconds=max(shard.seconds for shard in shards),
        unsupported=first.unsupported,
        supported=first.supported,
    )
    mishaps = Mishaps([sentence for shard in shards for sentence in shard.mishaps])
    return Finish(folder, manifest, say, mishaps, [*broken, *_absent(shards)]).judge().code


def new_folder() -> Path:
    """A new folder for a run."""
    folder = REPORTS / new_run_id()
    folder.mkdir(parents=True)
    return folder


def say(line: str) -> None:
    """Tell the person."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _manifest(folder: Path) -> RunManifest:
    found = RunManifest.read(folder)
    if found is None:
        raise Unreadable(
            f"expected {MANIFEST} in {folder}, found no such file; is that the folder of a run of `make accept`?"
        )
    return found


def _question(shard: RunManifest) -> tuple[object, ...]:
    """What was asked of which deployment: the same of all shards of a run."""
    return shard.asked, shard.unsupported, shard.supported


def _absent(manifests: Iterable[RunManifest]) -> list[str]:
    """Shards that nobody handed in."""
    given = [Shard.parse(manifest.shard) for manifest in manifests if manifest.shard]
    counts = {shard.count for shard in given}
    if len(counts) > 1:
        return [f"the shards are parts of different divisions: {', '.join(map(str, given))}"]
    present = {shard.index for shard in given}
    return [
        f"shard {Shard(index, count)} is missing"
        for count in counts
        for index in range(1, count + 1)
        if index not in present
    ]


def _profile(settings: Mapping[str, str]) -> Draft:
    return read(Path(settings.get("profile", PROFILE)), settings)


def _jobs(asked: int | None, features: int, *, own_platforms: bool) -> int:
    """How many workers at once; a platform that is there already can serve one at a time."""
    if not own_platforms and (asked or 1) > 1:
        raise SelectionError(
            f"--jobs {asked} needs a platform for each worker, and this run is to use one that is there "
            "already: every feature begins with that platform asleep, so leave --jobs out"
        )
    return asked or (min(cores(), features) if own_platforms else 1)


def _failed_last(folder: Path) -> Callable[[SelectedScenario], bool]:
    """Whether a scenario did not pass in the run of that folder, by feature and name: lines may have moved since."""
    try:
        results, told = Results.read(folder) or Results(()), _manifest(folder)
    except Unreadable as error:
        raise SelectionError(f"--last-failed: {error}") from error
    passed = Counter((result.file, result.name) for result in results.scenarios if result.passed)
    names = {wanted.location: (wanted.file, wanted.name) for wanted in told.asked}
    # What was to run several times has passed if it did so each time.
    failed = {*(Counter(names[location] for location in told.selected) - passed)}
    if not failed:
        raise SelectionError(f"--last-failed: everything passed in {folder.resolve().name}; nothing to run")
    return lambda wanted: (wanted.file, wanted.name) in failed

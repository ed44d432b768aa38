"""The results of the bench as tables."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from acceptance.bench.cold_start import ColdStarts
from acceptance.bench.crowds import Crowds
from acceptance.bench.hmr import EditToFrame
from acceptance.bench.latency import Latency
from acceptance.bench.notice import TARGET_P95_S, Notices
from acceptance.bench.spread import Spread
from acceptance.bench.table import Table
from acceptance.bench.whole_run import TARGET_CPU_SHARE, WholeRun

FIGURES = ("count", "median", "p95", "least", "most")


def met(holds: bool) -> str:
    """How a target's outcome is told."""
    return "met" if holds else "NOT MET"


def targets(results: Iterable[object]) -> Table | None:
    """The targets that the results can be held against, each met or not; None if there is none among them."""
    rows: list[tuple[str, str, str, str]] = []
    for result in results:
        if isinstance(result, WholeRun):
            share = f"{result.cpu_share:.1%}", f"below {TARGET_CPU_SHARE:.0%}"
            rows.append(("the suite's own CPU, of a run", *share, met(result.met)))
        if isinstance(result, Notices):
            late = f"{result.together.p95:.3f} s", f"{TARGET_P95_S:g} s"
            rows.append(("noticed late, 95 of 100", *late, met(result.met)))
    return Table("Targets", ("what", "measured", "target", ""), tuple(rows)) if rows else None


@singledispatch
def tables_of(result: object) -> tuple[Table, ...]:
    """The tables of one part's result; TypeError for what is none."""
    raise TypeError(f"{type(result).__name__} is no result of the bench")


@tables_of.register
def _(result: WholeRun) -> tuple[Table, ...]:
    seen, platform = result.attention, result.platform
    waits = {
        "pauses between looks, and windows watched": seen.waits.get("pauses", 0.0),
        "requests, until they are answered": seen.waits.get("answers", 0.0),
        "commands in tasks": seen.waits.get("commands", 0.0),
        "browsers connecting": seen.waits.get("browsers", 0.0),
    }
    suite = {
        "suite: computing (main thread)": seen.cpu_s,
        "suite: start-up": result.start_up_s,
        "other: threads joined, sockets read": seen.other_s,
    }
    stamped = {
        "a session waking": platform.waking_s,
        "sessions live or ending, none waking": platform.serving_s,
        "none left, tasks going (idle time, stopping)": platform.winding_down_s,
        "asleep": platform.asleep_s,
    }

    def rows(spans: dict[str, float]) -> tuple[tuple[str, float, str], ...]:
        return tuple((name, span, f"{span / result.wall_s:.0%}") for name, span in spans.items())

    return (
        Table(
            f"A run of {result.scenarios} scenarios ({result.passed} passed), {result.wall_s:.1f} s",
            ("the suite's main thread", "s", "share"),
            rows({**waits, **suite}),
            (f"in steps {result.steps_s:.1f} s; between them, and to start and end, the rest",),
            digits=1,
        ),
        Table(
            "The same time by the platform's own stamps",
            ("the platform", "s", "share"),
            rows(stamped),
            (
                f"suite's own CPU, all threads: {seen.process_cpu_s:.1f} s, {result.cpu_share:.1%} of the run; "
                f"target below {TARGET_CPU_SHARE:.0%}: {met(result.met)}",
            ),
            digits=1,
        ),
    )


@tables_of.register
def _(result: Notices) -> tuple[Table, ...]:
    found = [
        Table(
            "From true to noticed, in seconds",
            ("waited for", *FIGURES),
            (*(_row(kind, of) for kind, of in result.kinds.items()), _row("all together", result.together)),
            (f"target 95 of 100 within {TARGET_P95_S:g} s: {met(result.met)}",),
            digits=3,
        )
    ]
    if result.waiter is not None:
        found.append(
            Table(
                "On the same deployment of a service, in seconds after it was complete",
                ("wait", *FIGURES),
                (
                    _row("the suite's", result.waiter.suite),
                    _row("boto3's services_stable", result.waiter.waiter),
                ),
                tuple(
                    f"took {change.took_s:.2f} s; noticed by the suite {change.suite_s:.3f} s later, "
                    f"by services_stable {change.waiter_s:.3f} s later"
                    for change in result.waiter.changes
                ),
                digits=3,
            )
        )
    return tuple(found)


@tables_of.register
def _(result: ColdStarts) -> tuple[Table, ...]:
    rows = [_row(stage, of) for stage, of in result.stages.items() if of.most > 0]
    stamps = [_row(f"stamp: {stage}", of) for stage, of in result.stamps.items()]
    return (
        Table(
            "Cold start, in seconds since the request",
            ("stage", *FIGURES),
            (*rows, *stamps),
            ("stages as the suite saw them; stamps are the platform's own",),
        ),
    )


@tables_of.register
def _(result: Crowds) -> tuple[Table, ...]:
    rows = tuple(
        (
            size.sessions,
            size.all_active_s,
            size.all_live_s,
            size.suite_cpu_per_session_s,
            size.deployment_cpu_s,
            size.awake.processes if size.awake else None,
            size.awake.pss_mb if size.awake else None,
            size.memory_per_session_mb,
        )
        for size in result.sizes
    )
    return (
        Table(
            "Sessions at once",
            (
                "sessions", "all active s", "all live s", "suite CPU s each", "platform CPU s", "processes",
                "memory MB", "MB more each",
            ),
            rows,
            (result.problem,) if result.problem else (),
            digits=1,
        ),
    )  # fmt: skip


@tables_of.register
def _(result: Latency) -> tuple[Table, ...]:
    rows = [_row("through the load balancer", result.through)]
    if result.straight:
        rows.append(_row("straight to the target", result.straight))
    rows.append(_row("as the suite asks", result.suite))
    note = (
        "the target cannot be reached from here, so nothing can be said about what the load balancer adds"
        if result.added_ms is None
        else f"the load balancer adds {result.added_ms:.2f} ms (median), {result.added_p95_ms:.2f} ms (p95)"
    )
    return (Table("One request, in milliseconds", ("way", *FIGURES), tuple(rows), (note,)),)


@tables_of.register
def _(result: EditToFrame) -> tuple[Table, ...]:
    return (
        Table(
            "From a saved file to the browser's message, in milliseconds",
            ("file", *FIGURES),
            tuple(_row(path, of) for path, of in result.files.items()),
            (f"saved by {result.saved_by}",),
            digits=1,
        ),
    )


def _row(name: str, of: Spread) -> tuple[str | float, ...]:
    return (name, of.count, of.median, of.p95, of.least, of.most)

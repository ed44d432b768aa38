"""The gate's command line."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from behave.configuration import setup_parser

from acceptance.gate.partition import Shard

EXIT_CODES = """\
exit codes:
  0    accepted; or, of a part of the scenarios, all passed
  1    not accepted: a scenario failed or was skipped without a reason, a criterion is not proven, a
       cleanup failed, something was left behind in the platform
  2    could not be judged: nothing is selected, a step, tag, option or setting means nothing, the gate or
       a worker died, results are missing or incomplete, fewer scenarios ran than expected, the run left
       files or processes on its own machine
  130  interrupted

`make` exits with 2 whenever the gate does not exit with 0.
"""


@dataclass(frozen=True)
class Options:
    """What was asked for. `behave` are the arguments that go to behave."""

    jobs: int | None
    shard: Shard | None
    last_failed: bool
    keep: str
    expect: int | None
    behave: tuple[str, ...]
    list_only: bool = False
    max_failures: int | None = None
    repeat_each: int = 1
    debug: bool = False


@dataclass(frozen=True)
class MergeOptions:
    """The folders to merge, where to (None lets the gate choose), and how many scenarios must have run."""

    folders: tuple[Path, ...]
    into: Path | None
    expect: int | None


def parse(arguments: Sequence[str]) -> Options | MergeOptions:
    """The options; SystemExit with 2 for wrong ones, after saying so."""
    arguments = _spelt_out(arguments)
    if arguments and arguments[0] == "merge":
        return _merge(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="python -m acceptance run",
        usage="python -m acceptance run [options] "
        "[behave's: features, FILE:LINE, --tags=..., -n NAME, -D NAME=VALUE ...]\n"
        "       python -m acceptance merge FOLDER... [--into FOLDER]",
        description="Run the features, each feature file in a process with a platform of its own, and judge.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "-j", "--jobs", type=_positive, metavar="N",
        help="feature files at once; default: the number of cores, at most the number of feature files",
    )  # fmt: skip
    parser.add_argument(
        "--shard", type=_shard, metavar="I/N", help="run the I-th of N parts; `merge` gives the verdict"
    )
    parser.add_argument(
        "--last-failed", action="store_true", help="run what did not pass in reports/latest, and nothing else"
    )
    parser.add_argument(
        "--keep", choices=("never", "on-failure", "always"), default="never",
        help="leave each worker's platform running for a look, until Ctrl-C",
    )  # fmt: skip
    parser.add_argument(
        "--list", action="store_true", dest="list_only", help="tell which scenarios would run, and run none"
    )
    parser.add_argument(
        "--max-failures", type=_positive, metavar="N", help="end the run once N scenarios have failed"
    )
    parser.add_argument(
        "--repeat-each", type=_positive, metavar="N", default=1,
        help="run each scenario N times, each time on platforms of their own where a run starts them",
    )  # fmt: skip
    parser.add_argument(
        "--debug", action="store_true",
        help="one behave, on this terminal: breakpoint() works, and each scenario stops for a look; no verdict",
    )  # fmt: skip
    _add_expect(parser)
    known, rest = parser.parse_known_args(list(arguments))
    refused = _refused_by_behave(rest)
    if refused:
        parser.error(refused + _nearest(rest, parser))
    if known.debug and (known.jobs or known.shard or known.repeat_each > 1 or known.max_failures):
        parser.error(
            "--debug runs each scenario once, in one behave: leave the other options of the gate out"
        )
    return Options(
        known.jobs, known.shard, known.last_failed, known.keep, known.expect, tuple(rest), known.list_only,
        known.max_failures, known.repeat_each, known.debug,
    )  # fmt: skip


def words(text: str) -> list[str]:
    """A text parted at blanks as a shell does it, but for those in parentheses: `--tags=(@a and not @b)` is one word.

    Within quotes everything is taken as it is, and the quotes go; no other character means anything.
    """
    found, word, quote, depth = list[str](), "", "", 0
    begun = False
    for letter in text:
        if quote:
            quote, word = ("", word) if letter == quote else (quote, word + letter)
        elif letter in "'\"":
            quote, begun = letter, True
        elif letter.isspace() and depth == 0:
            found += [word] if begun else []
            word, begun = "", False
        else:
            depth = max(0, depth + (letter == "(") - (letter == ")"))
            word, begun = word + letter, True
    return [*found, word] if begun else found


def _spelt_out(arguments: Sequence[str]) -> list[str]:
    """The arguments, the text after `--words` as the words in it: how `make accept ARGS='...'` hands them on."""
    plain = list(arguments)
    if "--words" in plain[:-1]:
        at = plain.index("--words")
        plain[at : at + 2] = words(plain[at + 1])
    return plain


def _refused_by_behave(arguments: Sequence[str]) -> str | None:
    """Why behave does not take these arguments, in its parser's words; None when it does."""
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.suppress(SystemExit):
        setup_parser().parse_args(list(arguments))
        return None
    return said.getvalue().strip().rpartition("error: ")[2]


def _nearest(arguments: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """Which options were perhaps meant by those that there are not."""
    there = [
        name
        for each in (parser, setup_parser())
        for action in each._actions
        for name in action.option_strings
    ]
    given = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    near = [
        f"{name}: did you mean {found[0]}?"
        for name in given
        if name not in there and (found := difflib.get_close_matches(name, there, 1))
    ]
    return "".join(f"; {hint}" for hint in near)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _merge(arguments: Sequence[str]) -> MergeOptions:
    parser = argparse.ArgumentParser(
        prog="python -m acceptance merge",
        description="Merge the runs of all shards and give the one verdict.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a shard's reports/<run>")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="default: a new folder in reports/")
    _add_expect(parser)
    known = parser.parse_args(list(arguments))
    return MergeOptions(tuple(known.folders), known.into, known.expect)


def _add_expect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expect",
        type=_positive,
        metavar="N",
        help="how many scenarios must run, instead of acceptance/gate/expected.toml's",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1")
    return int(text)


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error

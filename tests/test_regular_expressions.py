"""No text makes a regular expression of the services slow: four times the text takes about four times as long."""

from __future__ import annotations

import ast
import importlib
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

import sandbox.services

SERVICES = Path(sandbox.services.__path__[0])
LENGTH = 2_000
# Of a text four times as long: 4 if time grows with the text, 16 if with its square.
MOST = 9.0
TOO_SHORT_TO_MEASURE_S = 0.001
PIECES = (
    "",
    " ",
    "a",
    "a ",
    "a.",
    "-",
    "<",
    "<a",
    "{",
    'a {b} "',
    '"',
    "“",
    "/",
    "@",
    "a@",
    ">",
    "\n",
    "re: ",
    "\0",
    "x-- ",
    "1",
    "a-\n",
)
ENDS = ("", '<"\0')


def uses(module: Path) -> Iterator[tuple[str, str]]:
    """The names of a module's compiled expressions, each with a method that is called on it."""
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(name), attr=method)) if name.isupper():
                yield name, method


def expressions() -> Iterator[tuple[str, re.Pattern[str], str]]:
    for file in sorted(SERVICES.rglob("*.py")):
        if file.name == "__main__.py":
            continue
        module = importlib.import_module(
            ".".join(file.relative_to(SERVICES.parent.parent).with_suffix("").parts)
        )
        for name, method in sorted(set(uses(file))):
            pattern = getattr(module, name, None)
            if isinstance(pattern, re.Pattern):
                yield f"{file.relative_to(SERVICES)}:{name}.{method}", pattern, method


EXPRESSIONS = {name: (pattern, method) for name, pattern, method in expressions()}
"""All that the services compile, by module, name and method."""


def beginnings(pattern: re.Pattern[str]) -> set[str]:
    """What leads into the expression: its plain words, up to any point."""
    words = re.sub(r"\(\?[:=!]|\[[^\]]*\]|\\.|[()?*+|{}^$]", "\0", pattern.pattern).split("\0")
    whole = ["".join(words[: count + 1]) for count in range(len(words))]
    return {"", *whole, *(word for word in words if len(word) > 3), *(f"{begun}“" for begun in whole)}


def slowest(pattern: re.Pattern[str], method: str) -> tuple[float, str]:
    """The worst growth of the time as texts grow to four times their length, and the text's form."""
    worst = (0.0, "")
    begun = beginnings(pattern)
    forms = [*product(begun, PIECES, ENDS), *product([""], [f"{words} " for words in begun], ENDS)]
    for start, piece, end in forms:
        long = measured(pattern, method, start + piece * 4 * LENGTH + end)
        if long > TOO_SHORT_TO_MEASURE_S:
            short = measured(pattern, method, start + piece * LENGTH + end)
            worst = max(worst, (long / max(short, 1e-9), f"{start}{piece!r}...{end!r}"))
    return worst


def measured(pattern: re.Pattern[str], method: str, text: str) -> float:
    """Seconds of one call, the least of three; a text that takes very long is not tried again."""
    arguments = ("", text) if method in {"sub", "subn"} else (text,)
    times: list[float] = []
    with limit():
        while len(times) < 3 and (not times or TOO_SHORT_TO_MEASURE_S < times[-1] < 0.5):
            begun = time.process_time()
            getattr(pattern, method)(*arguments)
            times.append(time.process_time() - begun)
    return min(times)


@contextmanager
def limit() -> Iterator[None]:
    """No text takes 5 s."""

    def over(*_: object) -> None:
        raise TimeoutError("one text takes longer than 5 s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_its_time_grows_with_the_text_and_no_faster(name: str) -> None:
    growth, text = slowest(*EXPRESSIONS[name])
    assert growth < MOST, text


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\s*(?:[^{}<>]+\{[^{}<>]*\}\s*)+", "fullmatch"),
        (r"\s*,?\s+(?:and\s+then|then|and)\s+(?=add|create)", "split"),
        (r"<h1\b[^>]*>", "search"),
        (r"(?:\w+\s?)+@", "match"),
    ],
)
def test_an_expression_whose_time_grows_faster_is_found(pattern: str, method: str) -> None:
    try:
        growth, _ = slowest(re.compile(pattern, re.IGNORECASE), method)
    except TimeoutError:
        return
    assert growth > MOST

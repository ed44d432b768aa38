"""The page: one file that needs nothing else, made of a run's messages and results by npm `@cucumber/html-formatter`.

The npm package is installed once, outside the checkout; its template is filled here, so that making a report needs no
Node. A content security policy in the page forbids every request beyond the file.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.configuration import Configuration
from behave.exception import ConfigError
from behave.formatter.base import StreamOpener

from acceptance.npm_packages import PackagesError, installed
from acceptance.report.head.header import SCRIPT, STYLE, ReportInputs, head, title
from acceptance.report.history import history_of, read, read_figures, remember, so_far
from acceptance.report.messages import Messages
from acceptance.report.stream import read_messages
from acceptance.report.verdict import Outline, verdict_of
from acceptance.results.atomic_write import write_whole
from acceptance.results.json_file import Unreadable
from acceptance.results.manifest import verdict_in
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import MESSAGES, PAGE, PICTURES
from acceptance.results.run_results import Results
from acceptance.results.scenario_trace import read_traces

PACKAGE = Path(__file__).resolve().parent
"""Holds package.json, package-lock.json and .npmrc: what is installed to make the page."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; font-src data:"
)
_ANY_WORD = "null!==t.threshold?t.threshold:1;"
_ALL_WORDS = "null!==t.threshold?t.threshold:0;"
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


class ReportError(RuntimeError):
    """A page cannot be made; the text says what was expected, what was found and where to look."""


@dataclass(frozen=True)
class Page:
    """The installed page: its template, with {{placeholders}}, and what goes into it."""

    template: str
    script: str
    css: str
    icon: str


def installed_page(say: Callable[[str], None], *, package: Path = PACKAGE) -> Page:
    """The page of the npm package, installed first if it is not there yet; ReportError when it cannot be had.

    Args:
        say: told when something is installed.
        package: the folder whose lock file pins it.
    """
    try:
        folder = installed(package, say) / "@cucumber" / "html-formatter" / "dist"
        template, icon = (
            (folder / "src" / name).read_text(encoding="utf-8") for name in ("index.mustache", "icon.url")
        )
        script, css = ((folder / name).read_text(encoding="utf-8") for name in ("main.js", "main.css"))
    except (PackagesError, OSError) as error:
        raise ReportError(
            f"expected the report's page from npm, found {type(error).__name__}: {error}"
        ) from error
    return Page(template, _narrow_search(script), css, icon)


def _narrow_search(script: str) -> str:
    """The page's script with a search that finds what holds all words instead of any: any finds whole features.

    It has no setting for that. The lock file pins the script, so its text can be relied on; ReportError if it changed.
    """
    if script.count(_ANY_WORD) != 1:
        raise ReportError(
            f"expected {_ANY_WORD!r} once in main.js of @cucumber/html-formatter, found {script.count(_ANY_WORD)}; "
            "look how its search (Orama) chooses the threshold now"
        )
    return script.replace(_ANY_WORD, _ALL_WORDS)


def write_report(page: Page, messages: Path, target: Path, *, folder: Path) -> None:
    """Write `target` from a run's messages and whatever else the run's folder holds; Unreadable if that is broken.

    The pictures are drawn anew of the results and of the history beside the folder, which should know this run already.
    """
    # The plotting library takes a second to load, and most processes of the suite draw nothing.
    from acceptance.report.pictures import draw

    outline = Outline()
    results, facts = Results.read(folder) or Results(()), RunFacts.read(folder)
    run = folder.resolve().name
    history = so_far(read(history_of(folder)), run, facts.deployment)
    lines = []
    for message in read_messages(messages):
        outline.see(message)
        lines.append(script_json(message))
    judged = verdict_in(folder)
    if judged is not None:
        # The facts are those of one of the runs that the gate has made one of.
        facts = dataclasses.replace(facts, facts={**facts.facts, "Run": run})
    told = ReportInputs(
        results,
        outline,
        judged or verdict_of(results, outline),
        facts,
        draw(folder / PICTURES, results, history),
        history,
        run,
        so_far(read_figures(history_of(folder)), run, facts.deployment),
        tuple(read_traces(folder)),
    )
    values = {
        "title": title(told),
        "icon": page.icon.strip(),
        "css": page.css,
        "custom_css": STYLE,
        "messages": ",\n".join(lines),
        "script": page.script,
        "custom_script": SCRIPT,
    }
    parts = _filled(page.template, values)
    whole = "".join(parts)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    whole = whole.replace("<head>", f"<head>\n\t{policy}", 1)
    start, found, rest = whole.partition("<body>")
    if not found:
        raise ReportError("expected <body> in the template of @cucumber/html-formatter, found none")
    write_whole(target, f"{start}{found}\n{head(told)}{rest}")


def script_json(message: Mapping[str, Any]) -> str:
    """A message as JSON that can stand in a <script>: no `/` and no `<` of the run's text can end it."""
    return json.dumps(message, separators=(",", ":")).replace("/", "\\/").replace("<", "\\u003c")


def report_of(folder: Path, say: Callable[[str], None]) -> Path:
    """Make the report of a run's folder once more; ReportError or Unreadable when it cannot be made."""
    target = folder / PAGE
    write_report(installed_page(say), folder / MESSAGES, target, folder=folder)
    return target


class HtmlReport(Messages):
    """behave formatter `acceptance.report.html:HtmlReport`, with `-o FOLDER/NAME.html`.

    Writes `FOLDER/messages.ndjson` live and the page when the run is over; the head takes `results.json` and
    `run.json` of the same folder. Raises ConfigError before anything runs when the page cannot be had.

    `remembered` says that the run enters itself into the history beside its folder first.
    """

    name = "html"
    description = "One self-contained HTML page, and its Cucumber Messages"

    def __init__(
        self, stream_opener: StreamOpener, config: Configuration, *, remembered: bool = False
    ) -> None:
        if not stream_opener.name:
            raise ConfigError("expected a file for the report, found none; add -o reports/report.html")
        self._target, self._remembered = Path(stream_opener.name), remembered
        try:
            self._page = installed_page(_say)
        except ReportError as error:
            raise ConfigError(str(error)) from error
        super().__init__(StreamOpener(filename=str(self._target.with_name(MESSAGES))), config)

    def close(self) -> None:
        """The run has ended: the last message, then the page. One that cannot be made is said, no more."""
        super().close()
        folder = self._target.parent
        try:
            if self._remembered:
                remember(folder)
            write_report(self._page, folder / MESSAGES, self._target, folder=folder)
        except (ReportError, Unreadable, OSError) as error:
            _say(f"No report: {type(error).__name__}: {error}")
        else:
            _say(f"Report: {self._target}")


def _filled(template: str, values: Mapping[str, str]) -> Iterator[str]:
    """The template with every placeholder filled once; text that looks like a placeholder in a value stays as it is."""
    for number, part in enumerate(_PLACEHOLDER.split(template)):
        if number % 2 and part not in values:
            raise ReportError(
                f"expected to know every placeholder of the page's template, found {{{{{part}}}}}"
            )
        yield values[part] if number % 2 else part


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

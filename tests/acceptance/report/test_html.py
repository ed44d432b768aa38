"""The page: one file, nothing fetched, the head right, whatever the run's text holds."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from acceptance.report.header import ReportInputs, head
from acceptance.report.history import Entry
from acceptance.report.html import Page, ReportError, installed_page, report_of, script_json, write_report
from acceptance.report.stream import read_messages
from acceptance.report.verdict import Outline, verdict_of
from acceptance.results.criteria import ALL
from acceptance.results.json_file import Unreadable
from acceptance.results.ledger import Ledger
from acceptance.results.manifest import verdict_in
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results, ScenarioResult, SessionTrace
from acceptance.results.verdict import Code, Finding, Verdict
from tests.acceptance.report.report_stand import SECRET, Run, WrittenPage, make_project, run_behave

_FINISHED = Outline(started=0.0, finished=62.0, success=True)


def _result(name: str, status: str, *tags: str, message: str | None = None) -> ScenarioResult:
    failed = "Then it is so" if status == "failed" else None
    return ScenarioResult("F", name, "features/f.feature:3", tags, status, 1.25, failed, "then", message)


def _all_met() -> Results:
    scenarios = tuple(_result(f"proves {criterion.figure}", "passed", criterion.tag) for criterion in ALL)
    return Results(scenarios, figures={criterion.figure: [(3.0, 60.0)] for criterion in ALL}, ended=True)


def _head(results: Results, history: Sequence[Entry] = ()) -> str:
    """The head of a run that no gate has judged."""
    return head(ReportInputs(results, _FINISHED, verdict_of(results, _FINISHED), history=history))


@pytest.fixture(scope="module")
def page() -> Page:
    return installed_page(lambda _: None)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with the HTML formatter, its folder `out` prepared as the suite prepares a run's folder."""
    project = make_project(tmp_path_factory.mktemp("project"))
    out = project / "out"
    RunFacts({"Deployment": "sandbox <b>", "Idle time": "3 s"}).write(out)
    ledger = Ledger(out / "results.json")
    ledger.sessions["s"] = SessionTrace("s", "c", "Live in time", 1.0, {"first 200": 2.5})
    ledger.measure("cold_start", 9.7, 60)
    ledger.add(_result("Live in time", "passed", "criterion.cold_start"))
    ledger.add(_result("Not live", "failed", "criterion.scaling", message=f"saw </script> password={SECRET}"))
    ledger.left_behind.append("session <s-1> is active")
    ledger.cleanup_errors.append("after it: NotInTime: still there")
    ledger.end(aborted=False)
    return run_behave(
        project,
        "-f",
        "acceptance.report.html:HtmlReport",
        "-o",
        "out/report.html",
        messages="out/messages.ndjson",
    )


@pytest.fixture(scope="module")
def report(run: Run) -> str:
    return (run.folder / "out" / "report.html").read_text(encoding="utf-8")


def test_the_page_holds_the_very_messages_of_the_run(run: Run, report: str) -> None:
    assert run.of("testRunFinished")
    assert WrittenPage(report).messages() == run.messages


def test_the_page_needs_nothing_but_itself(report: str) -> None:
    parsed = WrittenPage(report)
    assert parsed.fetched
    assert [target for target in parsed.fetched if not target.startswith("data:")] == []
    assert parsed.policy.startswith("default-src 'none';")
    assert "http" not in parsed.policy
    style = "".join(re.findall(r"<style>(.*?)</style>", report, re.DOTALL))
    assert style
    assert re.findall(r"@import|url\(\s*[\"']?(?!data:)", style) == []


def test_every_placeholder_is_filled_and_every_script_is_whole(report: str, page: Page) -> None:
    scripts = WrittenPage(report).scripts
    assert len(scripts) == 3
    assert scripts[1].strip() == page.script.strip()
    assert "</script" not in scripts[0]
    assert report.count("</script>") == 3
    assert re.findall(r"\{\{(?:title|icon|css|custom_css|messages|script|custom_script)\}\}", report) == []


def test_text_that_looks_like_a_placeholder_stays(tmp_path: Path) -> None:
    small = Page("<head><body>{{messages}}|{{script}}", "S", "", "")
    (tmp_path / "m.ndjson").write_text('{"meta":{"x":"{{script}}"}}\n', encoding="utf-8")
    target = tmp_path / "r.html"
    write_report(small, tmp_path / "m.ndjson", target, folder=tmp_path)
    assert target.read_text(encoding="utf-8").endswith('{"meta":{"x":"{{script}}"}}|S')


def test_a_template_with_unknown_placeholders_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.ndjson").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match=r"\{\{news\}\}"):
        write_report(
            Page("<body>{{news}}", "", "", ""), tmp_path / "m.ndjson", tmp_path / "r.html", folder=tmp_path
        )


def test_no_text_of_a_run_can_end_the_script() -> None:
    message = {"meta": {"a": "</script><!-- <script> \\/ \u2028"}}
    written = script_json(message)
    assert "<" not in written
    assert re.findall(r"(?<!\\)/", written) == []
    assert "\u2028" not in written
    assert json.loads(written) == message


def test_the_head_stands_before_the_features(report: str) -> None:
    assert report.index('<header class="acceptance">') < report.index('<div id="content">')
    shown = report[: report.index('<div id="content">')]
    assert re.search(r'<dt><abbr title="[^"]+">Deployment</abbr></dt><dd>sandbox &lt;b&gt;</dd>', shown)
    assert '<span class="verdict not-accepted">Not accepted</span>' in shown
    assert "Failed: Not live (features/f.feature:3)." in shown
    assert "longest 9.7 s of 60 s" in shown
    assert 'alt="Cold start: waking up, stage by stage. 1 session, each from' in shown
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "<li>Left behind: session &lt;s-1&gt; is active</li>" in shown
    assert "<li>A cleanup failed<pre>after it: NotInTime: still there</pre></li>" in shown
    assert "<title>Not accepted - sandbox &lt;b&gt; - acceptance report</title>" in shown


def test_secrets_are_masked_in_the_whole_page(report: str) -> None:
    assert SECRET not in report
    assert "saw &lt;/script&gt; password=***" in report


def test_each_criterion_is_met_not_met_or_not_run(run: Run) -> None:
    results = Results.read(run.folder / "out")
    assert results is not None
    shown = _head(results)
    states = re.findall(r'<th scope="row">(.*?)<small>(.*?)</small></th><td class="state">(.*?)</td>', shown)
    assert [unescape(f"{name}: {what}") for name, what, _ in states] == [one.promise for one in ALL]
    assert [state for _, _, state in states] == ["met", "not run", "not run", "not run", "not met", "not run"]
    assert "Then it is so" in shown


def test_the_scenarios_that_prove_a_criterion_are_named_and_those_that_do_not_first() -> None:
    results = Results(
        (
            _result("A", "passed", "criterion.routing"),
            _result("B", "failed", "criterion.routing"),
            _result("C", "passed"),
        )
    )
    (proofs,) = re.findall(r"<td>(<ul>.*?</details>)</td>", _head(results))
    assert re.findall(r"<li class=\"(\w+)\">(\w)", proofs) == [("failed", "B"), ("passed", "A")]
    assert "<summary>1 of 2 scenarios passed</summary><p>F</p>" in proofs


def test_what_could_not_be_observed_is_told_apart_from_what_failed() -> None:
    unseen = dataclasses.replace(_result("unseen", "not observed", "criterion.routing"), message="throttled")
    results = dataclasses.replace(_all_met(), scenarios=(*_all_met().scenarios, unseen))
    shown = _head(results)
    assert '<span class="verdict could-not-be-judged">Could not be judged</span>' in shown
    assert "Not observed: unseen (features/f.feature:3): throttled.</p>" in shown
    assert "<h2>What could not be observed</h2>" in shown
    assert "<h2>What failed</h2>" not in shown
    assert '<tr class="not-proven"><th scope="row">Routing' in shown
    lost = dataclasses.replace(results, lost=("the load balancer ended",), ended=False)
    assert '<p class="reason">The load balancer ended. Not observed: unseen' in _head(lost)


def test_a_flaky_scenario_of_the_run_is_named() -> None:
    seen = [
        Entry(run, "0a1b", False, 1.0, "F", None, name, "f:1", status, 1.0)
        for run, name, status in (
            ("1", "x", "passed"),
            ("2", "x", "failed"),
            ("1", "gone", "passed"),
            ("2", "gone", "error"),
        )
    ]
    results = Results((_result("x", "passed"), _result("y", "passed")))
    shown = _head(results, seen)
    assert re.findall(r'(?s)<ul class="flaky">.*?</ul>', shown)[0].count("<li>") == 1
    assert "<h2>Flaky</h2>" not in _head(results, seen[:1])


@pytest.mark.parametrize(
    ("results", "outline", "word"),
    [
        (_all_met(), _FINISHED, "ACCEPTED"),
        (_all_met(), Outline(started=0.0), "INTERRUPTED"),
        (
            _all_met(),
            Outline(started=0.0, finished=1.0, success=False, message="a hook failed"),
            "NOT ACCEPTED",
        ),
        (replace(_all_met(), scenarios=_all_met().scenarios[:4]), _FINISHED, "passed"),
        (replace(_all_met(), ended=False), _FINISHED, "INTERRUPTED"),
        (replace(_all_met(), left_behind=("a task",)), _FINISHED, "NOT ACCEPTED"),
        (replace(_all_met(), cleanup_errors=("it broke",)), _FINISHED, "NOT ACCEPTED"),
        (replace(_all_met(), not_observed=("it",)), replace(_FINISHED, success=False), "COULD NOT BE JUDGED"),
        (replace(_all_met(), lost=("it",), ended=False), Outline(success=False), "COULD NOT BE JUDGED"),
        (replace(_all_met(), scenarios=(_result("x", "error"),)), _FINISHED, "NOT ACCEPTED"),
        (Results((), ended=True), _FINISHED, "COULD NOT BE JUDGED"),
        (Results(()), _FINISHED, "INTERRUPTED"),
    ],
)
def test_a_run_that_no_gate_has_judged_is_accepted_only_when_everything_is_shown(
    results: Results, outline: Outline, word: str
) -> None:
    assert verdict_of(results, outline).word == word


_FAILED = Finding(Code.NOT_ACCEPTED, "failed", "x.", "x", "features/f.feature", 3)
_DIED = Finding(Code.NOT_JUDGED, "worker 1 died")


@pytest.mark.parametrize(
    ("verdict", "word", "reason"),
    [
        (Verdict(Code.ACCEPTED, "ACCEPTED", 5, ()), "Accepted", "All 5 success criteria are met."),
        (
            Verdict(Code.ACCEPTED, "passed", 1, ()),
            "Passed",
            "What ran has passed; it proves 1 of 5 success criteria.",
        ),
        (
            Verdict(Code.NOT_ACCEPTED, "NOT ACCEPTED", 4, (_FAILED, _DIED)),
            "Not accepted",
            "Failed: x. Worker 1 died.",
        ),
        (
            Verdict(Code.NOT_JUDGED, "COULD NOT BE JUDGED", 5, (_DIED,)),
            "Could not be judged",
            "Worker 1 died.",
        ),
    ],
)
def test_where_the_gate_has_judged_its_verdict_stands(
    tmp_path: Path, verdict: Verdict, word: str, reason: str
) -> None:
    written = json.dumps({"verdict": dataclasses.asdict(verdict), "whole": True})
    (tmp_path / "gate.json").write_text(written, encoding="utf-8")
    found = verdict_in(tmp_path)
    assert found == verdict
    shown = head(ReportInputs(_all_met(), Outline(), found))
    assert f'>{word}</span></h1>\n<p class="reason">{reason}</p>' in shown


def test_a_verdict_that_cannot_be_read_names_the_file_and_the_field(tmp_path: Path) -> None:
    assert verdict_in(tmp_path) is None
    (tmp_path / "gate.json").write_text('{"verdict": {"code": 7}}', encoding="utf-8")
    said = r"gate\.json cannot be read: Invalid enum value 7 - at `\$\.verdict\.code`"
    with pytest.raises(Unreadable, match=said):
        verdict_in(tmp_path)


def test_a_run_that_the_gate_has_made_of_several_has_the_name_of_its_folder(run: Run, tmp_path: Path) -> None:
    RunFacts({"Run": "one-of-them"}).write(tmp_path)
    text = (run.folder / "out" / "messages.ndjson").read_text(encoding="utf-8")
    (tmp_path / "messages.ndjson").write_text(text, encoding="utf-8")
    assert "<dt>Run</dt><dd>one-of-them</dd>" in report_of(tmp_path, print).read_text(encoding="utf-8")
    verdict = dataclasses.asdict(Verdict(Code.ACCEPTED, "ACCEPTED", 5, ()))
    (tmp_path / "gate.json").write_text(json.dumps({"verdict": verdict}), encoding="utf-8")
    assert f"<dt>Run</dt><dd>{tmp_path.name}</dd>" in report_of(tmp_path, print).read_text(encoding="utf-8")


def test_a_killed_run_has_a_report_that_says_so(run: Run, tmp_path: Path) -> None:
    text = (run.folder / "out" / "messages.ndjson").read_text(encoding="utf-8")
    (tmp_path / "messages.ndjson").write_text(text[: len(text) // 2], encoding="utf-8")
    report = report_of(tmp_path, lambda _: None).read_text(encoding="utf-8")
    assert '<span class="verdict interrupted">Interrupted</span>' in report
    assert 0 < len(WrittenPage(report).messages()) < len(run.messages)


def test_a_broken_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    stream = tmp_path / "messages.ndjson"
    stream.write_text('{"meta":{}}\n{"pick\n{"meta":{}}\n', encoding="utf-8")
    with pytest.raises(Unreadable, match="line 2"):
        list(read_messages(stream))
    with pytest.raises(Unreadable, match="no such file"):
        list(read_messages(tmp_path / "missing"))


@pytest.mark.parametrize("name", ["results.json", "run.json", "gate.json"])
def test_a_report_of_a_file_that_cannot_be_read_names_it(run: Run, tmp_path: Path, name: str) -> None:
    text = (run.folder / "out" / "messages.ndjson").read_text(encoding="utf-8")
    (tmp_path / "messages.ndjson").write_text(text, encoding="utf-8")
    (tmp_path / name).write_text("[]", encoding="utf-8")
    with pytest.raises(Unreadable, match=f"{tmp_path / name} cannot be read: Expected `object`, got `array`"):
        report_of(tmp_path, print)


def test_facts_come_back_as_they_were_written(tmp_path: Path) -> None:
    facts = RunFacts({"Deployment": "aws", "Run": "7"}, commit="abc", changed=True)
    facts.write(tmp_path)
    assert RunFacts.read(tmp_path) == facts
    assert list(RunFacts.read(tmp_path).facts) == ["Deployment", "Run"]
    assert RunFacts.read(tmp_path / "none") == RunFacts()


def test_the_words_of_the_glossary_are_in_the_page(report: str) -> None:
    assert '<dt><abbr title="how long a session may be without activity before it expires; ' in report
    assert (
        "<tr><th>pace, timing</th><td>whether the sandbox starts things as fast as the machine can" in report
    )

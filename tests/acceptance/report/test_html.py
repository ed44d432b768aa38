"""The page: one file, nothing fetched, the head right, whatever the run's text holds."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from acceptance.report.html import Page, ReportError, installed_page, report_of, script_json, write_report
from acceptance.report.stream import read_messages
from acceptance.results.json_file import Unreadable
from acceptance.results.ledger import Ledger
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import ScenarioResult, SessionTrace
from acceptance.results.verdict import Code, Verdict
from tests.acceptance.report.shop import SECRET, Shop, ShopRun
from tests.acceptance.report.written_page import WrittenPage


@pytest.fixture(scope="module")
def page() -> Page:
    return installed_page(lambda _: None)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShopRun:
    """A run with the HTML formatter, its folder `out` prepared as the suite prepares a run's folder."""
    shop = Shop.of(tmp_path_factory.mktemp("html") / "shop")
    out = shop.folder / "out"
    RunFacts({"Deployment": "sandbox <b>", "Idle time": "3 s"}).write(out)
    ledger = Ledger(out / "results.json")
    ledger.sessions["s"] = SessionTrace("s", "c", "Live in time", 1.0, {"first 200": 2.5})
    ledger.measure("cold_start", 9.7, 60)
    live = ScenarioResult("F", "Live in time", "f.feature:3", ("criterion.cold_start",), "passed", 1.25)
    ledger.add(live)
    seen = f"saw </script> password={SECRET}"
    broken = replace(live, name="Not live", tags=("criterion.scaling",), status="failed", message=seen)
    ledger.add(broken)
    ledger.left_behind.append("session <s-1> is active")
    ledger.cleanup_errors.append("after it: NotInTime: still there")
    ledger.end(aborted=False)
    return shop.run(
        "-f",
        "acceptance.report.html:HtmlReport",
        "-o",
        "out/report.html",
        messages="out/messages.ndjson",
    )


@pytest.fixture(scope="module")
def report(run: ShopRun) -> str:
    return (run.folder / "out" / "report.html").read_text(encoding="utf-8")


def test_the_page_holds_the_very_messages_of_the_run(run: ShopRun, report: str) -> None:
    assert run.of("testRunFinished")
    assert WrittenPage(report).messages() == run.messages


def test_the_page_needs_nothing_but_itself(report: str) -> None:
    parsed = WrittenPage(report)
    assert parsed.fetched
    assert [target for target in parsed.fetched if not target.startswith(("data:", "#"))] == []
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
    assert re.search(r"<dt>.*<summary>Deployment</summary>.+</dt><dd>sandbox &lt;b&gt;</dd>", shown)
    assert '<span class="verdict not-accepted">Not accepted' in shown
    assert '<span class="place">on sandbox &lt;b&gt;</span>' in shown
    assert "Failed: Not live (f.feature:3)." in shown
    assert "longest 9.7 s of 60 s" in shown
    assert 'alt="Cold start: waking up, stage by stage. 1 session, each from' in shown
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "<li>Left behind: session &lt;s-1&gt; is active</li>" in shown
    assert '<li>A cleanup failed<pre tabindex="0">after it: NotInTime: still there</pre></li>' in shown
    assert "<title>Not accepted on sandbox &lt;b&gt; - acceptance report</title>" in shown


def test_secrets_are_masked_in_the_whole_page(report: str) -> None:
    assert SECRET not in report
    assert "saw &lt;/script&gt; password=***" in report


def test_a_run_that_the_gate_has_made_of_several_has_the_name_of_its_folder(
    run: ShopRun, tmp_path: Path
) -> None:
    RunFacts({"Run": "one-of-them"}).write(tmp_path)
    text = (run.folder / "out" / "messages.ndjson").read_text(encoding="utf-8")
    (tmp_path / "messages.ndjson").write_text(text, encoding="utf-8")
    assert "<dt>Run</dt><dd>one-of-them</dd>" in report_of(tmp_path, print).read_text(encoding="utf-8")
    verdict = dataclasses.asdict(Verdict(Code.ACCEPTED, "ACCEPTED", 5, ()))
    (tmp_path / "gate.json").write_text(json.dumps({"verdict": verdict}), encoding="utf-8")
    assert f"<dt>Run</dt><dd>{tmp_path.name}</dd>" in report_of(tmp_path, print).read_text(encoding="utf-8")


def test_a_killed_run_has_a_report_that_says_so(run: ShopRun, tmp_path: Path) -> None:
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
def test_a_report_of_a_file_that_cannot_be_read_names_it(run: ShopRun, tmp_path: Path, name: str) -> None:
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
    assert (
        "<summary>Idle time</summary>how long a session may be without activity before it expires; " in report
    )
    assert (
        '<tr><th scope="row">pace, timing</th><td>whether the sandbox starts things as fast as the machine'
        in report
    )

"""Runs that write a report: told where to, without a page to be had, with what is known of their build."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.report.html import ReportError, installed_page
from acceptance.report.meta import meta, revision
from tests.acceptance.report.shop import Shop
from tests.acceptance.report.written_page import WrittenPage


def test_a_run_can_be_told_from_its_first_hook_where_to_write(shop: Shop) -> None:
    hook = (
        "\n\ndef before_all(context):\n"
        "    from pathlib import Path\n"
        "    from acceptance.results.run_folder import Report, RunFolder\n"
        "    from acceptance.report.install import begin_report\n"
        "    folder = Path('runs/7')\n"
        "    output = RunFolder(folder, Report.PAGE, own=False)\n"
        "    facts = {'Deployment': 'here', 'Queue': 'https://sqs/210987654321/q'}\n"
        "    begin_report(context.runner, output, facts, print)\n"
    )
    shop.add_to_hooks(hook)
    run = shop.run(
        "-f",
        "progress",
        "--name=It breaks",
        "features/shop.feature",
        messages="runs/7/messages.ndjson",
    )
    assert run.case_of("It breaks").statuses()["something breaks"] == "FAILED"
    assert run.of("testRunFinished")[0]["success"] is False
    report = (shop.folder / "runs" / "7" / "report.html").read_text(encoding="utf-8")
    assert (
        ">Deployment</summary>a platform to be judged: the sandbox on this machine, or one on AWS"
        "</details></dt><dd>here</dd>" in report
    )
    assert "<dt>Queue</dt><dd>https://sqs/***/q</dd>" in report
    assert "<dt>Revision</dt>" in report
    assert WrittenPage(report).messages() == run.messages


def test_the_formatter_wants_a_file_before_anything_runs(shop: Shop) -> None:
    run = shop.run("-f", "acceptance.report.html:HtmlReport")
    assert run.code == 1
    assert "ConfigError: expected a file for the report, found none; add -o" in run.printed
    assert not (shop.folder / "told.json").exists()


def test_a_page_that_cannot_be_installed_is_told_with_its_cause(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"(?s)expected the report's page from npm, found .*package.json"):
        installed_page(lambda _: None, package=tmp_path)


def test_a_run_whose_page_cannot_be_had_goes_on_with_messages_only(shop: Shop) -> None:
    hook = (
        "\n\ndef before_all(context):\n"
        "    from pathlib import Path\n"
        "    from acceptance.results.run_folder import Report, RunFolder\n"
        "    from acceptance.report import html, install as wiring\n"
        "    def refuse(say):\n"
        "        raise html.ReportError('no network')\n"
        "    html.installed_page = refuse\n"
        "    output = RunFolder(Path('runs/8'), Report.PAGE, own=False)\n"
        "    wiring.begin_report(context.runner, output, {}, lambda line: Path('said.txt').write_text(line))\n"
    )
    shop.add_to_hooks(hook)
    run = shop.run(
        "-f",
        "progress",
        "--name=Attachments",
        "features/shop.feature",
        messages="runs/8/messages.ndjson",
    )
    assert run.code == 0, run.printed
    assert run.of("testRunFinished")[0]["success"] is True
    said = (shop.folder / "said.txt").read_text(encoding="utf-8")
    assert said.startswith(
        "No page this time, messages only; `python -m acceptance report runs/8` makes it later: no network"
    )
    assert not (shop.folder / "runs" / "8" / "report.html").exists()


def test_meta_names_the_build_on_github_only() -> None:
    assert "ci" not in meta({})
    told = meta(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "5",
            "GITHUB_SHA": "abc",
        }
    )
    assert told["ci"]["url"] == "https://github.com/o/r/actions/runs/5"
    assert told["ci"]["git"]["revision"] == "abc"


def test_a_folder_outside_any_repository_has_no_revision(tmp_path: Path) -> None:
    assert revision(tmp_path) == ("", False)

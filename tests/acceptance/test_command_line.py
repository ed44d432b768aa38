"""`python -m acceptance`: which commands there are, and that each is handed what was given."""

from __future__ import annotations

import pytest

from acceptance.__main__ import COMMANDS, main


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()[2:]] == list(COMMANDS)


@pytest.mark.parametrize("given", [[], ["gate"]])
def test_what_is_no_command_is_a_wrong_use(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    assert "usage: python -m acceptance COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_tells_its_own_use(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"python -m acceptance {command}" in capsys.readouterr().out

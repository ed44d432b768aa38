"""The gate judges from outside: it imports neither the platform nor the sentences of the features."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_drivers_boundaries import PROJECT, imported


@pytest.mark.parametrize("file", sorted(PROJECT.glob("gate/*.py")), ids=lambda file: file.name)
def test_the_gate_knows_neither_the_sandbox_nor_the_steps(file: Path) -> None:
    assert (
        imported(file.read_text(encoding="utf-8")) & {"sandbox", "faults", "moto", "steps", "environment"}
        == set()
    )

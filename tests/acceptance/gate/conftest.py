"""What the gate is tested on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.gate.small_project import MakeProject, SmallProject


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """Makes a project of features."""
    return lambda **features: SmallProject.of(tmp_path / "project", features)

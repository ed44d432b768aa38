"""What the report is tested on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from acceptance.npm_packages import installed
from acceptance.report.html import PACKAGE
from tests.acceptance.report.shop import Shop, ShopRun


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of the test's own."""
    return Shop.of(tmp_path / "shop")


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShopRun:
    """A run of the whole shop, to be looked at."""
    shop = Shop.of(tmp_path_factory.mktemp("run") / "shop")
    return shop.run("--tags=not @left_out", "--no-skipped")


@pytest.fixture(scope="package")
def validator() -> Draft202012Validator:
    """Holds messages against the published schema of Cucumber Messages."""
    modules = installed(PACKAGE, lambda _: None)
    schema = json.loads((modules / "@cucumber/messages/messages.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)

"""What Node remembers of the installed packages' imports: theirs only, and never instead of what is true."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from acceptance.npm_packages import node_binary
from sandbox.services import edit

_SCRIPTS = Path(edit.__file__).parent
_RUN = """
const [scripts, packages, entry] = process.argv.slice(1);
const { keepWhatWasLearned } = await import(`${scripts}/remembered.mjs`);
const { rememberResolved } = await import(`${scripts}/resolved_modules.mjs`);
rememberResolved(packages);
console.log(JSON.stringify((await import(entry)).default));
keepWhatWasLearned();
"""


class Packages:
    """An installed package `app` that imports the package `lib`, and a site that imports a file of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.installed = root / "node_modules"
        self.cache = root / "cache"
        self.write("node_modules/app/index.mjs", 'import lib from "lib"; export default lib;')
        self.write("node_modules/lib/package.json", json.dumps({"exports": {"import": "./old.mjs"}}))
        self.write("node_modules/lib/old.mjs", 'export default "old";')
        self.write("node_modules/lib/new.mjs", 'export default "new";')

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def lead_to_new(self) -> None:
        self.write("node_modules/lib/package.json", json.dumps({"exports": {"import": "./new.mjs"}}))

    def run(self, entry: str = "node_modules/app/index.mjs", *, cache: bool = True) -> object:
        command = [str(node_binary()), "--input-type=module", "-e", _RUN]
        told = subprocess.run(
            [*command, str(_SCRIPTS), str(self.installed), str(self.root / entry)],
            check=True,
            capture_output=True,
            text=True,
            env={"NODE_COMPILE_CACHE": str(self.cache)} if cache else {},
        )
        return json.loads(told.stdout)


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path)


def test_the_next_process_need_not_look_where_an_installed_package_is(packages: Packages) -> None:
    assert packages.run() == "old"
    packages.lead_to_new()
    assert packages.run() == "old"


def test_a_site_s_own_imports_are_looked_for_each_time(packages: Packages) -> None:
    site = packages.write("site/index.mjs", 'import lib from "lib"; export default lib;')
    assert packages.run(str(site)) == "old"
    packages.lead_to_new()
    assert packages.run(str(site)) == "new"


def test_what_require_finds_is_not_what_import_finds(packages: Packages) -> None:
    exports = {"import": "./old.mjs", "require": "./other.cjs"}
    packages.write("node_modules/lib/package.json", json.dumps({"exports": exports}))
    packages.write("node_modules/lib/other.cjs", 'module.exports = "required";')
    packages.write(
        "node_modules/app/index.cjs",
        'module.exports = import("lib").then(({ default: lib }) => [lib, require("lib")]);',
    )
    entry = packages.write(
        "node_modules/app/both.mjs", 'import both from "./index.cjs"; export default await both;'
    )
    for _ in range(2):
        assert packages.run(str(entry)) == ["old", "required"]


def test_without_a_place_for_it_nothing_is_remembered(packages: Packages) -> None:
    assert packages.run(cache=False) == "old"
    packages.lead_to_new()
    assert packages.run(cache=False) == "new"

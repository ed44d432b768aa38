"""What is remembered of Vite's work on Astro's own modules: the same for every site, and never older than it may be."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.host.toolchain import Toolchain, ensure
from sandbox.services import edit

_SCRIPTS = Path(edit.__file__).parent
# Serves the module `entry.js` of the package by a Vite of its own, tells what it exports and which files Vite rewrote;
# then changes the virtual module below it and tells again.
_RUN = """
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const [scripts, packages, home, told] = process.argv.slice(1);
const { base, define, plugin } = JSON.parse(told);
const { createServer } = await import(pathToFileURL(createRequire(packages + "/").resolve("vite")).href);
const { keepWhatWasLearned } = await import(`${scripts}/remembered.mjs`);
const { servedModules } = await import(`${scripts}/served_modules.mjs`);

let [word, rewritten] = ["first", []];
const server = await createServer({
  configFile: false, root: home, base, define, logLevel: "error", optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, ws: false, watch: null },
  resolve: { noExternal: true },
  plugins: [{
    name: plugin,
    resolveId: (id) => (id === "virtual:word" ? "\\0virtual:word" : undefined),
    load: (id) => (id === "\\0virtual:word" ? `export default "${word}"` : undefined),
    transform: (_code, id) => void rewritten.push(id.split("/").at(-1)),
  }],
});
const { ssr } = server.environments;
const fetchServed = servedModules(ssr, home);
const fetchModule = ssr.fetchModule.bind(ssr);
ssr.fetchModule = (id, importer, options) => {
  const file = id.replace(/^(?:file:\\/\\/|\\/@fs(?=\\/))/, "").replace(/^\\/(?=[a-z]+\\.js$)/, home);
  return file.startsWith(home) ? fetchServed(id, file, importer, options) : fetchModule(id, importer, options);
};

async function tell() {
  rewritten = [];
  const { says } = await ssr.runner.import(`${home}entry.js`);
  console.log(JSON.stringify({ says, rewritten }));
}
await tell();
keepWhatWasLearned();
word = "second";
ssr.moduleGraph.invalidateModule(ssr.moduleGraph.getModuleById("\\0virtual:word"));
await tell();
await server.close();
process.exit(0);
"""

FILES = {
    "entry.js": 'import word from "virtual:word"; import { where } from "./site.js"; '
    "export const says = [word, where];",
    "site.js": "export const where = import.meta.env.BASE_URL;",
}


@dataclass
class Told:
    """What a process told of `entry.js`: at first, and after the virtual module had changed."""

    says: list[str]
    rewritten: list[str]
    says_after: list[str]


@dataclass
class Package:
    """A package of two modules, and what is remembered of them."""

    toolchain: Toolchain
    folder: Path
    define: dict[str, str] = field(default_factory=dict)

    def serve(self, session: str = "one", plugin: str = "site") -> Told:
        home = self.folder / "package"
        home.mkdir(exist_ok=True)
        for name, code in FILES.items():
            (home / name).write_text(code)
        settings = {"base": f"/session/{session}/", "define": self.define, "plugin": plugin}
        command = [str(self.toolchain.node), "--input-type=module", "-e", _RUN]
        told = subprocess.run(
            [*command, str(_SCRIPTS), str(self.toolchain.node_modules), f"{home}/", json.dumps(settings)],
            check=True,
            capture_output=True,
            text=True,
            env={"NODE_COMPILE_CACHE": str(self.folder / "cache")},
        )
        first, second = (json.loads(line) for line in told.stdout.splitlines())
        return Told(first["says"], first["rewritten"], second["says"])


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    return ensure(lambda _: None)


@pytest.fixture
def package(toolchain: Toolchain, tmp_path: Path) -> Package:
    return Package(toolchain, tmp_path)


def test_vite_rewrites_a_module_for_the_first_session_only(package: Package) -> None:
    assert "entry.js" in package.serve("one").rewritten
    later = package.serve("two")
    assert "entry.js" not in later.rewritten
    assert later.says[0] == "first"


def test_what_a_module_knows_of_its_site_is_never_another_s(package: Package) -> None:
    assert package.serve("one").says[1] == "/session/one/"
    assert package.serve("two").says[1] == "/session/two/"


def test_what_changes_below_a_remembered_module_reaches_it(package: Package) -> None:
    assert package.serve("one").says_after[0] == "second"
    remembered = package.serve("two")
    assert remembered.says[0] == "first"
    assert remembered.says_after[0] == "second"


def test_a_site_with_other_settings_has_a_memory_of_its_own(package: Package) -> None:
    package.serve("one")
    assert "entry.js" in package.serve("two", plugin="of its own").rewritten
    package.define = {"__COLOUR__": '"red"'}
    assert "entry.js" in package.serve("three").rewritten

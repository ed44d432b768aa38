"""Which of Astro's modules Node loads itself: those that nothing of Vite's is needed for, on the whole way down."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sandbox.host.toolchain import Toolchain, ensure
from sandbox.services import edit

_PLUGIN = Path(edit.__file__).with_name("native_modules.mjs")
_ASK = """
import { createRequire } from "node:module";
const [plugin, packages, ...files] = process.argv.slice(1);
const { plainModules } = await import(plugin);
const { init, parse } = await import(createRequire(packages + "/").resolve("es-module-lexer"));
await init;
const plain = plainModules(parse);
console.log(JSON.stringify(files.map((file) => plain(file))));
"""

FILES = {
    "leaf.js": "export const one = 1;",
    "talks.js": 'export const help = "use import.meta.env or import x from \\"astro:content\\"";',
    "ring-a.js": 'import "./ring-b.js"; import "zod";',
    "ring-b.js": 'export * from "./ring-a.js";',
    "environment.js": "export const dev = import.meta.env.DEV;",
    "here.js": "export const here = import.meta.url;",
    "virtual.js": 'export { routes } from "virtual:astro:routes";',
    "later.js": 'export const load = () => import("astro:middleware");',
    "inside.js": 'import manifest from "#astro-internal/manifest";',
    "above.js": 'import "./leaf.js"; import { dev } from "./environment.js";',
    "far-above.js": 'export const load = () => import("./above.js");',
    "ring-c.js": 'import "./ring-d.js";',
    "ring-d.js": 'import "./ring-c.js"; import "./virtual.js";',
    "astray.js": 'import "./nowhere.js";',
}


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    return ensure(lambda _: None)


def verdicts(toolchain: Toolchain, folder: Path, names: list[str]) -> dict[str, bool]:
    for name, code in FILES.items():
        (folder / name).write_text(code)
    astro = toolchain.node_modules / "astro"
    files = [str(folder / name) for name in names]
    command = [str(toolchain.node), "--input-type=module", "-e", _ASK, str(_PLUGIN), str(astro), *files]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(zip(names, json.loads(told.stdout), strict=True))


def test_node_loads_what_needs_nothing_of_vite(toolchain: Toolchain, tmp_path: Path) -> None:
    plain = ["leaf.js", "talks.js", "ring-a.js", "ring-b.js", "here.js"]
    assert verdicts(toolchain, tmp_path, plain) == dict.fromkeys(plain, True)


def test_what_only_vite_understands_stays_with_vite(toolchain: Toolchain, tmp_path: Path) -> None:
    special = ["environment.js", "virtual.js", "later.js", "inside.js", "astray.js"]
    assert verdicts(toolchain, tmp_path, special) == dict.fromkeys(special, False)


@pytest.mark.parametrize(
    "order",
    [
        ["above.js", "far-above.js", "ring-c.js", "ring-d.js", "leaf.js"],
        ["ring-d.js", "ring-c.js", "far-above.js", "above.js", "leaf.js"],
    ],
)
def test_a_module_above_one_of_vites_is_vites_too_whatever_is_asked_first(
    toolchain: Toolchain, tmp_path: Path, order: list[str]
) -> None:
    found = verdicts(toolchain, tmp_path, order)
    assert found.pop("leaf.js") is True
    assert not any(found.values())

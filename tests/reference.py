"""`python -m tests.reference` prints docs/reference.md, made of what the program itself reads and writes."""

from __future__ import annotations

import dataclasses
import enum
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from json import dumps
from pathlib import Path
from typing import Any

from acceptance.bench.command_line import main as bench
from acceptance.config.profile import INFO_KEYS, Profile
from acceptance.config.sections import SandboxCommand
from acceptance.gate.conformance import ConformanceReport
from acceptance.gate.options import EXIT_CODES
from acceptance.gate.selection import OWN_SETTINGS
from acceptance.report.command_line import main as report
from acceptance.results import run_folder as files
from acceptance.results.manifest import VERSION, RunManifest
from acceptance.results.preflight import SETTINGS
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results
from acceptance.results.verdict import Verdict
from acceptance.run.diagnosis import main as doctor
from acceptance.run.sweep import main as sweep
from faults.__main__ import main as faults
from sandbox.command_line import LOST, NOT_STARTED

Schema = dict[str, Any]

INNERMOST = re.compile(r"[\[{]\n[^\[\]{}\n]{,90}(?:\n[^\[\]{}\n]{,90}){,20}\n *[\]}]")
"""A list or an object in indented JSON that holds no other."""

FILES: Mapping[str, str] = {
    files.PAGE: "the page for people: one file that needs no network",
    files.JUNIT: "the same for CI systems; a reason that is no scenario's is in the suite *The run itself*",
    files.CONFORMANCE: "for whoever compares deployments: what this one claims, and what was found of that (below)",
    files.MANIFEST: "the verdict with its reasons, and what was to run (below)",
    files.RESULTS: "one entry per scenario, step, session and task; figures; what was left behind (below)",
    files.MESSAGES: "the run as Cucumber Messages, one a line; the page is made of it",
    files.FACTS: "the facts of the page's head: deployment, run, idle time; and the project's revision (below)",
    f"{files.PICTURES}/": "the page's pictures as SVG, each with what it shows as text",
    f"{files.WORKERS}/<number>/": "what each behave process wrote, files of these names among them",
    f"{files.WORKERS}/<number>/{files.LOG}": "what behave printed: the steps as they ran",
    f"{files.WORKERS}/<number>/{files.EVENTS}": "the events that the display is drawn from",
    f"{files.WORKERS}/<number>/{files.DEPLOYMENT_LOG}": "what the worker's platform printed",
    "<scenario>/": "evidence of one that failed, a text file each: failure, timelines, records, fleet, "
    "events, tasks, routing, targets, messages to browsers, tails of the logs; pictures of what real browsers showed",
    f"<scenario>/{files.TRACE_FILE}": "its time line: a line for whose it is, then one for each event, as "
    "`acceptance/waiting/trace.py` has them; with `-D trace=all`, of those that passed, too",
}
"""What a run's folder holds: below the folder of a run of the gate."""


def reference() -> str:
    """The whole page."""
    return "\n".join(line for part in (_settings, _profile, _codes, _folder) for line in part()) + "\n"


def manifest_schema() -> Schema:
    """The schema of gate.json: its version, the verdict, where that holds, and the fields of `RunManifest`."""
    schema = schema_of(RunManifest)
    head: Schema = {
        "version": {"enum": [VERSION]},
        "place": {"type": "string"},
        "verdict": schema_of(Verdict),
    }
    return {**schema, **_object({**head, **schema["properties"]})}


def schema_of(kind: Any) -> Schema:
    """The JSON Schema of what `asdict` and `json` make of a type; TypeError for one that is not foreseen."""
    plain = {str: "string", bool: "boolean", int: "integer", float: "number", types.NoneType: "null"}
    if kind in plain:
        return {"type": plain[kind]}
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        return {"enum": [int(member) for member in kind]}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return {
            "description": " ".join((kind.__doc__ or "").split()),
            **_object({field.name: schema_of(hints[field.name]) for field in dataclasses.fields(kind)}),
        }
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"type": [schema_of(each)["type"] for each in inner]}
    if origin is tuple and inner[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [schema_of(each) for each in inner], "items": False}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": schema_of(inner[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    raise TypeError(f"no schema is known for {kind}")


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _settings() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Made by `python -m tests.reference` from what the program itself reads and writes, and held against it by"
    yield "`make test`. After a change: `.venv/bin/python -m tests.reference > docs/reference.md`."
    yield ""
    yield "## Settings: `-D NAME=VALUE`"
    yield ""
    yield from _table(("name", "means"), ((f"`{name}`", meaning) for name, meaning in SETTINGS.items()))
    yield "| `SECTION.KEY` | a value in place of the profile's, a list by commas: `-D timing.idle_timeout_s=10` |"
    yield ""
    own = ", ".join(f"`{name}`" for name in OWN_SETTINGS)
    yield f"`python -m acceptance run` sets {own} itself, and has `--keep`; they are for behave alone."
    yield ""


def _profile() -> Iterator[str]:
    yield "## The profile of a deployment"
    yield ""
    yield "A TOML file in `deployments/`. `name` is what reports call the deployment. Numbers are seconds where the key"
    yield "ends in `_s`. A key without a default must be there, and none that is not listed may be. `[mail]` and"
    yield "`[exec]` may be missing where `supports.extended` does not have what they are for."
    hints = typing.get_type_hints(Profile)
    yield from _section("sandbox", SandboxCommand)
    for field in dataclasses.fields(Profile):
        for kind in (hints[field.name], *typing.get_args(hints[field.name])):
            if dataclasses.is_dataclass(kind):
                yield from _section(field.name, kind)
    yield ""
    yield "`${KEY}` in a value stands for what the running sandbox tells in its info document; the keys are"
    yield f"{', '.join(f'`{key}`' for key in sorted(INFO_KEYS))}."
    yield ""


def _section(name: str, kind: Any) -> Iterator[str]:
    yield ""
    yield f"### `[{name}]`"
    yield ""
    yield _first(kind)
    yield ""
    hints = typing.get_type_hints(kind, include_extras=True)
    rows = []
    for field in dataclasses.fields(kind):
        bare, meaning = typing.get_args(hints[field.name])[0], hints[field.name].__metadata__[0]
        rows.append((f"`{field.name}{'_s' * (bare is timedelta)}`", _takes(bare), _default(field), meaning))
    yield from _table(("key", "takes", "default", "means"), rows)


def _takes(kind: Any) -> str:
    words = {timedelta: "seconds", float: "a number", str: "a text", Path: "a path"}
    inner = [each for each in typing.get_args(kind) if each is not types.NoneType]
    if typing.get_origin(kind) is tuple:
        return "a list of texts"
    return words[inner[0] if inner else kind]


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return ""
    return "none" if field.default is None else f"`{field.default}`"


def _codes() -> Iterator[str]:
    yield "## Exit codes"
    yield ""
    yield "`python -m acceptance run` and `merge`, so `make accept` and `make report`:"
    yield ""
    yield "```"
    yield from EXIT_CODES.rstrip().splitlines()
    yield "```"
    yield ""
    others: Mapping[str, Callable[..., int]] = {
        "python -m acceptance report": report,
        "python -m acceptance sweep": sweep,
        "python -m acceptance doctor": doctor,
        "python -m acceptance bench": bench,
        "python -m faults": faults,
    }
    told = [(f"`{command}`", _first(main)) for command, main in others.items()]
    sandbox = (
        "0 when it was told to end; 1 if there is no sandbox to ask; "
        f"{NOT_STARTED} if the machine lacks something; {LOST} if it lost a part of itself"
    )
    yield from _table(("command", "exit codes"), [*told, ("`python -m sandbox`", sandbox)])
    yield ""
    yield "A command line that means nothing is 2 everywhere."
    yield ""


def _folder() -> Iterator[str]:
    yield "## The folder of a run"
    yield ""
    last, history = f"`reports/{files.LATEST}`", f"`reports/{files.HISTORY}`"
    yield f"`reports/<run>`; {last} leads to the last, {history} has every run's scenarios."
    yield ""
    yield from _table(("file", "holds"), ((f"`{name}`", meaning) for name, meaning in FILES.items()))
    schemas = {
        files.MANIFEST: manifest_schema(),
        files.RESULTS: schema_of(Results),
        files.FACTS: schema_of(RunFacts),
        files.CONFORMANCE: schema_of(ConformanceReport),
    }
    for name, schema in schemas.items():
        yield ""
        yield f"### The schema of `{name}`"
        yield ""
        yield "```json"
        yield from _laid_out(schema)
        yield "```"


def _laid_out(schema: Schema) -> list[str]:
    """The schema as text, what holds nothing further on one line."""
    return INNERMOST.sub(lambda found: " ".join(found[0].split()), dumps(schema, indent=2)).splitlines()


def _table(head: Sequence[str], rows: typing.Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _first(documented: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((documented.__doc__ or "").strip().split("\n\n")[0].split())


if __name__ == "__main__":
    sys.stdout.write(reference())

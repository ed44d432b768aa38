"""A feature file as messages: its source, its document and its pickles, and where behave's model meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from gherkin.ast_builder import AstBuilder
from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from acceptance.report.stream import Ids, MessageStream, id_of

_MEDIA_TYPE = "text/x.cucumber.gherkin+plain"


@dataclass(frozen=True)
class FeatureFile:
    """What a feature file holds: a pickle by the line of its scenario or examples row, the line of a step by its id.

    `broken` says that the official parser refused the file: none of its scenarios can be told.
    """

    uri: str
    pickles: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    step_lines: Mapping[str, int] = field(default_factory=dict)
    broken: bool = False

    def pickle_steps(self, pickle: Mapping[str, Any]) -> dict[int, str]:
        """The ids of a pickle's steps by the line at which each is written."""
        return {self.step_lines[step["astNodeIds"][0]]: step["id"] for step in pickle["steps"]}


def write_feature(stream: MessageStream, path: Path, uri: str) -> FeatureFile:
    """Write source, gherkinDocument and pickles of a feature file, or its parse errors.

    behave has parsed the file already; where the official parser is stricter, the stream says so with `parseError`
    messages and the file has no pickles.
    """
    text = path.read_text(encoding="utf-8-sig")
    stream.write("source", uri=uri, data=text, mediaType=_MEDIA_TYPE)
    # Of the same text every run makes the same ids, so that several streams can be one.
    generator = cast(IdGenerator, Ids(id_of("feature", uri, text)))
    try:
        document: dict[str, Any] = {**Parser(AstBuilder(generator)).parse(text), "uri": uri}
    except CompositeParserException as problems:
        _write_errors(stream, uri, [error for error in problems.errors if isinstance(error, ParserException)])
        return FeatureFile(uri, broken=True)
    except ParserException as problem:
        _write_errors(stream, uri, [problem])
        return FeatureFile(uri, broken=True)
    stream.write("gherkinDocument", **document)
    pickles: list[dict[str, Any]] = cast(Any, Compiler(generator).compile(cast(Any, document)))
    for pickle in pickles:
        stream.write("pickle", **pickle)
    steps: dict[str, int] = {}
    _collect_steps(document.get("feature") or {}, steps)
    return FeatureFile(uri, {pickle["location"]["line"]: pickle for pickle in pickles}, steps)


def uri_of(filename: str) -> str:
    """A path as the stream writes it: relative to the working folder where it lies below it, with slashes."""
    path = Path(filename).absolute()
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _write_errors(stream: MessageStream, uri: str, problems: list[ParserException]) -> None:
    for problem in problems:
        where = {"uri": uri, "location": dict(problem.location)}
        stream.write("parseError", source=where, message=str(problem))


def _collect_steps(node: Mapping[str, Any], found: dict[str, int]) -> None:
    for step in node.get("steps", ()):
        found[step["id"]] = step["location"]["line"]
    for child in node.get("children", ()):
        for inner in child.values():
            _collect_steps(inner, found)

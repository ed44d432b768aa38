"""Which scenarios a run is to run: asked of behave's own parser, so that it is what behave will select."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from behave.configuration import Configuration, setup_parser
from behave.exception import ConfigError, InvalidFileLocationError, InvalidFilenameError, TagExpressionError
from behave.exception import FileNotFoundError as PathNotFound
from behave.model import Feature, Scenario
from behave.parser import ParserError
from behave.runner import Runner
from behave.runner_util import collect_feature_locations, parse_features, reset_runtime
from behave.step_registry import registry

from acceptance.capabilities import NEEDS, Capability, lacking
from acceptance.results.preflight import (
    undefined_steps,
    unknown_tags,
    wrong_lines,
    wrong_settings,
    wrong_tag_expression,
)
from acceptance.results.run_results import NOT_SUPPORTED, ScenarioResult
from acceptance.results.tags import rule_of
from acceptance.results.verdict import SelectedScenario

_WRONG = (
    ConfigError,
    InvalidFileLocationError,
    InvalidFilenameError,
    OSError,
    ParserError,
    PathNotFound,
    TagExpressionError,
)
"""What behave raises for feature files, paths and tag expressions that are wrong."""

OWN_SETTINGS = ("reports", "report", "keep", "lease", "pause")
"""behave's `-D` names that the gate sets for its workers, and takes from nobody."""


class SelectionError(ValueError):
    """Nothing can be run of what was asked for; the text says why and what there is."""


@dataclass(frozen=True)
class Selection:
    """The scenarios in the order in which one behave would run them; `whole` when there are no others."""

    scenarios: tuple[SelectedScenario, ...]
    all_of_file: Mapping[str, int]
    """How many scenarios each of their feature files holds, selected or not."""
    whole: bool
    options: tuple[str, ...]
    """behave's arguments without the paths."""
    settings: Mapping[str, str]
    """behave's `-D` values."""
    stop: bool
    """Whether behave was told to stop at the first failure."""
    unsupported: tuple[ScenarioResult, ...] = ()
    """What was selected and is not judged."""
    offered: tuple[Capability, ...] = ()
    """What the deployment offers beyond the core, in the contract's order."""

    @property
    def unjudged(self) -> tuple[Capability, ...]:
        """What the deployment offers and none of the scenarios needs: it is claimed in vain."""
        needed = {
            tag.removeprefix(NEEDS) for one in self.scenarios for tag in one.tags if tag.startswith(NEEDS)
        }
        return tuple(capability for capability in self.offered if capability not in needed)

    def supported(self, offered: Collection[str]) -> Selection:
        """What of it a deployment that offers these capabilities is judged by; SelectionError if that is nothing."""
        wants = {wanted: lacking(wanted.tags, offered) for wanted in self.scenarios}
        judged = tuple(wanted for wanted, lacks in wants.items() if not lacks)
        if not judged:
            lacks = sorted({name for lacks in wants.values() for name in lacks})
            raise SelectionError(
                f"nothing is left to run: all that is selected needs {', '.join(lacks)}, "
                "which the profile does not list in [supports]"
            )
        left_out = tuple(_unsupported(wanted, lacks) for wanted, lacks in wants.items() if lacks)
        beyond = tuple(capability for capability in Capability if capability in offered)
        return dataclasses.replace(self, scenarios=judged, unsupported=left_out, offered=beyond)


def select(arguments: Sequence[str], *, only: Callable[[SelectedScenario], bool] | None = None) -> Selection:
    """What behave would select for these arguments, further narrowed by `only`.

    Raises:
        SelectionError: a feature file or an option is wrong, the gate cannot take an option, or nothing is selected.
        SystemExit: behave's own option parser refused an option; `acceptance.gate.options.parse` looks for that first.
    """
    options, _ = split(arguments)
    try:
        config = Configuration(command_args=list(arguments))
        _check(config)
        features = _features(config)
        refuse(
            *wrong_settings(config.userdata or {}),
            *wrong_lines(features, config.paths),
            *wrong_tag_expression(config),
        )
        chosen = tuple(_wanted(features, config))
        everything = Configuration(command_args=[])
        known = tuple(_wanted(_features(everything), everything))
    except PathNotFound as missing:
        raise SelectionError(f"there is no {missing}{_features_there()}") from missing
    except _WRONG as error:
        raise SelectionError(f"{type(error).__name__}: {error}") from error
    if only is not None:
        chosen = tuple(wanted for wanted in chosen if only(wanted))
    if not chosen:
        tags = sorted({tag for wanted in known for tag in wanted.tags})
        raise SelectionError(
            f"nothing is selected by {' '.join(arguments) or 'these features'}: expected at least one scenario; "
            f"there are {len(known)} scenarios, with the tags {', '.join(tags) or 'none'}"
        )
    return Selection(
        chosen,
        all_of_file={_file(feature): len(list(feature.walk_scenarios())) for feature in features},
        whole={wanted.location for wanted in known} <= {wanted.location for wanted in chosen},
        options=tuple(options),
        settings=dict(config.userdata or {}),
        stop=bool(config.stop),
    )


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """behave's arguments apart: the options with their values, and the paths."""
    parser = setup_parser()
    options, paths = list(arguments), list(parser.parse_args(list(arguments)).paths)
    left = list(paths)
    for index in reversed(range(len(options))):
        shorter = options[:index] + options[index + 1 :]
        if options[index] in left:
            fewer = list(left)
            fewer.reverse()
            fewer.remove(options[index])
            fewer.reverse()
            if list(parser.parse_args(shorter).paths) == fewer:
                options, left = shorter, fewer
    return options, paths


def check_steps(arguments: Sequence[str]) -> None:
    """SelectionError if a scenario that is to run has a sentence without a step, or any a tag that means nothing.

    The steps are loaded as behave loads them; the gate itself has nothing to do with them.
    """
    config = Configuration(command_args=list(arguments))
    features = _features(config)
    runner = Runner(config)
    reset_runtime()
    try:
        runner.setup_paths()
        runner.load_step_definitions()
    except Exception as error:
        raise SelectionError(f"the steps cannot be loaded: {type(error).__name__}: {error}") from error
    refuse(*unknown_tags(features), *undefined_steps(features, config, registry))


def refuse(*problems: str) -> None:
    """SelectionError with all of them, if there is any."""
    if problems:
        raise SelectionError("\n".join(problems))


def _features_there() -> str:
    """The feature files that there are."""
    there = sorted(path.as_posix() for path in Path("features").glob("**/*.feature"))
    return f"; there are {', '.join(there)}" if there else ""


def _check(config: Configuration) -> None:
    """The gate writes the reports itself, and a run that runs nothing proves nothing."""
    refused = {
        "--format": bool(config.format),
        "--outfile": bool(config.outputs and any(opener.name for opener in config.outputs)),
        "--junit": bool(config.junit),
        "--dry-run": bool(config.dry_run),
        "--steps-catalog": bool(config.steps_catalog),
        "--version": bool(config.version),
        "--tags-help": bool(config.tags_help),
        "--lang-list": bool(config.lang_list),
        "--lang-help": bool(config.lang_help),
        **{f"-D {name}": name in (config.userdata or {}) for name in OWN_SETTINGS},
    }
    for name, given in refused.items():
        if given:
            ours = {"-D keep": "use --keep", "-D pause": "use --debug"}
            hint = ours.get(name, f"use plain `python -m behave {name} ...`")
            raise SelectionError(f"{name} is not for the gate, which writes every report itself: {hint}")


def _features(config: Configuration) -> list[Feature]:
    locations = [found for found in collect_feature_locations(config.paths) if not config.exclude(found)]
    features: list[Feature] = parse_features(locations, language=getattr(config, "lang", None))
    return features


def _wanted(features: Iterable[Feature], config: Configuration) -> Iterable[SelectedScenario]:
    for feature in features:
        for scenario in feature.walk_scenarios():
            if scenario.should_run(config):
                yield _of(feature, scenario)


def _of(feature: Feature, scenario: Scenario) -> SelectedScenario:
    return SelectedScenario(
        feature=feature.name,
        rule=rule_of(scenario),
        name=scenario.name,
        file=_file(feature),
        line=scenario.location.line,
        tags=tuple(sorted(str(tag) for tag in scenario.effective_tags)),
    )


def _unsupported(wanted: SelectedScenario, lacks: tuple[str, ...]) -> ScenarioResult:
    return ScenarioResult(
        feature=wanted.feature,
        name=wanted.name,
        location=wanted.location,
        tags=wanted.tags,
        status=NOT_SUPPORTED,
        seconds=0.0,
        rule=wanted.rule,
        lacking=lacks,
    )


def _file(feature: Feature) -> str:
    return PurePath(str(feature.filename)).as_posix()

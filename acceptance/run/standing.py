"""A platform that is there already, for the commands beside a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from acceptance.config.profile import PROFILE, read
from acceptance.drivers.platform import Platform
from acceptance.run.deployment import Deployment
from acceptance.waiting.errors import ConfigurationError

DEFAULT_PROFILE = Path(PROFILE)


def standing(source: Path, settings: Mapping[str, str], run: str | None = None) -> Platform:
    """The drivers of a profile's deployment, which nobody starts here; of it nothing is contacted yet.

    Args:
        settings: `-D` values; `sandbox` is the info document of a running sandbox.
        run: by which what the drivers start or make is marked.

    Raises:
        ConfigurationError: the profile cannot be used, or describes a sandbox and none is named.
        Unreachable, UnexpectedAnswer: there is no such sandbox.
    """
    draft = read(source, settings)
    if draft.needs_info and "sandbox" not in settings:
        raise ConfigurationError(
            source,
            ["it describes a sandbox: name the running one with -D sandbox=URL (`python -m sandbox status`)"],
        )
    deployment = Deployment.attach(settings["sandbox"]) if "sandbox" in settings else Deployment.remote()
    return Platform.of(draft.fill(deployment.info), run)


def settings_of(given: Iterable[str]) -> dict[str, str]:
    """The `-D` values of a command line, given as `KEY=VALUE`."""
    return dict(setting.partition("=")[::2] for setting in given)

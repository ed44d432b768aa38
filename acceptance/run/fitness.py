"""Whether what is there already is fit for a run and nobody else's, told before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from acceptance.config.profile import read
from acceptance.results.masking import mask
from acceptance.run.deployment import absent


def unfit(settings: Mapping[str, str], profile: str) -> Iterator[str]:
    """What to say of the platform that a run is to use, if it is not there or, on AWS, the doctor finds something.

    Args:
        settings: behave's `-D` values.
        profile: the file that describes the deployment.
    """
    yield from absent(settings)
    source = Path(profile)
    if "sandbox" in settings or read(source, settings).command is not None:
        return
    # Loaded for it alone: a run on sandboxes speaks to AWS in its workers only.
    from acceptance.run.diagnosis import diagnose

    found = diagnose(source, settings)
    if found:
        yield f"the deployment of {source} is not fit for a run, as `python -m acceptance doctor` says, too:"
        yield from (mask(f"  - {finding}") for finding in found)


@contextmanager
def alone(settings: Mapping[str, str], profile: str) -> Iterator[tuple[str, ...]]:
    """Keep other runs from the platform that this one is to use while the block runs; yields behave's further options.

    A sandbox that a run starts for itself is nobody else's. Arguments as in `unfit`.

    Raises:
        DeploymentHeld: another run has the platform to itself.
    """
    source = Path(profile)
    if "sandbox" not in settings and read(source, settings).command is not None:
        yield ()
        return
    from acceptance.run.tenancy import had_alone

    with had_alone(source, settings) as told:
        yield told

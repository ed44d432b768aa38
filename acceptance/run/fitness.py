"""Whether what is there already is fit for a run, told before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

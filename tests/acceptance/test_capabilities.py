"""The closed list of what a deployment may offer: the contract's, in every profile, and needed by a scenario each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acceptance.capabilities import NEEDS, Capability, lacking
from acceptance.config.profile import read
from acceptance.gate.selection import Selection, SelectionError, select
from acceptance.results.criteria import ALL
from acceptance.waiting.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[2]
SANDBOX = PROJECT / "deployments" / "sandbox.toml"


@pytest.fixture(scope="module")
def everything() -> Selection:
    """All scenarios."""
    return select(())


def test_the_list_is_the_contracts() -> None:
    text = (PROJECT / "docs" / "contract.md").read_text(encoding="utf-8")
    extended = text.partition("| core (always) | extended |")[2].splitlines()[2].split("|")[2]
    assert re.findall(r"`([^`]+)`", extended) == list(Capability)


def test_the_sandbox_offers_everything(everything: Selection) -> None:
    offered = read(SANDBOX).extended
    assert offered == set(Capability)
    assert everything.supported(offered).scenarios == everything.scenarios


@pytest.mark.parametrize("capability", list(Capability))
def test_a_capability_that_is_not_offered_leaves_out_the_scenarios_that_need_it_and_no_other(
    everything: Selection, capability: Capability
) -> None:
    kept = everything.supported(set(Capability) - {capability})
    needing = {one.location for one in everything.scenarios if f"{NEEDS}{capability}" in one.tags}
    assert needing, "a capability without a scenario is claimed for nothing"
    assert {one.location for one in kept.unsupported} == needing
    assert {one.location for one in kept.scenarios} == {
        one.location for one in everything.scenarios
    } - needing
    assert {one.lacking for one in kept.unsupported} == {(capability,)}
    assert kept.whole


def test_the_core_alone_proves_every_promise(everything: Selection) -> None:
    core = everything.supported(())
    assert {tag for one in core.scenarios for tag in one.tags} >= {criterion.tag for criterion in ALL}


def test_all_that_is_missing_is_named_in_the_contracts_order() -> None:
    tags = ("anywhere", "needs.threads", "needs.mail", "needs.keepalive")
    assert lacking(tags, {"keepalive"}) == ("mail", "threads")


def test_who_selects_only_what_is_not_offered_is_told() -> None:
    mail = select(("features/7_mail.feature",))
    with pytest.raises(SelectionError, match=r"nothing is left to run: all .* needs mail, .*\[supports\]"):
        mail.supported(set(Capability) - {Capability.MAIL})


def test_a_capability_that_the_contract_does_not_know_is_refused_with_the_nearest(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    text = SANDBOX.read_text(encoding="utf-8")
    profile.write_text(text.replace('"queue-depth"', '"queue-dept"'), encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"supports\.extended .*'queue-dept': did you mean 'queue-depth'\?"
    ):
        read(profile)


CORE = re.sub(r"extended = \[[^\]]*\]", "extended = []", SANDBOX.read_text(encoding="utf-8"))
"""The profile of a sandbox of which only the core is used."""


def profile_with(folder: Path, text: str) -> Path:
    """A profile file."""
    profile = folder / "profile.toml"
    profile.write_text(text, encoding="utf-8")
    return profile


def test_what_is_not_offered_needs_no_place_in_the_profile(tmp_path: Path) -> None:
    bare = re.sub(r"(?m)^(queue|dead_letters) = .*\n", "", re.sub(r"\[(mail|exec)\]\n[^\[]*", "", CORE))
    assert "hermes_container" in bare
    assert "dead_letters" not in bare
    assert "kill =" not in bare
    read(profile_with(tmp_path, bare))


@pytest.mark.parametrize(
    ("capability", "missing"),
    [
        ("mail", r"\[mail\] is missing"),
        ("task-kill", r"\[exec\] is missing"),
        ("queue-depth", r"names\.queue is missing: .* or take queue-depth out of supports\.extended"),
        ("dead-letters", r"names\.dead_letters is missing: .* or take dead-letters out"),
    ],
)
def test_what_is_offered_must_be_told_of(tmp_path: Path, capability: str, missing: str) -> None:
    bare = re.sub(r"(?m)^(queue|dead_letters) = .*\n", "", re.sub(r"\[(mail|exec)\]\n[^\[]*", "", CORE))
    with pytest.raises(ConfigurationError, match=missing):
        read(profile_with(tmp_path, bare.replace("extended = []", f'extended = ["{capability}"]')))


def test_a_profile_must_say_what_it_supports_and_may_say_nothing(tmp_path: Path) -> None:
    assert read(profile_with(tmp_path, CORE)).extended == frozenset()
    with pytest.raises(ConfigurationError, match=r"\[supports\] is missing"):
        read(profile_with(tmp_path, CORE.replace("[supports]\nextended = []", "")))

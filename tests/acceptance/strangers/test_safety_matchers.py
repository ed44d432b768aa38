"""What the scenarios of readiness, bad input and foreign code look for: each claim, and the words when it fails."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.http import Answer
from acceptance.drivers.preview import Readiness
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_session import Customer
from acceptance.matchers.preview import served_whenever_healthy
from acceptance.matchers.sessions import unchanged_since
from acceptance.strangers.bad_requests import flawed, flawed_to, too_late
from acceptance.strangers.secret_file import Secret, found_nothing, looked_everywhere, spy_on
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.sampler import Sample

ANNA = Customer("acme", "anna@customers.example")


def answer(status: int, text: str = "", media_type: str = "text/html") -> Answer:
    """An answer of the platform."""
    headers = MappingProxyType({"content-type": media_type})
    return Answer("GET", "https://x/", status, headers, text.encode())


def record(**raw: object) -> SessionRecord:
    """A record of which only the raw item matters."""
    absent = (None,) * 15
    return SessionRecord("s-1", "anna@customers.example", *absent, raw)


def mismatch(matcher: object, item: object) -> str:
    """What a matcher says of an item that it must not accept."""
    assert isinstance(matcher, DescribedMatcher)
    assert not matcher.matches(item)
    text = StringDescription()
    matcher.describe_mismatch(item, text)
    return str(text)


def looks(*seen: tuple[int, int | None], status: str = "initializing") -> list[Sample[Readiness]]:
    """Health pages by status, each with that of the preview right after it, of a session of one status."""
    return [
        Sample(float(at), Readiness(status, waiting(health), None if page is None else answer(page)))
        for at, (health, page) in enumerate(seen)
    ]


def waiting(status: int) -> Answer:
    """An answer that has all of the waiting page but, perhaps, its status."""
    headers = MappingProxyType({"content-type": "text/html", "retry-after": "1"})
    return Answer("GET", "https://x/", status, headers, b'<meta http-equiv="refresh" content="1">')


def test_a_session_may_be_called_healthy_once_its_preview_is_served() -> None:
    assert served_whenever_healthy().matches(looks((503, None), (200, 200), (200, 200)))


def test_a_health_told_too_early_is_named_with_its_moment() -> None:
    told = mismatch(served_whenever_healthy(), looks((503, None), (200, 503), (200, 200)))
    assert told == "1 times not, first at 1.00 s initializing, health 200, then GET https://x/ answered 503"


def test_a_session_called_active_too_early_is_named_with_its_moment() -> None:
    told = mismatch(served_whenever_healthy(), looks((503, 503), (200, 200), status="active"))
    assert told == "1 times not, first at 0.00 s active, health 503, then GET https://x/ answered 503"


def test_a_session_called_unknown_before_it_is_healthy_is_named() -> None:
    told = mismatch(served_whenever_healthy(), looks((503, None), (404, None), (200, 200)))
    assert told.startswith("1 times not, first at 1.00 s initializing, health 404")


def test_an_error_page_of_the_load_balancers_own_where_the_waiting_page_belongs_is_named() -> None:
    bare = Sample(0.5, Readiness("initializing", answer(503), None))
    told = mismatch(served_whenever_healthy(), [bare, *looks((503, None), (200, 200))[1:]])
    assert told.startswith(
        "1 times not, first at 0.50 s initializing, health 503: 503: '' without a Retry-After"
    )


def test_a_session_never_called_healthy_proves_nothing() -> None:
    with pytest.raises(NoData):
        served_whenever_healthy().matches(looks((503, None)))


def test_what_changed_on_a_record_is_named() -> None:
    before = record(ttl=1, status="active")
    assert unchanged_since(before).matches(record(ttl=1, status="active"))
    told = mismatch(unchanged_since(before), record(ttl=2, status="active", endedAt="now"))
    assert told == "endedAt was None and is 'now'; ttl was 1 and is 2"


def test_a_page_that_finds_something_says_by_which_way() -> None:
    nothing = answer(200, '{"tried": 10, "found": {}}', "application/json")
    assert looked_everywhere().matches(nothing)
    assert found_nothing().matches(nothing)
    something = answer(200, '{"tried": 10, "found": {"reads the file": "words"}}', "application/json")
    assert mismatch(found_nothing(), something) == "it reads the file: 'words'"


@pytest.mark.parametrize("text", ["<h1>Not yet</h1>", "[]", "{}"])
def test_a_page_whose_code_has_not_run_proves_nothing(text: str) -> None:
    assert not looked_everywhere().matches(answer(200, text))
    assert not looked_everywhere().matches(answer(500, '{"found": {}}'))


def test_the_spying_page_knows_where_to_look() -> None:
    source = spy_on(
        Secret("words", "/workspace/acme/anna/project/public/secret.txt", "secret.txt"), "/workspace"
    )
    assert 'const file = "/workspace/acme/anna/project/public/secret.txt"' in source
    assert 'folder = "/workspace/acme/anna/project", root = "/workspace"' in source
    assert '.replaceAll("\\0", " ")' in source


def test_a_member_given_twice_is_in_the_text_twice() -> None:
    body = flawed("a member given twice", ANNA).body or b""
    assert body.count(b'"userId"') == 2
    assert set(json.loads(body)) == {"clientId", "userId", "instruction"}


def test_half_a_character_goes_out_as_json_can_spell_it() -> None:
    assert b"\\ud800" in (flawed("half a character in the instruction", ANNA).body or b"")
    assert b"\\ud800" in (flawed_to("half a character in the instruction", "s-1").body or b"")


def test_a_flawed_request_to_a_session_names_it() -> None:
    assert flawed_to("a wrong method to end it", "s-1").path == "/api/sessions/s-1/deactivate"
    assert too_late("a keepalive", "s-1").path == "/api/sessions/s-1/keepalive"
    with pytest.raises(KeyError):
        flawed_to("good manners", "s-1")

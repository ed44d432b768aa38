"""Deployments whose addresses lead nowhere, or answer otherwise than the contract says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


@case("HTTPS address: the name nobody.invalid leads to no address.* -> mend the name")
def the_name_leads_nowhere(made: Deployment) -> None:
    made.settings["addresses.preview_url"] = "https://nobody.invalid"
    made.front.redirect_to = "https://nobody.invalid"


@case("HTTPS address: .*connection refused -> mend the name in .addresses")
def nobody_answers(made: Deployment) -> None:
    made.settings["addresses.preview_url"] = made.front.redirect_to = "https://localhost:1"


@case("certificate not accepted.* -> have the listener serve a certificate for this name")
def the_certificate_is_anothers(made: Deployment) -> None:
    made.settings["addresses.preview_url"] = made.front.https.replace("localhost", "127.0.0.1")
    made.front.redirect_to = made.settings["addresses.preview_url"]


@case("HTTP address: .*connection refused -> mend the name in .addresses")
def nobody_answers_http(made: Deployment) -> None:
    made.settings["addresses.http_url"] = "http://localhost:1"


@case("answered 200, to .*: expected 301 to https://.* -> have the HTTP listener redirect")
def no_redirect(made: Deployment) -> None:
    made.front.redirect_status = 200


@case("answered 302, to .*: expected 301 to https://")
def a_temporary_redirect(made: Deployment) -> None:
    made.front.redirect_status = 302


@case("answered 301, to https://www.example.org/api/health: expected 301 to https://localhost")
def a_redirect_elsewhere(made: Deployment) -> None:
    made.front.redirect_to = "https://www.example.org"


@case("/none-of-the-platforms-paths answered 200, expected 404.* -> have the default action")
def the_default_answers(made: Deployment) -> None:
    made.front.outside_status = 200


@case("/api/health answered 502, expected 200 from the session API.* -> see to the rule for /api/")
def the_session_api_is_down(made: Deployment) -> None:
    made.front.health_status, made.front.headers = 502, {}


@case("with the header X-Service None, expected 'session-api' -> have each service name itself")
def answers_name_nobody(made: Deployment) -> None:
    made.front.headers = {}


@case("with the header X-Service 'hermes', expected 'session-api'")
def answers_name_another(made: Deployment) -> None:
    made.front.headers = {"X-Service": "hermes"}


@case("answered 200 without `request`.* -> have the session API add `request`")
def no_echo(made: Deployment) -> None:
    made.front.health = {"service": "session-api"}


@case("this machine's clock is 1[12]. s behind the load balancer's -> set it by a time server")
def the_clock_is_slow(made: Deployment) -> None:
    made.front.headers["Date"] = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)


@case("this machine's clock is 1[12]. s ahead of the load balancer's -> set it by a time server")
def the_clock_is_fast(made: Deployment) -> None:
    made.front.headers["Date"] = format_datetime(datetime.now(UTC) - timedelta(seconds=120), usegmt=True)

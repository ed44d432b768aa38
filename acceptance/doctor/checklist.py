"""All that is looked at of a deployment, read off the contract and its profile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from acceptance.capabilities import Capability
from acceptance.config.mark import Mark
from acceptance.config.profile import Profile
from acceptance.doctor import commands, entrance, front_door, mail, services, sessions
from acceptance.doctor.finding import Finding, Look, nothing
from acceptance.drivers.platform import Platform
from acceptance.drivers.setup.mail import MailSetup
from acceptance.drivers.setup.services import ClusterSetup
from acceptance.drivers.setup.table import TableSetup

ACCOUNT, BALANCER, RULES, CLUSTER = "the account", "the load balancer", "the listener's rules", "the cluster"
TABLE, QUEUE, HTTPS = "the session table", "the command queue", "the HTTPS address"


def checklist(platform: Platform) -> tuple[Look[Any], ...]:
    """The looks at what the deployment offers; nothing is contacted yet."""
    parts = (_account, _entrance, _front_door, _services, _sessions, _commands, _mail, _logs)
    return tuple(look for part in parts for look in part(platform))


def _account(platform: Platform) -> Iterator[Look[Any]]:
    yield Look(
        ACCOUNT,
        platform.check_account,
        lambda _: _unguarded(platform.profile),
        "see to the credentials",
        decides=True,
    )


def _unguarded(profile: Profile) -> Iterator[Finding]:
    if profile.aws.endpoint is None and profile.aws.account is None:
        yield Finding(
            "the profile does not say whose account it is for",
            'add account = "<its twelve digits>" to [aws]: a run refuses any other',
        )


def _entrance(platform: Platform) -> Iterator[Look[Any]]:
    to, offered = platform.profile.addresses, platform.profile.supports.extended
    yield Look(
        HTTPS,
        partial(entrance.look_at_health, to),
        lambda seen: entrance.unhealthy(seen, offered),
        "mend addresses.preview_url",
    )
    yield Look(
        "the default answer",
        partial(entrance.look_outside, to),
        entrance.served_outside,
        "mend addresses.preview_url",
        part_of=(HTTPS,),
    )
    yield Look(
        "the HTTP address",
        partial(entrance.look_at_redirect, to),
        lambda answer: entrance.no_redirect(answer, to),
        "mend addresses.http_url",
    )


def _front_door(platform: Platform) -> Iterator[Look[Any]]:
    balancer, name = platform.balancer, platform.profile.names.load_balancer
    yield Look(
        BALANCER,
        balancer.tags,
        partial(front_door.untagged, f"load balancer {name}"),
        "mend names.load_balancer, aws.region or the credentials: it is not in this account and region",
    )
    listener = "have one HTTPS listener, with the rules for /api/*, /hermes/* and /session/*"
    yield Look(
        "the listeners", balancer.listeners, front_door.without_http, "add listeners", part_of=(BALANCER,)
    )
    yield Look(RULES, balancer.led_to, front_door.wrong_rules, listener, part_of=(BALANCER,))


def _services(platform: Platform) -> Iterator[Look[Any]]:
    names, setup = platform.profile.names, ClusterSetup(platform.clients, platform.profile.names)
    yield Look(
        CLUSTER,
        setup.tags,
        partial(front_door.untagged, f"cluster {names.cluster}"),
        "mend names.cluster, aws.region or the credentials: it is not in this account and region",
    )
    whole = {"Hermes": (names.hermes, names.hermes_container), "Edit": (names.edit, names.edit_container)}
    killed = platform.profile.offers(Capability.TASK_KILL)
    second = platform.profile.offers(Capability.SECOND_HERMES)
    commanded = "Edit" if platform.profile.workspace.mounted_at is None else ""
    for role, (service, container) in whole.items():
        yield Look(
            role,
            partial(setup.service, service),
            partial(
                services.unfit_service,
                container=container,
                commanded=role == commanded or (role == "Hermes" and second),
                repeated=role == "Hermes" and second,
                killed=killed,
            ),
            f"create the service, or mend names.{role.lower()}",
            part_of=(CLUSTER,),
        )
    yield Look(
        "Edit's capacity",
        lambda: setup.bounds(names.edit),
        services.wrong_bounds,
        "register a scalable target for the service's desired count, from 0 to 3",
        part_of=(CLUSTER, "Edit"),
    )
    yield Look(
        "the way to zero",
        lambda: _way_to_zero(platform, setup),
        lambda seen: services.too_slow(seen, platform.profile.patience.scale_to_zero),
        "see to the services and the load balancer",
        part_of=(BALANCER, RULES, CLUSTER, *whole),
    )


def _way_to_zero(platform: Platform, setup: ClusterSetup) -> services.WayToZero:
    names = platform.profile.names
    groups = {
        group
        for rule in platform.balancer.rules()
        if "/hermes/*" in rule.paths
        for group in rule.target_groups
    }
    found = [container for name in (names.hermes, names.edit) for container in setup.service(name).containers]
    return services.WayToZero(
        max(map(platform.balancer.deregistration_delay_s, groups), default=0),
        max((container.stop_timeout_s for container in found), default=0),
    )


def _sessions(platform: Platform) -> Iterator[Look[Any]]:
    names, mark = platform.profile.names, Mark(platform.profile.suite.client_prefix)
    yield Look(
        TABLE,
        lambda: TableSetup.read(platform.clients, names),
        lambda seen: sessions.unfit_table(seen, names),
        "create the table, or mend names.table",
    )
    yield Look(
        "the lease", platform.lease.holder, sessions.held, "see to the table's records", part_of=(TABLE,)
    )
    yield Look(
        "open sessions",
        platform.records.open,
        lambda seen: sessions.open_sessions(seen, mark),
        "see to the table's records",
        part_of=(TABLE,),
    )


def _commands(platform: Platform) -> Iterator[Look[Any]]:
    names = platform.profile.names
    if names.queue is None:
        return
    yield Look(
        QUEUE,
        platform.records.redrive,
        lambda seen: commands.unfit_queue(seen, names),
        "create the queue, or mend names.queue",
    )
    if not platform.profile.offers(Capability.QUEUE_DEPTH):
        return
    yield Look(
        "waiting commands",
        platform.records.commands,
        lambda seen: commands.waiting(seen, names),
        "create the dead-letter queue, or mend names.dead_letters",
        part_of=(QUEUE,),
    )


def _mail(platform: Platform) -> Iterator[Look[Any]]:
    told = platform.profile.mail
    if told is None:
        return
    setup, region = MailSetup(platform.clients, told), "SES must be there in aws.region"
    yield Look(
        "the mail identities",
        lambda: setup.verified(told.domain, told.customer_domain),
        lambda seen: mail.unverified(seen, told),
        region,
    )
    yield Look("the receipt rules", setup.rules, lambda seen: mail.unfit_rules(seen, told), region)
    yield Look("the mail quota", setup.quota, mail.used_up, region)
    yield Look("the customers' inbox", setup.inbox, nothing, "create the bucket, or mend mail.inbox_bucket")


def _logs(platform: Platform) -> Iterator[Look[Any]]:
    for group in platform.profile.logs.groups:
        last_minute = datetime.now(UTC) - timedelta(minutes=1)
        read = partial(platform.logs.last_error, group, last_minute)
        yield Look(f"log group {group}", read, nothing, "create it, or mend logs.groups")

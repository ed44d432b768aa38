"""The session table, and who uses the platform at the moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from acceptance.config.mark import Mark
from acceptance.config.sections import Names
from acceptance.doctor.finding import Finding
from acceptance.drivers.lease import Holder
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.setup.table import Keys, TableSetup

KEYS: Keys = (("sessionId", "S"), ("userId", "S"))
BY_CLIENT: Keys = (("clientId", "S"), ("status", "S"))
BY_ACTIVITY: Keys = (("status", "S"), ("lastActivityAt", "S"))
TTL = "ttl"


def unfit_table(seen: TableSetup, names: Names) -> Iterator[Finding]:
    """Keys, indexes and time to live that are not the contract's."""
    if seen.keys != KEYS:
        yield Finding(
            f"table {names.table} has the key {_shown(seen.keys)}, expected {_shown(KEYS)}",
            "create it anew with this key, or name another table in names.table",
        )
    by_client = next((index for index in seen.indexes if index.name == names.client_index), None)
    if by_client is None:
        found = ", ".join(index.name for index in seen.indexes) or "none"
        yield Finding(
            f"table {names.table} has no index {names.client_index}, only {found}",
            f"add it with the key {_shown(BY_CLIENT)}, or mend names.client_index",
        )
    elif by_client.keys != BY_CLIENT:
        yield Finding(
            f"index {names.client_index} has the key {_shown(by_client.keys)}, expected {_shown(BY_CLIENT)}",
            "create it anew with this key",
        )
    elif not by_client.whole:
        yield Finding(
            f"index {names.client_index} holds a part of each record only",
            "create it anew with the projection ALL: records are read from it",
        )
    if all(index.keys != BY_ACTIVITY for index in seen.indexes):
        yield Finding(
            f"table {names.table} has no index with the key {_shown(BY_ACTIVITY)}",
            "add status-lastActivityAt-index with this key",
        )
    if seen.ends_by != TTL:
        yield Finding(
            f"table {names.table} deletes by {seen.ends_by or 'no attribute'}, expected {TTL}",
            f"switch its time to live on, for the attribute {TTL}",
        )


def held(seen: Holder | None) -> Iterator[Finding]:
    """Another run that has the deployment to itself."""
    if seen is not None and not seen.lapsed:
        yield Finding(
            f"the deployment is held by {seen}",
            f"wait until that has ended; if it was killed, its hold lapses by itself at {seen.until:%H:%M:%S} UTC",
        )


def open_sessions(seen: Sequence[SessionRecord], mark: Mark) -> Iterator[Finding]:
    """Sessions that have not ended: other people's, whose tasks a run would stop, and the suite's own."""
    own = [one for one in seen if mark.owns_client(one.client_id)]
    others = [one for one in seen if one not in own]
    if others:
        clients = sorted({one.client_id or "nobody known" for one in others})
        yield Finding(
            f"other people use the platform: open sessions of {', '.join(clients)}",
            "wait until they have ended: a run stops the tasks that they are on",
        )
    if own:
        yield Finding(
            f"sessions of the suite's own are open: {', '.join(sorted(one.session_id for one in own))}",
            "wait for the other run to end, or clear a killed one away by `python -m acceptance sweep`",
        )


def _shown(keys: Keys) -> str:
    return " + ".join(f"{name} ({kind})" for name, kind in keys)

"""People who might be taken for the owner of a workspace, and where the contract puts theirs."""

from __future__ import annotations

from acceptance.drivers.mailbox import Mailbox
from acceptance.drivers.workspace import Workspace, Workspaces
from acceptance.journeys.customer_session import Customer, CustomerSession


def newcomer(who: str, owner: Customer, other_client: str, mailbox: Mailbox) -> Customer:
    """Somebody in the words of the feature, told apart from the owner by one thing; KeyError for other words."""
    local, _, domain = owner.user_id.partition("@")
    return {
        "another person of the same client": Customer(owner.client_id, f"{local}.other@{domain}"),
        "the same person at another client": Customer(other_client, owner.user_id),
        "the same name at another domain": Customer(owner.client_id, mailbox.elsewhere(owner.user_id)),
    }[who]


def workspace_of(workspaces: Workspaces, session: CustomerSession, owner: CustomerSession) -> Workspace:
    """A newcomer's workspace: where the owner's is not, if client and local part are the same."""
    mine, hers = session.customer, owner.customer
    wanted = workspaces.of(mine.client_id, mine.user_id)
    if mine != hers and wanted.folder == workspaces.of(hers.client_id, hers.user_id).folder:
        return workspaces.of_newcomer(mine.client_id, mine.user_id)
    return wanted

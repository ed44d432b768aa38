"""One session of a customer, and what can be observed of it, each with the patience that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from acceptance.drivers.git import Commit
from acceptance.drivers.http import Answer
from acceptance.drivers.mailbox import Received
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_api import Activation
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.workspace import Workspace
from acceptance.journeys.timeline import Timeline
from acceptance.journeys.workspace_state import RepositoryState, order_of
from acceptance.waiting.errors import CommandFailed, Unreachable
from acceptance.waiting.observed import IN_A_ROW, Observed
from acceptance.waiting.waits import Deadline

LOG_EVERY = timedelta(seconds=0.25)
"""Between two looks into a repository: each is a command in a task, beside the work that is waited for."""


@dataclass(frozen=True)
class Customer:
    """Somebody with an address, at a client."""

    client_id: str
    user_id: str

    def __str__(self) -> str:
        return f"{self.user_id} of {self.client_id}"


@dataclass
class CustomerSession:
    """One session of a customer: what the API answered, what was asked, and when each stage was reached."""

    customer: Customer
    activation: Activation
    asked_at: datetime
    timeline: Timeline
    instructions: list[str]
    platform: Platform = field(repr=False)
    browsers: list[OpenPage] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    """How much the open page had been sent when each further instruction was given."""

    @property
    def session_id(self) -> str:
        """The session's identifier."""
        return self.activation.session_id

    @property
    def preview_url(self) -> str:
        """The preview's address, with a slash at the end."""
        return self.activation.preview_url

    @property
    def branch(self) -> str:
        """The branch of its thread, as the contract names it."""
        return f"thread-{self.activation.thread_id}"

    @property
    def browser(self) -> OpenPage:
        """The last browser that opened the preview; LookupError if none did."""
        if not self.browsers:
            raise LookupError(f"session {self.session_id}: no browser has its preview open")
        return self.browsers[-1]

    def ask(self, *instructions: str) -> None:
        """Send further instructions, each as soon as the one before is accepted; the open page is to show each."""
        for instruction in instructions:
            if self.browsers:
                self.marks.append(self.browser.mark())
            self.instructions.append(instruction)
            self.platform.sessions.instruct(self.session_id, instruction)

    @property
    def workspace(self) -> Workspace:
        """The customer's workspace, where the contract puts the first owner of a name."""
        return self.platform.workspaces.of(self.customer.client_id, self.customer.user_id)

    @property
    def record(self) -> SessionRecord:
        """Its record as it is now; UnknownSession if there is none."""
        return self.platform.records.get(self.session_id)

    @property
    def on_record(self) -> Observed[SessionRecord | None]:
        """Its record, or that there is none."""
        look = partial(self.platform.records.find, self.session_id)
        patience = self.platform.profile.patience
        return Observed(str(self), look, within=patience.wake, every=patience.poll)

    def health(self, deadline: Deadline | None = None) -> Answer:
        """What the preview's own health page answers: no visit."""
        return self.platform.preview.health(self.preview_url, deadline=deadline)

    @property
    def home_page(self) -> Observed[Answer]:
        """What a visitor of the preview's address gets."""
        return self.page()

    def page(self, name: str = "") -> Observed[Answer]:
        """What a visitor of a page of the site gets, by its path below the preview."""
        url = self.preview_url + name.lstrip("/")

        def look(deadline: Deadline) -> Answer:
            return self.platform.preview.get(url, deadline=deadline)

        return Observed(
            url,
            look,
            within=self.platform.profile.patience.instruction,
            every=self.platform.profile.patience.poll,
            steadily=IN_A_ROW,
            transient=(Unreachable,),
        )

    @property
    def open_page(self) -> Observed[OpenPage]:
        """The page that the last browser has open: what it was sent, and whether it is connected."""
        browser = self.browser
        patience = self.platform.profile.patience
        return Observed(f"browser on {self}", lambda: browser, within=patience.instruction)

    @property
    def history(self) -> Observed[Sequence[Commit]]:
        """The commits of its thread's branch, newest first; a workspace that is not there yet is waited for."""
        log = partial(self.workspace.git.log, self.branch)
        within = self.platform.profile.patience.recovery
        not_yet = (CommandFailed,)
        return Observed(f"history of {self}", log, within=within, every=LOG_EVERY, transient=not_yet)

    @property
    def repository(self) -> Observed[RepositoryState]:
        """Whether its thread's branch is sound, committed and pushed."""
        look = partial(order_of, self.workspace.git, self.branch)
        within = self.platform.profile.patience.instruction
        return Observed(f"repository of {self.customer}", look, within=within, every=LOG_EVERY)

    @property
    def last_commit(self) -> Observed[str | None]:
        """The commit that its record names."""
        patience = self.platform.profile.patience
        return Observed(
            f"last commit on the record of {self}",
            lambda: self.record.last_commit,
            within=patience.instruction,
            every=patience.poll,
        )

    @property
    def inbox(self) -> Observed[Sequence[Received]]:
        """All mail that its customer has."""
        look = partial(self.platform.mailbox.inbox, self.customer.user_id)
        patience = self.platform.profile.patience
        return Observed(f"inbox of {self.customer}", look, within=patience.mail, every=patience.poll)

    def __str__(self) -> str:
        return f"session {self.session_id} of {self.customer}"

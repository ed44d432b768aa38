"""The weather of one sandbox: which kinds there are, and where each has its place."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from sandbox.alb.balancer import Manner
from sandbox.aws_access import Keys
from sandbox.aws_api.authorization import Application
from sandbox.aws_api.ecs_tasks import OpenSession
from sandbox.weather import shells
from sandbox.weather.calls import Condition
from sandbox.weather.chance import Chance
from sandbox.weather.door import Door
from sandbox.weather.dynamodb import LateIndex
from sandbox.weather.ecs import BlindTasks, LateAgent, StaleServices
from sandbox.weather.kinds import Kind
from sandbox.weather.lists import Pages
from sandbox.weather.sqs import LateCounts
from sandbox.weather.throttling import Throttling

CONDITIONS: tuple[tuple[Kind, Callable[[Chance], Condition]], ...] = (
    (Kind.THROTTLING, Throttling),
    (Kind.PAGES, Pages),
    (Kind.BLIND_TASKS, BlindTasks),
    (Kind.STALE_SERVICES, StaleServices),
    (Kind.LATE_AGENT, LateAgent),
    (Kind.LATE_INDEX, LateIndex),
    (Kind.LATE_COUNTS, LateCounts),
)
"""What lies between the clients and the AWS API, the outermost first: what is refused was not looked at, and a page is
cut from what is to be seen."""

MAIL_S = (10.0, 40.0)
"""How long a mail is under way through SES. AWS promises nothing of it; the other side's servers may take longer."""


LATER_NODES = 2
LATER_S = 10.0
"""An Application Load Balancer has a node in each of its zones at least (ELB guide, "How Elastic Load Balancing
works"), and a client's connection comes to any. How far apart they learn of a rule is in no document; some seconds is
what users see.

That a group of nothing but new targets gets requests while these are `initial` is what users report
(open-guides/og-aws#116); AWS's own page says that a target receives none before its first health check."""


class Weather:
    """Some kinds of weather with their chances. None is a sandbox as it is by itself."""

    def __init__(self, kinds: Collection[Kind] = (), seed: int = 1) -> None:
        self._kinds = kinds
        self._seed = seed

    def before(self, application: Application, own: Keys) -> Application:
        """The AWS API behind its weather; `own` are the keys of the sandbox's machinery, which meets none."""
        conditions = [kind_of(self._chance(kind)) for kind, kind_of in CONDITIONS if kind in self._kinds]
        return Door(application, conditions, frozenset({own.id})) if conditions else application

    def shells(self, open_session: OpenSession, in_use: Callable[[str], bool]) -> OpenSession:
        """How ExecuteCommand opens a session; `in_use` tells by a task's ARN whether one is open."""
        return shells.one_at_a_time(open_session, in_use) if Kind.ONE_SHELL in self._kinds else open_session

    def mail_s(self) -> Callable[[], float]:
        """Tells of each mail how many seconds it is under way."""
        chance = self._chance(Kind.LATE_MAIL)
        return (lambda: chance.between(*MAIL_S)) if Kind.LATE_MAIL in self._kinds else (lambda: 0.0)

    def balancer(self) -> Manner:
        """How the load balancer is."""
        later = [
            partial(self._chance(f"{Kind.NODES} {number}").between, 0.0, LATER_S)
            for number in range(LATER_NODES)
        ]
        return Manner(later if Kind.NODES in self._kinds else (), Kind.INITIAL_TARGETS in self._kinds)

    def _chance(self, kind: str) -> Chance:
        return Chance(self._seed, kind)

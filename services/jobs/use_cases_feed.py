"""What the host application may tell us."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.database import Database
from chassis.facts import Fact, rounds
from chassis.identity import Caller
from chassis.times import check_occurred
from services.jobs import store_facts


class Feed:
    """Takes facts."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` is aware of its time zone."""
        self._database = database
        self._now = now

    async def apply(self, caller: Caller, facts: Sequence[Fact]) -> None:
        """Take a batch whole, or not at all."""
        check_occurred((fact.occurred_at for fact in facts), self._now())
        async with self._database.begin() as queries:
            await store_facts.serialise(queries, caller.workspace)
            for some in rounds(facts):
                await store_facts.take(queries, caller.workspace, some)

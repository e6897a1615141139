"""Everything that can happen to the claims of one person, in any order, against the real SQL and a small model.

Time passes by whole hours, and only by moving the times in the rows; a test run takes less than that.
"""

import asyncio
import itertools
import random
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chassis.database import Database, DatabaseSettings
from chassis.identity import Caller
from services.presence import store_expiry, store_people
from services.presence.domain import MANUAL, MANUAL_PRIORITY, Claim, Draft, Expiry, Saying, StatusEmpty
from services.presence.store_expiry import Key
from services.presence.use_cases import Statuses
from tests.services.presence.ageing import SHIFT

HOUR = timedelta(hours=1)
NUMBERS = itertools.count(1)
HOURS = st.none() | st.integers(1, 3)
SAYINGS = st.builds(Saying, st.sampled_from(["", "🎯"]), st.sampled_from(["", "a", "b"]), st.booleans())
FIELDS = st.frozensets(st.sampled_from(["emoji", "text", "dnd", "expiry"]), min_size=1)
NAMES = st.sampled_from(["call", "meeting", "holiday"])
Answer = TypeVar("Answer")


class World:
    """A database, used from outside of any event loop."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        """`runner` has the event loop."""
        self._runner = runner
        self.database = self.run(Database.connect(DatabaseSettings(url, database_pool_size=2), "tests"))
        self._connection = self.run(asyncpg.connect(url))

    def run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer."""
        return self._runner.run(call)

    def sql(self, statement: str, *arguments: object) -> list[Any]:
        """The rows of a statement."""
        rows: list[Any] = self.run(self._connection.fetch(statement, *arguments))
        return rows

    def close(self) -> None:
        """Close the connections."""
        self.run(self._connection.close())
        self.run(self.database.aclose())


@dataclass
class Row:
    """A claim as the model knows it: it may have ended, and then waits to be deleted."""

    priority: int
    saying: Saying
    ends: int | None
    number: int
    key: uuid.UUID


class Claims(RuleBasedStateMachine):
    """One person; `rows` is what must be in the database, by claim id."""

    def __init__(self, world: World) -> None:
        """A person of whom nothing is known yet."""
        super().__init__()
        self.world = world
        self.caller = Caller(f"w-{next(NUMBERS)}", "ann")
        self.statuses = Statuses(world.database, self.new_id, lambda _: None)
        self.rows: dict[str, Row] = {}
        # Every ring that was ever due to come, as often as it may come.
        self.rings: list[Key] = []
        self.made = uuid.uuid4()
        self.hour = 0

    def new_id(self) -> uuid.UUID:
        self.made = uuid.uuid4()
        return self.made

    def teardown(self) -> None:
        self.world.sql("truncate presence.claims")

    def ended(self, row: Row) -> bool:
        return row.ends is not None and row.ends <= self.hour

    def live(self) -> list[tuple[str, Row]]:
        live = [(id_, row) for id_, row in self.rows.items() if not self.ended(row)]
        return sorted(live, key=lambda each: (-each[1].priority, -each[1].number, each[0]))

    def take(self, draft: Draft, ends: int | None) -> None:
        self.rows[draft.id] = Row(draft.priority, draft.saying, ends, len(self.rings), self.made)
        self.rings.append((self.caller.workspace, "ann", draft.id, self.made))

    @rule(name=NAMES | st.just(MANUAL), priority=st.sampled_from([10, 50, 90]), saying=SAYINGS, hours=HOURS)
    def set_or_claim(self, name: str, priority: int, saying: Saying, hours: int | None) -> None:
        priority = MANUAL_PRIORITY if name == MANUAL else priority
        expiry = Expiry(after=hours * HOUR if hours else None)
        draft = Draft(name, source_of(name), priority, saying, expiry)
        if not any(saying):
            with pytest.raises(StatusEmpty):
                self.world.run(self.statuses.put(self.caller, draft))
            return
        self.world.run(self.statuses.put(self.caller, draft))
        self.take(draft, self.hour + hours if hours else None)

    @rule(saying=SAYINGS, hours=HOURS, fields=FIELDS)
    def patch(self, saying: Saying, hours: int | None, fields: frozenset[str]) -> None:
        before = dict(self.live()).get(MANUAL)
        old = before.saying if before else Saying("", "", dnd=False)
        after = Saying(*(getattr(saying if name in fields else old, name) for name in Saying._fields))
        draft = Draft(MANUAL, MANUAL, MANUAL_PRIORITY, saying, Expiry(after=hours * HOUR if hours else None))
        kept = before.ends if before else None
        try:
            self.world.run(self.statuses.update(self.caller, draft, fields))
        except StatusEmpty:
            assert not any(after)
            return
        assert any(after)
        ends = (self.hour + hours if hours else None) if "expiry" in fields else kept
        self.take(Draft(MANUAL, MANUAL, MANUAL_PRIORITY, after, Expiry()), ends)

    @rule(name=NAMES | st.just(MANUAL))
    def clear(self, name: str) -> None:
        self.world.run(self.statuses.clear(self.caller, source_of(name), name))
        self.rows.pop(name, None)

    @rule(hours=st.integers(1, 3))
    def time_passes(self, hours: int) -> None:
        """Whatever ends meanwhile is not rung for; only for what was replaced the rings come now, stale."""
        self.world.sql(SHIFT, hours * HOUR)
        self.hour += hours
        current = {row.key for row in self.rows.values()}
        stale = [key for key in self.rings if key[3] not in current]
        assert self.world.run(store_expiry.expire(self.world.database, stale)) == 0

    @precondition(lambda self: self.rings)
    @rule(chosen=st.data(), times=st.integers(1, 2))
    def ring(self, chosen: Any, times: int) -> None:
        """In time, early, late, for several claims at once, once or twice."""
        keys = chosen.draw(st.lists(st.sampled_from(self.rings), min_size=1, max_size=4))
        due = {id_ for id_, row in self.rows.items() if self.ended(row) and row.key in {key[3] for key in keys}}
        counts = [self.world.run(store_expiry.expire(self.world.database, keys)) for _ in range(times)]
        assert counts == [len(due), 0][:times]
        for id_ in due:
            del self.rows[id_]

    @rule(late=st.sampled_from([0, 1.5]))
    def sweep(self, late: float) -> None:
        found = {id_ for id_, row in self.rows.items() if row.ends is not None and row.ends + late <= self.hour}
        assert self.world.run(store_expiry.sweep(self.world.database, late * 3600, 100)) == len(found)
        for id_ in found:
            del self.rows[id_]

    @rule(seed=st.randoms(use_true_random=False))
    def everybody_at_once(self, seed: random.Random) -> None:
        """Two hands with every ring there ever was, and two replicas."""
        database, keys = self.world.database, self.rings
        orders = [seed.sample(keys, len(keys)) for _ in range(2)]  # first: it may end the example
        work = [store_expiry.expire(database, order) for order in orders]
        work += [store_expiry.sweep(database, 0, 100) for _ in range(2)]
        counts = self.world.run(gathered(work))
        gone = {id_ for id_, row in self.rows.items() if self.ended(row)}
        # A sweep may pass by what a hand is at; between the four nothing is left.
        assert sum(counts) == len(gone)
        for id_ in gone:
            del self.rows[id_]

    @invariant()
    def is_read_as_it_is(self) -> None:
        claims = self.world.run(self.statuses.get(self.caller))
        expected = [(id_, row.priority, row.saying, row.ends) for id_, row in self.live()]
        assert [(each.id, each.priority, each.saying, self.ends(each)) for each in claims] == expected
        said = self.world.run(store_people.read(self.world.database, self.caller.workspace, ["ann"]))["ann"]
        top = self.live()[0][1].saying if self.live() else Saying("", "", dnd=False)
        assert (said.emoji, said.text) == top[:2]
        assert (said.status_hold is not None) == any(row.saying.dnd for _, row in self.live())

    @invariant()
    def is_due_when_it_ends(self) -> None:
        due = self.world.run(store_expiry.due(self.world.database, 1.5 * 3600, 100))
        soon = {(id_, row.key) for id_, row in self.rows.items() if row.ends is not None and row.ends <= self.hour + 1}
        assert {(each.claim_id, each.expiry_id) for each in due} == soon
        assert self.world.sql("select count(*) from presence.claims")[0][0] == len(self.rows)

    def ends(self, claim: Claim) -> int | None:
        [now] = self.world.sql("select now()")[0]
        return None if claim.expires_time is None else self.hour + round((claim.expires_time - now) / HOUR)


def source_of(name: str) -> str:
    """Who sets a claim of that name."""
    return MANUAL if name == MANUAL else "source"


async def gathered(work: list[Coroutine[Any, Any, int]]) -> list[int]:
    return list(await asyncio.gather(*work))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """No claims."""
    with asyncio.Runner() as runner:
        world = World(runner, database_url)
        yield world
        world.close()


@pytest.mark.slow
def test_whatever_happens_claims_end_when_they_should(world: World) -> None:
    class Here(Claims):
        def __init__(self) -> None:
            super().__init__(world)

    few = settings(max_examples=25, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=few)

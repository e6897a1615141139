"""Everything that can happen to jobs, in any order, against the real SQL and a small model.

Time passes by tens of seconds and by hours, and only by moving the times in the rows; a run takes less than five
seconds, and no moment of the model lies nearer to another than that, unless at it.
"""

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import asyncpg
import pytest
import uuid_utils.compat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chassis.database import Database, DatabaseSettings
from services.jobs import store_admin, store_claim, store_lease, store_upkeep
from services.jobs.domain import Progress
from services.jobs.store_lease import Beat, Done, Failed, Outcome, Report, Stopped
from tests.services.jobs.model import CAPS, FRESH, KIND, Model
from tests.services.jobs.stage import BUSY, CLEAR, WRONG, Stage

Answer = TypeVar("Answer")
USERS = st.sampled_from(["ann", "bob"])
PICKS = st.integers(0, 1000)
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from([Done(b"x"), Failed(BUSY, 5), Failed(WRONG, None), Stopped()])
SHOWN = "select id, status, attempt, crashes, turn, lease_token, died_at is not null as dead from jobs.jobs order by id"


class World:
    """A database, used from outside of any event loop."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        """`runner` has the event loop."""
        self._runner = runner
        database = self.run(Database.connect(DatabaseSettings(url, database_pool_size=2), "tests"))
        self.stage = Stage(database, self.run(asyncpg.connect(url)))
        self.run(self.days())

    def run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer."""
        return self._runner.run(call)

    async def days(self) -> None:
        """Make the days of the archive."""
        async with self.stage.database.begin() as queries:
            await store_upkeep.partitions(queries)

    def close(self) -> None:
        """Close the connections."""
        self.run(self.stage.connection.close())
        self.run(self.stage.database.aclose())


class Jobs(RuleBasedStateMachine):
    """Two people and their jobs."""

    def __init__(self, world: World) -> None:
        """No job yet."""
        super().__init__()
        self.world, self.stage, self.model = world, world.stage, Model()
        # Every lease that there ever was.
        self.leases: list[store_lease.Held] = [(uuid.uuid4(), uuid.uuid4())]

    def teardown(self) -> None:
        # All that ever happened is in the events, so this is soon enough.
        self.world.run(self.stage.check())
        self.world.run(self.stage.connection.execute(CLEAR))

    def job(self, pick: int) -> uuid.UUID:
        ids = [*self.model.jobs, uuid.uuid4()]
        return ids[pick % len(ids)]

    def lease(self, pick: int) -> store_lease.Held:
        return self.leases[-1 - pick % len(self.leases)]

    @rule(user=USERS, request=st.sampled_from(["", "", "k"]), body=st.sampled_from([b"a", b"b"]), dedupe=st.booleans())
    def create(self, user: str, request: str, body: bytes, dedupe: bool) -> None:
        id_ = uuid_utils.compat.uuid7()
        expected = self.model.create(id_, user, request, body, dedupe)
        more = {"request_id": request, "fingerprint": body, "dedupe_key": "d" if dedupe else "", "id": id_}
        making = self.stage.create(user, KIND, CAPS, **more)
        if isinstance(expected, type):
            with pytest.raises(expected):
                self.world.run(making)
            return
        job, replayed = self.world.run(making)
        assert (job.id, replayed) == (expected, expected != id_)

    @rule(slots=st.integers(1, 4), worker=st.sampled_from(["w1", "w2"]))
    def claim(self, slots: int, worker: str) -> None:
        more = {"kinds": (KIND,), "caps": CAPS}
        claimed = self.world.run(self.stage.claim(slots, KIND, name=worker, **more))
        assert [job.id for job in claimed] == self.model.claim(worker, slots)
        for job in claimed:
            self.model.jobs[job.id].token = job.token
            self.leases.append((job.id, job.token))

    @rule(picks=st.lists(PICKS, max_size=4))
    def beat(self, picks: list[int]) -> None:
        held = list({self.lease(pick) for pick in picks})
        beats = self.world.run(store_lease.beat(self.stage.database, held))
        canceling = self.model.beat(held)
        assert beats == {token: Beat.CANCELING if each else Beat.HELD for token, each in canceling.items()}

    @rule(pick=PICKS)
    def progress(self, pick: int) -> None:
        said = Report(Progress(pick))
        kept = self.world.run(store_lease.progress(self.stage.database, *self.lease(pick), said))
        assert kept is bool(self.model.held(self.lease(pick)))

    @rule(pick=st.integers(0, 3) | PICKS, outcome=OUTCOMES)
    def finish(self, pick: int, outcome: Outcome) -> None:
        status = self.world.run(store_lease.finish(self.stage.database, *self.lease(pick), outcome))
        assert status == self.model.finish(self.lease(pick), outcome)
        if isinstance(outcome, Stopped):
            self.time_passes(10)

    @rule(picks=st.lists(PICKS, max_size=3))
    def release(self, picks: list[int]) -> None:
        held = list({self.lease(pick) for pick in picks})
        released = self.world.run(store_lease.release(self.stage.database, held))
        assert released == self.model.release(held)

    @rule(pick=PICKS)
    def cancel(self, pick: int) -> None:
        id_ = self.job(pick)
        user = self.model.jobs[id_].user if id_ in self.model.jobs else "ann"
        assert self.world.run(self.stage.cancel(id_, user)) == self.model.cancel(id_)

    @rule()
    def reap(self) -> None:
        reaped = self.world.run(store_upkeep.reap(self.stage.database, 100))
        assert sorted(reaped) == sorted(self.model.reap())
        # Lest the second or two that a crash delays a job pass by themselves.
        self.time_passes(10)

    @rule(seconds=st.sampled_from([10, 10, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.run(self.stage.pass_(seconds))
        self.model.clock += seconds

    @rule()
    def put_away(self) -> None:
        assert self.world.run(store_upkeep.put_away(self.stage.database, 100)) == self.model.put_away()

    @rule(pick=PICKS)
    def redrive(self, pick: int) -> None:
        id_, new = self.job(pick), uuid_utils.compat.uuid7()
        letter = self.world.run(store_admin.redrive(self.stage.database, "w", id_, new))
        assert (letter.redriven_as if letter else None) == self.model.redrive(id_, new)

    @rule(pick=PICKS)
    def purge(self, pick: int) -> None:
        self.world.run(store_admin.purge(self.stage.database, "w", self.job(pick)))
        self.model.purge(self.job(pick))

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        rows = [tuple(row) for row in self.world.run(self.stage.sql(SHOWN))]
        assert rows == self.model.rows()
        archived = self.world.run(self.stage.sql("select id from jobs.archive order by id"))
        assert [row[0] for row in archived] == self.model.archived()


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A database for one machine, in which a job is fresh for longer than a run takes."""
    monkeypatch.setattr(store_claim, "FRESH_SECONDS", FRESH)
    store_claim._claim.cache_clear()
    with asyncio.Runner() as runner:
        world = World(runner, database_url)
        yield world
        world.close()
    store_claim._claim.cache_clear()


def test_jobs_do_what_the_model_does(world: World) -> None:
    class Here(Jobs):
        def __init__(self) -> None:
            super().__init__(world)

    few = settings(max_examples=15, stateful_step_count=30, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=few)

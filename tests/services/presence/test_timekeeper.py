"""The timekeeper, on a clock that runs only while it waits."""

import asyncio
import uuid
from collections.abc import Callable
from itertools import cycle

import pytest
from structlog.testing import capture_logs

from chassis.database import DatabaseAway
from services.presence import timekeeper as module
from services.presence.store_expiry import Due
from services.presence.timekeeper import KEYS_A_RING, Timekeeper, Timer


class World(Timer):
    """Claims that expire, a clock, and a worker: all that a timekeeper knows."""

    def __init__(self) -> None:
        """Nothing is set yet."""
        self.time = 1000.0
        self.rows: dict[uuid.UUID, float] = {}
        self.gone: dict[uuid.UUID, float] = {}
        self.looks: list[float] = []
        self.sweeps: list[float] = []
        self.rings: list[tuple[float, list[uuid.UUID]]] = []
        self.worker = self.database = True
        # How long a question takes to the database, and its answer back.
        self.ways: Callable[[], tuple[float, float]] = lambda: (0.001, 0.001)
        # So many seconds pass for the database in each of ours.
        self.rate = 1.0
        self.events: list[tuple[float, Callable[[], object]]] = []
        self.keeper = Timekeeper(self.look, self.sweep, self.ring, self)

    def set(self, seconds: float) -> uuid.UUID:
        """Set a claim that expires in so many seconds."""
        expiry = uuid.uuid4()
        self.rows[expiry] = self.time + seconds
        return expiry

    def at(self, moment: float, event: Callable[[], object]) -> None:
        """Have something happen at a moment, in seconds from the start."""
        self.events.append((1000.0 + moment, event))
        self.events.sort(key=lambda each: each[0])

    @property
    def database_time(self) -> float:
        """The time of the database."""
        return 1000.0 + (self.time - 1000.0) * self.rate

    def now(self) -> float:
        """Tell the time."""
        return self.time

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Let the time pass, and what happens in it happen."""
        until = self.time + seconds
        await asyncio.sleep(0)  # rings run now
        while not event.is_set() and self.events and self.events[0][0] <= until:
            self.time, happens = self.events.pop(0)
            happens()
            await asyncio.sleep(0)
        if not event.is_set():
            self.time = max(self.time, until)

    async def look(self, within: float, limit: int) -> list[Due]:
        """See what is due."""
        self._ask(self.looks)
        there, back = self.ways()
        self.time += there
        now = self.database_time
        found = sorted((at - now, expiry) for expiry, at in self.rows.items() if at <= now + within)
        self.time += back
        return [Due("w", "u", "c", expiry, seconds) for seconds, expiry in found[:limit]]

    async def sweep(self, grace: float, limit: int) -> int:
        """Delete what is overdue."""
        self._ask(self.sweeps)
        overdue = [expiry for expiry, at in self.rows.items() if at <= self.database_time - grace][:limit]
        for expiry in overdue:
            self._end(expiry)
        return len(overdue)

    async def ring(self, keys: list[list[str]]) -> None:
        """Have the worker delete what is due."""
        expiries = [uuid.UUID(key[3]) for key in keys]
        self.rings.append((self.time, expiries))
        now = self.database_time
        for expiry in expiries if self.worker else []:
            if self.rows.get(expiry, now + 1) <= now:
                self._end(expiry)

    async def run(self, seconds: float) -> None:
        """Keep time for so long."""
        keeping = asyncio.create_task(self.keeper.run())
        self.at(seconds, keeping.cancel)
        with pytest.raises(asyncio.CancelledError):
            await keeping

    def _ask(self, asked: list[float]) -> None:
        asked.append(self.time)
        if not self.database:
            raise DatabaseAway

    def _end(self, expiry: uuid.UUID) -> None:
        self.gone[expiry] = self.database_time - self.rows.pop(expiry)


async def test_each_is_rung_for_once_when_it_is_due() -> None:
    world = World()
    expiries = [world.set(0.01 + number * 6.18 % 20) for number in range(300)]
    await world.run(21)
    assert sorted(expiry for _, batch in world.rings for expiry in batch) == sorted(expiries)
    assert max(world.gone[expiry] for expiry in expiries) < 0.01
    assert len(world.looks) <= 22


async def test_those_due_together_are_rung_for_together() -> None:
    world = World()
    for number in range(250):
        world.set(0.5 + number * 0.000_01)
    await world.run(1)
    sizes = [len(batch) for _, batch in world.rings]
    assert sum(sizes) == 250
    assert max(sizes) <= KEYS_A_RING
    assert len(sizes) <= 5
    assert max(world.gone.values()) < 0.01


async def test_a_slow_answer_makes_nothing_late_that_was_seen_with_what_was_seen_before() -> None:
    world = World()
    seen_twice, seen_once = world.set(1.2), world.set(1.5)
    world.at(0.9, lambda: setattr(world, "ways", lambda: (0.001, 0.08)))
    await world.run(1.9)
    assert 0 <= world.gone[seen_twice] < 0.005
    assert 0 <= world.gone[seen_once] < 0.005


@pytest.mark.parametrize("rate", [0.999_9, 1, 1.000_1])
async def test_it_never_rings_early_whatever_the_ways_take_and_though_the_clocks_differ(rate: float) -> None:
    world = World()
    world.rate = rate
    there, back = cycle([0.02, 0.001, 0.03, 0.005, 0.01]), cycle([0.03, 0.025, 0.01, 0, 0.03, 0.02, 0.015])
    world.ways = lambda: (next(there), next(back))
    expiries = [world.set(0.1 + number / 20) for number in range(600)]
    await world.run(31)
    # The worker leaves what is rung for too early, to the sweep.
    assert max(world.gone[expiry] for expiry in expiries) < 0.1
    assert sorted(world.gone.values())[300] < 0.005


async def test_without_a_worker_it_does_the_work_itself() -> None:
    world = World()
    world.worker = False
    expiries = [world.set(0.01 + number * 6.18 % 10) for number in range(200)]
    await world.run(11)
    assert max(world.gone[expiry] for expiry in expiries) <= 0.21
    assert min(world.gone[expiry] for expiry in expiries) >= 0.1
    assert len(world.sweeps) < 220


async def test_nothing_near_costs_one_look_a_second() -> None:
    world = World()
    world.set(3600)
    await world.run(60)
    assert len(world.looks) == 60
    assert not world.sweeps
    assert not world.rings


@pytest.mark.parametrize("seconds", [0.001, 0.03, 0.2, 0.6])
async def test_a_nudge_finds_what_was_set_between_two_looks(seconds: float) -> None:
    world = World()

    def set_one() -> None:
        world.set(seconds)
        world.keeper.nudge(seconds)

    world.at(0.3, set_one)
    await world.run(0.99)
    [late] = world.gone.values()
    assert late < 0.025
    assert len(world.looks) == 2


async def test_many_nudges_cost_few_looks() -> None:
    world = World()

    def set_one() -> None:
        world.set(0.5)
        world.keeper.nudge(0.5)

    for number in range(1000):
        world.at(number / 1000, set_one)
    await world.run(2)
    assert len(world.gone) == 1000
    assert max(world.gone.values()) < 0.025
    assert len(world.looks) < 10


async def test_what_became_overdue_while_nobody_looked_is_swept_at_once() -> None:
    world = World()
    for number in range(1200):
        world.rows[uuid.uuid4()] = world.time - 1 - number
    await world.run(0.05)
    assert not world.rows
    assert len(world.sweeps) == 3
    assert not world.rings


async def test_more_than_one_look_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_LIMIT", 10)
    world = World()
    for number in range(45):
        world.set(0.1 + number / 100)
    await world.run(1)
    assert len(world.gone) == 45
    assert max(world.gone.values()) < 0.025
    assert len(world.looks) < 10


async def test_what_was_replaced_or_cleared_is_not_rung_for_again() -> None:
    world = World()
    old = world.set(1.2)
    world.at(0.5, lambda: world.rows.pop(old))
    world.at(0.6, lambda: world.set(0.9))
    await world.run(2)
    assert [len(batch) for _, batch in world.rings] == [1]
    assert world.rings[0][1] != [old]


async def test_a_database_that_is_away_is_asked_ever_less_and_told_of_once() -> None:
    world = World()
    expiry = world.set(5)

    world.at(2.5, lambda: setattr(world, "database", False))
    world.at(12.5, lambda: setattr(world, "database", True))
    with capture_logs() as logs:
        await world.run(14)
    assert [line["event"] for line in logs] == ["away", "back"]
    assert len([look for look in world.looks if 1003 < look < 1012]) <= 13
    assert world.gone[expiry] < 8.6
    assert len([look for look in world.looks if look > 1013.6]) <= 1

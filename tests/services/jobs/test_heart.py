"""Leases are kept up whatever the event loop of the jobs is doing, and given up in time when they cannot be."""

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import uuid_utils.compat

from chassis.database import Database, DatabaseSettings
from services.jobs import store_claim, store_create
from services.jobs.domain import Caps, Claimed, Kind, Owner, Queue
from services.jobs.heart import Heart, News, Pace
from services.jobs.store_claim import Worker
from services.jobs.store_create import New
from tests.chassis.gate import gated
from tests.services.jobs.crew import until

LEASE = 2.0
PACE = Pace(lease=LEASE, beat=LEASE / 5)
KIND = Kind("nap", Queue.INTERACTIVE)


class Ward:
    """A job that is claimed, and a heart for it."""

    def __init__(self, job: Claimed, connection: Any) -> None:
        """The job was claimed a moment ago."""
        self.job, self._connection = job, connection
        self.claimed = time.monotonic()
        self.news: list[tuple[float, UUID, News]] = []

    def told(self, token: UUID, news: News) -> None:
        """Hear of it."""
        self.news.append((time.monotonic() - self.claimed, token, news))

    @asynccontextmanager
    async def held(self, url: str, *, until: float = 60.0, pace: Pace = PACE) -> AsyncIterator[Heart]:
        """Let the heart beat."""
        heart = Heart(DatabaseSettings(url), pace)
        heart.hold(self.job.id, self.job.token, self.claimed, self.claimed + until)
        heart.start(self.told)
        yield heart
        await heart.end()

    async def left(self) -> float:
        """Seconds until the lease ends."""
        left = "select extract(epoch from lease_until - now())::float from jobs.jobs where id = $1"
        return float(await self._connection.fetchval(left, self.job.id))

    async def renewed(self, heart: Heart) -> None:
        """Wait for a beat that begins later than now."""
        now = time.monotonic()
        await until(lambda: heart._holds[self.job.token].renewed > now)

    async def ask(self, sql: str, *values: object) -> None:
        """Do something to the database."""
        await self._connection.execute(sql, *values)


@pytest.fixture
async def ward(database_url: str) -> AsyncIterator[Ward]:
    """A job that somebody has just claimed."""
    database = await Database.connect(DatabaseSettings(database_url, database_pool_size=2), "tests")
    connection = await asyncpg.connect(database_url)
    await connection.execute("truncate jobs.jobs, jobs.events")
    async with database.begin() as queries:
        new = New(Owner("w", "ann"), KIND, b"", "", b"", uuid_utils.compat.uuid7())
        await store_create.create(queries, new, Caps())
    async with database.begin() as queries:
        [job], _ = await store_claim.claim(queries, Worker("me", KIND.queue, [KIND], Caps(), LEASE), 1)
    yield Ward(job, connection)
    await connection.close()
    await database.aclose()


async def test_a_blocked_event_loop_loses_no_lease(ward: Ward, database_url: str) -> None:
    async with ward.held(database_url):
        threading.Event().wait(2 * LEASE)
        assert await ward.left() > LEASE / 2
        await asyncio.sleep(0)
        assert ward.news == []


async def test_a_lease_that_was_taken_away_is_told(ward: Ward, database_url: str) -> None:
    async with ward.held(database_url) as heart:
        await ward.ask("update jobs.jobs set lease_token = $1 where id = $2", uuid4(), ward.job.id)
        await until(lambda: ward.news)
        assert not heart.holds(ward.job.token)
    assert [news for _, *news in ward.news] == [[ward.job.token, News.LOST]]


async def test_a_lease_that_was_taken_anew_by_the_same_process_is_not_taken_for_the_old_one(
    ward: Ward, database_url: str
) -> None:
    async with ward.held(database_url) as heart:
        token = uuid4()
        await ward.ask("update jobs.jobs set lease_token = $1 where id = $2", token, ward.job.id)
        heart.hold(ward.job.id, token, time.monotonic(), math.inf)
        await until(lambda: ward.news)
        assert heart.held() == [(ward.job.id, token)]
    assert [news for _, *news in ward.news] == [[ward.job.token, News.LOST]]


@pytest.mark.parametrize("asked", [False, True])
async def test_a_cancellation_is_told_at_the_next_beat_or_when_asked(
    ward: Ward, database_url: str, asked: bool
) -> None:
    await ward.ask("update jobs.jobs set status = 'canceling'")
    async with ward.held(database_url, pace=Pace(lease=180, beat=60) if asked else PACE) as heart:
        await until(lambda: len(ward.news) == 1)
        if asked:
            heart.beat_soon()
        await until(lambda: len(ward.news) >= 2)
    assert {news for _, _, news in ward.news} == {News.CANCELING}


async def test_a_cut_connection_is_made_again(ward: Ward, database_url: str) -> None:
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cairn-jobs-heart'"
    async with ward.held(database_url) as heart:
        for _ in range(4):
            await ward.renewed(heart)
            await ward.ask(cut)
        await until(lambda: time.monotonic() > ward.claimed + LEASE)
        assert await ward.left() > 0
    assert ward.news == []


@pytest.mark.parametrize("fault", ["shut", "jam"])
async def test_a_lease_that_cannot_be_renewed_is_given_up_before_it_ends(
    ward: Ward, database_url: str, fault: str
) -> None:
    async with gated(database_url) as gate, ward.held(gate.url) as heart:
        await until(lambda: heart._connection is not None)
        if fault == "shut":
            await gate.shut()
        else:
            gate.jam()
        left = await ward.left()
        started = time.monotonic()
        await until(lambda: ward.news)
        assert LEASE * 0.5 < time.monotonic() - started < left
        assert not heart.holds(ward.job.token)
        await gate.open()
        assert ward.news[0][2] is News.UNRENEWED

        async def over() -> bool:
            return await ward.left() < 0

        # What was given up is left alone, although it could be renewed again, but for what was on its way by then.
        await until(over, 2 * LEASE + 1)


async def test_a_short_outage_is_survived(ward: Ward, database_url: str) -> None:
    async with gated(database_url) as gate, ward.held(gate.url) as heart:
        await until(lambda: heart._connection is not None)
        await gate.shut()
        await until(lambda: heart._outage.on)
        await until(lambda: time.monotonic() > heart._holds[ward.job.token].renewed + LEASE / 2)
        await gate.open()
        await ward.renewed(heart)
        assert await ward.left() > LEASE / 2
    assert ward.news == []


async def test_what_goes_on_for_longer_than_it_may_is_given_up(ward: Ward, database_url: str) -> None:
    async with ward.held(database_url, until=0.5):
        await until(lambda: ward.news)
        await until(lambda: time.monotonic() > ward.claimed + 0.5 + LEASE)
        assert await ward.left() < 0
    assert ward.news[0][0] >= 0.5
    assert ward.news[0][2] is News.LOST  # this is not to be handed back, or it would begin again for ever


async def test_a_lease_that_was_dropped_is_no_longer_renewed(ward: Ward, database_url: str) -> None:
    async with ward.held(database_url) as heart:
        heart.drop(ward.job.token)
        await until(lambda: time.monotonic() > ward.claimed + LEASE + 0.2)
        assert await ward.left() < 0
    assert ward.news == []

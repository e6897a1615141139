"""Presence while its processes are killed and its Redis is lost: rows B07, G-B1 to G-B9, H03, H04, H08.

What is asked of everything: by the clock of the database no status is ever read past its expiry, nor gone before; and
whoever watches hears of each end once, or sees it in the next snapshot.
"""

import asyncio
import random
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from chassis.database import Database, DatabaseSettings
from chassis.doorbell import Doorbell
from services.presence import store, store_expiry, store_people
from services.presence.domain import MANUAL, MANUAL_PRIORITY, Draft, Expiry, Saying
from services.presence.store import Owner
from services.presence.timekeeper import EXPIRE, QUEUE
from tests.faults.doomed import FAILPOINTS
from tests.faults.nodes import Site
from tests.faults.rounds import Round, client, observed
from tests.faults.world import until
from tests.services.presence.watching import watching

FAULTS = ("kill the worker", "kill the service", "flush", "restart redis")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Reads and writes without any of the processes."""
    database = await Database.connect(DatabaseSettings(database_url), "tests")
    yield database
    await database.aclose()


async def test_kills_at_any_moment(site: Site, database: Database) -> None:
    """B07: rounds in which people set statuses, one thing falls at a random moment, and all statuses end."""
    seed = time.time_ns()
    structlog.get_logger().info("rounds", seed=seed)
    rng = random.Random(seed)  # noqa: S311 - nothing is secret here
    await site.up(site.service, site.worker)
    for fault in rng.sample(FAULTS, len(FAULTS)):
        start = datetime.now(UTC)
        ends = {f"user-{number}": start + timedelta(seconds=rng.uniform(1, 2.5)) for number in range(40)}
        async with client(site.service) as there:
            round_ = Round(there, database, ends)
            async with observed(round_):
                setting = [asyncio.create_task(round_.set(user, rng.uniform(0, 0.8))) for user in ends]
                await asyncio.sleep(rng.uniform(0.3, 2.2))
                site.strike(fault)
                await asyncio.gather(*setting)
                await round_.over()
        assert round_.went == round_.came, fault
        assert max(round_.went.values(), default=0) <= 1, fault
        await site.up(site.service, site.worker)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_a_death_between_two_steps(site: Site, database: Database, failpoint: str) -> None:
    """Between every commit and what follows it: nothing outlives its expiry, and nothing is told twice."""
    hand = failpoint in ("heard, and not yet deleted", "deleted, and not yet acknowledged")
    doomed, well = (site.worker, site.service) if hand else (site.service, site.worker)
    for node in (site.service, site.worker):
        node.kill()
    # What earlier workers left behind would be its end before it is well.
    site.redis.client.flushall()
    if failpoint != "swept, and nothing noted":  # which it is only where no worker comes
        await site.up(well)
    doomed.start(failpoint)
    await doomed.well()
    async with client(site.service) as there:
        start = datetime.now(UTC)
        # Several, so that whichever hand is quicker, the doomed one comes to its failpoint.
        ends = {f"user-{number}": start + timedelta(seconds=0.7 + number / 5) for number in range(5)}
        round_ = Round(there, database, ends)
        async with observed(round_):
            await asyncio.gather(*(round_.set(user, 0.1) for user in ends))
            await doomed.died()
            doomed.start()
            await round_.over()
    assert round_.went == round_.came
    assert max(round_.went.values(), default=0) <= 1


async def test_without_a_worker_reads_are_exact_and_watchers_hear_soon(site: Site, database: Database) -> None:
    """H08: the replica sweeps up after a worker that is not there."""
    await site.up(site.service)
    site.worker.kill()
    start = datetime.now(UTC)
    ends = {f"user-{number}": start + timedelta(seconds=1.5 + number * 0.0618 % 1) for number in range(40)}
    async with client(site.service) as there:
        round_ = Round(there, database, ends)
        async with observed(round_):
            await asyncio.gather(*(round_.set(user, 0) for user in ends))
            await round_.over()
    late = [(round_.heard[user] - end).total_seconds() for user, end in ends.items()]
    assert round_.acknowledged == set(ends)
    assert min(late) > 0
    assert statistics.median(late) < 2
    assert max(late) < 5


async def test_a_thousand_statuses_of_a_millisecond(site: Site, database: Database) -> None:
    """H03: none lives for ever."""
    await site.up(site.service)
    saying, expiry = Saying("", "Blink", dnd=True), Expiry(after=timedelta(milliseconds=1))
    draft = Draft(MANUAL, MANUAL, MANUAL_PRIORITY, saying, expiry)
    owners = [Owner("blink", f"user-{number}") for number in range(1000)]
    puts = await asyncio.gather(*(store.put(database, owner, draft, uuid.uuid4()) for owner in owners))
    assert all(put.in_future and put.room for put in puts)
    give_up = time.monotonic() + 2
    while await store_expiry.due(database, 3600, 1):
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)
    said = await store_people.read(database, "blink", [owner.user for owner in owners])
    assert not any(each.text or each.status_hold for each in said.values())


async def test_a_timer_without_a_write_and_a_write_without_a_timer(site: Site, database: Database) -> None:
    """H04: the one ends nothing, the other is found by the next look."""
    await site.up(site.service, site.worker)
    expiry_id, expiry = uuid.uuid4(), Expiry(after=timedelta(milliseconds=1))
    draft = Draft(MANUAL, MANUAL, MANUAL_PRIORITY, Saying("", "Never", dnd=False), expiry)
    async with client(site.service) as there, watching(there, "bob", "ann", "cy") as stream:
        await there.set("ann", text="Tea")
        await stream.until(lambda seen: seen.text == "Tea")
        with suppress(ZeroDivisionError):
            async with database.begin() as queries:
                await store.put(queries, Owner(there.workspace, "ann"), draft, expiry_id)
                raise ZeroDivisionError
        await ring(site, [there.workspace, "ann", MANUAL, str(expiry_id)])
        site.redis.kill()
        try:
            await there.set("cy", text="Cake", expires_in="1s")
            assert (await stream.next()).presence.text == "Cake"
            await stream.until(lambda seen: seen.user_id == "cy" and not seen.text, seconds=3)
        finally:
            site.redis.start()
        assert [each.text for each in await there.seen("bob", "ann", "cy")] == ["Tea", ""]


async def ring(site: Site, key: list[str]) -> None:
    """Ring for a claim, and wait until the worker has heard it."""
    doorbell = Doorbell(site.redis.server.url, QUEUE)
    try:
        assert await doorbell.ring(EXPIRE, [key])
        await until(lambda: site.redis.client.xlen(doorbell.queue_name) == 0)
    finally:
        await doorbell.shutdown()

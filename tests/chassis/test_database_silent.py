"""A database that takes what it is told and says nothing any more, and processes that stop in a transaction."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from chassis.database import Database, DatabaseAway, DatabaseBusy, DatabaseSettings, Statement
from tests.chassis.conftest import eventually
from tests.chassis.gate import Gate, gated

PATIENCE = 0.3
# For what the test itself takes.
LEEWAY = 3.0
ONE = Statement(text("select 1"))
LOCK = Statement(text("select pg_advisory_xact_lock(7)"))
TRY = Statement(text("select pg_try_advisory_xact_lock(7)"))


@pytest.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    """An open way to the database."""
    async with gated(database_url) as gate:
        yield gate


@pytest.fixture
async def database(gate: Gate) -> AsyncIterator[Database]:
    """A pool of two, connected."""
    database = await Database.connect(DatabaseSettings(gate.url, 2, PATIENCE), "tests")
    await asyncio.gather(database.value(ONE), database.value(ONE))
    yield database
    await database.aclose()


async def one(database: Database) -> None:
    await database.value(ONE)


async def one_in_a_transaction(database: Database) -> None:
    async with database.begin() as queries:
        await queries.value(ONE)


@pytest.mark.parametrize("ask", [one, one_in_a_transaction])
async def test_silence_ends_in_time_and_leaves_nothing_behind(gate: Gate, database: Database, ask: object) -> None:
    assert callable(ask)
    gate.jam()
    for _ in range(3):  # connections that are open, and then new ones
        started = time.monotonic()
        answers = await asyncio.gather(ask(database), ask(database), return_exceptions=True)
        assert [type(each) for each in answers] == [DatabaseBusy] * 2
        assert time.monotonic() - started < 2 * PATIENCE + LEEWAY
    await gate.open()
    await asyncio.gather(*(ask(database) for _ in range(4)))


async def test_silence_in_the_middle_of_a_transaction(gate: Gate, database: Database) -> None:
    async def jammed() -> None:
        async with database.begin() as queries:
            gate.jam()
            await queries.value(ONE)

    started = time.monotonic()
    with pytest.raises(DatabaseBusy):
        await jammed()
    assert time.monotonic() - started < 2 * PATIENCE + LEEWAY
    await gate.open()
    assert await database.value(ONE) == 1


@pytest.mark.parametrize("ask", [one, one_in_a_transaction])
async def test_who_is_cancelled_in_silence_is_cancelled(gate: Gate, database: Database, ask: object) -> None:
    assert callable(ask)
    gate.jam()
    asking = asyncio.ensure_future(ask(database))
    await eventually(lambda: database._runner.get_idle_size() < 2)
    asking.cancel()
    done, _ = await asyncio.wait({asking}, timeout=2 * PATIENCE + LEEWAY)
    assert done
    assert asking.cancelled()


async def test_a_statement_that_was_given_up_leaves_its_connection_as_it_was(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(DatabaseBusy):
            await database.rows(Statement(text("select pg_sleep(10)")))
    connections = Statement(text("select count(*) from pg_stat_activity where application_name = 'tests'"))
    assert await database.value(connections) == 2


async def test_who_stops_in_a_transaction_does_not_hold_up_others_for_long(database: Database) -> None:
    async def freeze() -> None:
        async with database.begin() as frozen:
            await frozen.value(LOCK)
            started = time.monotonic()
            while not await database.value(TRY):
                assert time.monotonic() - started < 5 * PATIENCE + LEEWAY
            assert time.monotonic() - started >= 2.5 * PATIENCE
            await frozen.value(ONE)

    with pytest.raises(DatabaseAway):
        await freeze()
    assert await database.value(ONE) == 1

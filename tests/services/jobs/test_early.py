"""Workers that are up before there are any tables: they wait for them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from chassis.database import Database, DatabaseSettings
from chassis.migrations import migrate
from services.jobs.domain import Caps, Queue
from services.jobs.heart import Heart, Pace
from services.jobs.runner import Plan, Runner
from tests.conftest import SERVICES
from tests.services.jobs.crew import until
from tests.services.jobs.library import Library, conversation, membership, message
from tests.services.jobs.standins import actions


@pytest.fixture
def settings(new_database: Callable[..., str]) -> DatabaseSettings:
    """A database without tables."""
    return DatabaseSettings(new_database(), database_pool_size=5)


@pytest.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A pool of it."""
    database = await Database.connect(settings, "tests")
    yield database
    await database.aclose()


async def make_tables(settings: DatabaseSettings) -> None:
    """As the service does when it starts."""
    await migrate(settings.database_url, SERVICES / "jobs" / "migrations", "jobs")


async def test_reading_begins_when_there_are_tables(settings: DatabaseSettings, database: Database) -> None:
    library = Library(database)
    with capture_logs() as logs:
        reading = asyncio.create_task(library.embedding().run())
        await until(lambda: any(line["event"] == "reading refused" for line in logs) or reading.done())
    assert not reading.done()
    await make_tables(settings)
    await library.feed(conversation("general"), membership("general", "ann"), message("m1", "lunch"))
    await until(lambda: library.model.asked == ["lunch"])
    reading.cancel()
    await asyncio.wait([reading])


async def test_working_begins_when_there_are_tables(settings: DatabaseSettings, database: Database) -> None:
    plan = Plan(Queue.INTERACTIVE, "early", 1, Caps(), 15.0, 0.1)
    runner = Runner(database, Heart(settings, Pace()), actions(), plan, lambda *_: None)
    stopping = asyncio.Event()
    running = asyncio.create_task(runner.run(stopping))
    await until(lambda: not runner.well() or running.done())
    assert not running.done()
    await make_tables(settings)
    await until(runner.well)
    stopping.set()
    await running

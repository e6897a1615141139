"""Jobs in a real PostgreSQL, in which time passes when told to; the invariants are looked at after each test."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.database import Database, DatabaseSettings
from services.jobs.store_upkeep import partitions
from tests.services.jobs.client import Service, serving
from tests.services.jobs.stage import CLEAR, Stage


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """No jobs, and an archive with its days."""
    database = await Database.connect(DatabaseSettings(database_url, database_pool_size=10), "tests")
    connection = await asyncpg.connect(database_url)
    await connection.execute(CLEAR)
    async with database.begin() as queries:
        await partitions(queries)
    stage = Stage(database, connection)
    try:
        yield stage
        await stage.check()
    finally:
        await connection.close()
        await database.aclose()


@pytest.fixture
async def service(database_url: str, redis_url: str) -> AsyncIterator[Service]:
    """The service in this process: real server, real interceptor chain, real PostgreSQL and Redis."""
    async with serving(database_url, redis_url) as service:
        yield service
        await service.stage.check()

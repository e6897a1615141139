"""What is searched in the measurements of search: a database with messages, and a person who is in conversations."""

import gzip
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from google.protobuf import json_format

from bench.stack import ROOT
from cairn.feed.v1 import feed_pb2 as feed
from chassis.database import Database, DatabaseSettings, Row
from chassis.identity import Caller
from chassis.migrations import migrate
from services.jobs.domain import Owner
from services.jobs.domain_search import DIMENSIONS, Vector, Wanted
from services.jobs.encode_feed import to_facts
from services.jobs.search import Asked, parameters
from services.jobs.store_search import Shape, by_index, search_statement
from services.jobs.use_cases_feed import Feed

WORKSPACE = "bench"
AT_ONCE = 1000
NOTHING: Vector = [0.0] * DIMENSIONS


@asynccontextmanager
async def database(url: str) -> AsyncIterator[Database]:
    """The tables of jobs, and patience."""
    await migrate(url, ROOT / "services" / "jobs" / "migrations", "jobs")
    found = await Database.connect(DatabaseSettings(url, database_timeout_seconds=600), "bench")
    try:
        yield found
    finally:
        await found.aclose()


def changes(path: Path) -> Iterator[feed.Change]:
    """The changes in a file, as the gateway reads them."""
    with gzip.open(path) as lines:
        for line in lines:
            change = orjson.loads(line)
            if "conversation" in change:
                change["conversation"]["kind"] = f"KIND_{change['conversation']['kind'].upper()}"
            yield json_format.ParseDict(change, feed.Change())


async def tell(database: Database, told: Sequence[feed.Change]) -> None:
    """Feed."""
    taking = Feed(database, lambda: datetime.now(UTC))
    for start in range(0, len(told), AT_ONCE):
        await taking.apply(Caller(WORKSPACE), to_facts(told[start : start + AT_ONCE]))


@dataclass(frozen=True)
class Search:
    """One way to search, for one person."""

    database: Database
    person: str
    shape: Shape
    model: str

    async def rows(self, query: str, vector: Vector, limit: int) -> list[Row]:
        """What is found."""
        asked = Asked(Owner(WORKSPACE, self.person), Wanted(query, limit), "english", self.model, vector)
        statement, values = search_statement(self.shape), parameters(asked)
        if self.shape.exact is None:
            return await self.database.rows(statement, **values)
        async with self.database.begin() as queries:
            if not self.shape.exact:
                await queries.rows(by_index())
            return await queries.rows(statement, **values)

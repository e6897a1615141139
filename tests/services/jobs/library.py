"""Messages to be searched, and a model that knows a few words."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from cairn.feed.v1 import feed_pb2
from chassis.database import Database, DatabaseSettings, Statement
from chassis.identity import Caller
from services.jobs.domain import Owner
from services.jobs.domain_search import DIMENSIONS, EmbedderAway, EmbedderRefused, Found, Vector, Wanted
from services.jobs.embedding import Embedding
from services.jobs.encode_feed import to_facts
from services.jobs.use_cases_feed import Feed
from services.jobs.use_cases_search import Searches

SENT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NUMBERS = itertools.count(1)
# Words of one meaning stand on one line.
MEANINGS = ("lunch noon meal pizza", "cat kitten", "release deploy ship", "invoice bill", "holiday vacation beach")


class Model:
    """Takes words of one meaning for the same. It can be told to be away, to hang, or not to take a word.

    The empty word stands in every text.
    """

    def __init__(self, model: str = "words") -> None:
        """Its name."""
        self.model = model
        self.away = self.hangs = False
        # The word that it refuses, and the one that breaks it.
        self.refused: str | None = None
        self.breaks: str | None = None
        self.calls = 0
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One axis for each meaning, and one for what it does not know."""
        self.calls += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.away or (self.breaks is not None and any(self.breaks in text for text in texts)):
            raise EmbedderAway("told so")
        if self.refused is not None and any(self.refused in text for text in texts):
            raise EmbedderRefused("told so")
        self.asked += texts
        return [self._vector(text) for text in texts]

    async def aclose(self) -> None:
        """Nothing to give up."""

    def _vector(self, text: str) -> Vector:
        numbers = [0.0] * DIMENSIONS
        for word in text.lower().split():
            axes = [axis for axis, meaning in enumerate(MEANINGS) if word.strip("?.,!") in meaning.split()]
            numbers[axes[0] if axes else -1] += 1 if axes else 0.1
        length = math.hypot(*numbers) or 1.0
        return [number / length for number in numbers]


@dataclass
class Library:
    """A workspace of its own, and what is done there."""

    database: Database
    model: Model = field(default_factory=Model)
    workspace: str = field(default_factory=lambda: f"library-{next(NUMBERS)}")

    async def feed(self, *changes: dict[str, Any]) -> None:
        """Tell the service facts."""
        told = [feed_pb2.Change(**change) for change in changes]
        await Feed(self.database, lambda: datetime.now(UTC)).apply(Caller(self.workspace), to_facts(told))

    async def read(self) -> None:
        """Let the model read everything that waits."""
        while await self.embedding().step():
            pass

    def embedding(self) -> Embedding:
        """The loop that reads."""
        return Embedding(self.database, self.model, "english")

    async def search(self, person: str, query: str, **filters: Any) -> Found:
        """What a person finds."""
        searches = Searches(self.database, self.model, "english")
        return await searches.search(Owner(self.workspace, person), Wanted(query, **filters))

    async def ids(self, person: str, query: str, **filters: Any) -> list[str]:
        """The messages that a person finds, best first."""
        return [hit.message_id for hit in (await self.search(person, query, **filters)).hits]

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Run SQL behind the back of the service; `:workspace` is this one."""
        return await self.database.rows(Statement(text(sql)), workspace=self.workspace, **values)


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Library]:
    """A library in this database."""
    database = await Database.connect(DatabaseSettings(database_url, database_pool_size=5), "tests")
    try:
        yield Library(database)
    finally:
        await database.aclose()


def message(id_: str, content: str, where: str = "general", minutes: int = 0, **more: Any) -> dict[str, Any]:
    """A message of Bob's, sent so many minutes after half past nine."""
    fields = {"id": id_, "conversation_id": where, "author_id": "bob", "text": content}
    return {"message": {**fields, "sent_at": SENT + timedelta(minutes=minutes), **more}}


def membership(where: str, who: str, removed: bool = False) -> dict[str, Any]:
    """Somebody comes or goes."""
    return {"membership": {"conversation_id": where, "user_id": who, "removed": removed}}


def conversation(id_: str) -> dict[str, Any]:
    """A channel."""
    return {"conversation": {"id": id_, "kind": feed_pb2.Conversation.KIND_CHANNEL, "name": id_}}

"""Drawing memories from a conversation: window by window, each of which is kept as a whole or not at all."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import structlog

from chassis.database import Database
from services.jobs import store_extraction, store_memories
from services.jobs.domain_memories import MOST_FACTS, Extracted, Extraction, Extractor, Fact, Level, Window
from services.jobs.domain_search import EmbedderAway, EmbedderRefused, Vector
from services.jobs.embedder import Embedder
from services.jobs.store_conversations import readable
from services.jobs.store_extraction import START, Drawn, Origin

# Told how many messages are read, and of how many.
Tell: TypeAlias = Callable[[int, int], Awaitable[None]]


class Extractions:
    """The use case. The marks of messages say where it is, so that it goes on there whenever it is begun again."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        extractor: Extractor,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._embedder = embedder
        self._extractor = extractor
        self._now = now
        self._new_id = new_id

    async def extract(self, extraction: Extraction, level: Level, tell: Tell) -> Extracted:
        """Read what has not been read; raises JobFailed where the model does not answer well."""
        await readable(self._database, extraction.owner, extraction.conversation_id)
        if level is not Level.NONE:
            await self._catch_up(extraction)
            await self._read_all(extraction, level, tell)
        return await store_extraction.tally(self._database, extraction, self._extractor.name)

    async def _read_all(self, extraction: Extraction, level: Level, tell: Tell) -> None:
        total, read, place = await store_extraction.unread(self._database, extraction), 0, START
        while True:
            await tell(read, max(total, read))
            await readable(self._database, extraction.owner, extraction.conversation_id)
            window = await store_extraction.window(self._database, extraction, place)
            if window.messages:
                if await self._read(extraction, level, window):
                    read += len(window.messages)
                    place = (window.messages[-1].sent_time, window.messages[-1].id)
            elif place == START:
                return
            else:  # what came late stands before
                place = START

    async def _read(self, extraction: Extraction, level: Level, window: Window) -> bool:
        """Whether the window was ours to read."""
        found = await self._facts(extraction, window) if window.worth_reading() else []
        kept = [fact for fact in found if fact.kept(level)][:MOST_FACTS]
        vectors = await self._vectors([fact.content for fact in kept])
        now = self._now()
        drawn = [
            Drawn(self._new_id(), fact, fact.expire_time(now), vector)
            for fact, vector in zip(kept, vectors, strict=True)
            if not fact.over(now)
        ]
        origin = Origin(self._extractor.name, self._embedder.model, now)
        async with self._database.begin() as queries:
            return await store_extraction.keep(
                queries, extraction, [each.id for each in window.messages], drawn, origin
            )

    async def _facts(self, extraction: Extraction, window: Window) -> list[Fact]:
        known = await store_memories.known(self._database, extraction.owner, self._now())
        return await self._extractor.draw(extraction.owner, window, known)

    async def _vectors(self, texts: Sequence[str]) -> Sequence[Vector | None]:
        """None where the model is away: then only what is said word for word is known to be the same."""
        try:
            return await self._embedder.embed(texts) if texts else ()
        except (EmbedderAway, EmbedderRefused) as error:
            structlog.get_logger().warning("memories are compared by words only", error=str(error))
            return [None] * len(texts)

    async def _catch_up(self, extraction: Extraction) -> None:
        """Let the model read memories that were kept while it was away, or another one was in use."""
        owner, model = extraction.owner, self._embedder.model
        some = await store_memories.unembedded(self._database, owner, model, self._now())
        for (id_, _), vector in zip(some, await self._vectors([content for _, content in some]), strict=True):
            if vector is not None:
                await store_memories.embed(self._database, owner, model, id_, vector)

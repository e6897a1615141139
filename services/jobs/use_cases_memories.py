"""What a person may do with their memories. Somebody else's are as those that never were."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Database, Row
from chassis.identity import Caller
from services.jobs import store_memories
from services.jobs.domain import Owner
from services.jobs.domain_memories import MIN_CONFIDENCE, Filter, Found, Hit, Memory, MemoryNotFound
from services.jobs.domain_search import MatchedBy, Mode, ModeReason, Wanted
from services.jobs.embedder import Embedder
from services.jobs.embedding import embed_query
from services.jobs.store_conversations import readable
from services.jobs.use_cases import owner_of
from services.jobs.use_cases_search import MODEL_SECONDS


class Memories:
    """The use cases of memories."""

    def __init__(self, database: Database, embedder: Embedder, language: str, now: Callable[[], datetime]) -> None:
        """`language` is the one whose words are brought to their stems."""
        self._database = database
        self._embedder = embedder
        self._language = language
        self._now = now

    async def may_extract(self, owner: Owner, conversation_id: str) -> None:
        """Raise where nothing may be drawn from the conversation for this person."""
        await readable(self._database, owner, conversation_id)

    async def list(self, caller: Caller, wanted: Filter, before: UUID | None, size: int) -> Sequence[Memory]:
        """The caller's memories, newest first."""
        return await store_memories.list_(self._database, owner_of(caller), wanted, self._now(), (before, size))

    async def get(self, caller: Caller, id_: UUID) -> Memory:
        """A memory."""
        memory = await store_memories.get(self._database, owner_of(caller), id_, self._now())
        if memory is None:
            raise MemoryNotFound
        return memory

    async def delete(self, caller: Caller, id_: UUID) -> None:
        """Delete a memory."""
        if not await store_memories.remove(self._database, owner_of(caller), id_, self._now()):
            raise MemoryNotFound

    async def delete_all(self, caller: Caller) -> None:
        """Delete everything that is remembered of the caller."""
        await store_memories.remove_all(self._database, owner_of(caller))

    async def search(self, caller: Caller, wanted: Wanted, min_confidence: float = MIN_CONFIDENCE) -> Found:
        """The memories that fit best; by words only where the model is away."""
        query = wanted.checked().query
        vector = await embed_query(self._embedder, query, MODEL_SECONDS)
        values = {"query": query, "top": wanted.limit, "language": self._language, "least": min_confidence}
        model, now = self._embedder.model, self._now()
        rows = await store_memories.search(self._database, owner_of(caller), vector, **values, model=model, now=now)
        hits = [_hit(row) for row in rows if row["id"] is not None]
        if vector is None:
            return Found(hits, Mode.TEXT, ModeReason.AWAY)
        if rows[0]["there"] and not rows[0]["embedded"]:
            return Found(hits, Mode.TEXT, ModeReason.MISSING)
        return Found(hits, Mode.HYBRID, ModeReason.NONE)


def _hit(row: Row) -> Hit:
    return Hit(store_memories.to_memory(row), row["score"], MatchedBy(row["matched_by"]))

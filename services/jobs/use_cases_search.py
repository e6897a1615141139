"""Searching messages: what a person may see at the moment of the search."""

import asyncio

from chassis.database import Database, DatabaseBusy
from services.jobs import search
from services.jobs.domain import Owner
from services.jobs.domain_search import Found, Kept, Wanted
from services.jobs.embedder import Embedder
from services.jobs.embedding import embed_query
from services.jobs.search import Asked

# Longer than that nobody waits for the model: the words alone find much.
MODEL_SECONDS = 2.0
# Longer than that nobody waits for a call.
CALL_SECONDS = 5.0


class Searches:
    """The use case of search, the same for the call and the job."""

    def __init__(
        self, database: Database, embedder: Embedder, language: str, model_seconds: float = MODEL_SECONDS
    ) -> None:
        """`language` is that of the messages; `model_seconds`: how long the model may take for a query."""
        self._database = database
        self._embedder = embedder
        self._language = language
        self._model_seconds = model_seconds

    async def search(self, owner: Owner, wanted: Wanted, seconds: float = CALL_SECONDS) -> Found:
        """The messages that fit best; by words only where the model is away."""
        wanted.checked()
        try:
            async with asyncio.timeout(seconds):
                meant = wanted.meant
                vector = await embed_query(self._embedder, meant, self._model_seconds) if meant else ()
                asked = Asked(owner, wanted, self._language, self._embedder.model, vector)
                return await search.search(self._database, asked)
        except TimeoutError as error:
            raise DatabaseBusy(retry_after=1) from error

    async def shown(self, owner: Owner, wanted: Wanted, kept: Kept) -> Found:
        """What was found, as it is now; without what the person may no longer see."""
        asked = Asked(owner, wanted, self._language, self._embedder.model, None)
        return await search.shown(self._database, asked, kept)

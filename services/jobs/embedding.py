"""Reads messages with the model, as they come and change; the next search finds them by meaning."""

import asyncio
from collections.abc import Sequence

import structlog

from chassis.cancellation import unless_cancelled
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.outage import Outage
from services.jobs import store_embedding
from services.jobs.domain_search import EmbedderAway, EmbedderRefused, Vector
from services.jobs.embedder import Embedder
from services.jobs.store_embedding import Unread

LOOK_SECONDS = 1.0
AT_ONCE = 64
TURN_AT_ONCE = 500
# How long messages are ours, beside the time that the model may take: if we die, they wait that long.
LEASE_SECONDS = 60.0
# What any model takes that takes anything.
PROBE = "hello"
# When a text at which the model breaks is tried again.
PUT_OFF_SECONDS = 3600.0
# Few enough for the usual limits in any script: where each character is a token or two, the whole may be too much.
BEGINNING = 2_000


class Embedding:
    """The loop. It may run in any number of processes."""

    def __init__(self, database: Database, embedder: Embedder, language: str, model_seconds: float = 10.0) -> None:
        """`language` is a text search configuration of PostgreSQL; `model_seconds`: how long a call may take."""
        self._database = database
        self._embedder = embedder
        self._language = language
        self._lease_seconds = LEASE_SECONDS + model_seconds
        self._at_once = AT_ONCE

    async def run(self) -> None:
        """Read until cancelled; beside it, bring all messages to the language."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_on())
            tasks.create_task(self._turn_all())

    async def _read_on(self) -> None:
        log, outage = structlog.get_logger(), Outage("the embedder")
        while True:
            try:
                read = await self.step()
                outage.ended()
                pause = LOOK_SECONDS if read == 0 else 0.0
            except (EmbedderAway, Unavailable) as error:
                if not outage.on:
                    log.warning("messages are not read", error=str(error))
                pause = max(outage.began(error), error.retry_after or 0.0)
            except Exception as error:  # such as before its tables are made, or a model that breaks: jobs go on
                if not outage.on:
                    log.exception("reading refused")
                pause = outage.began(error)
            unless_cancelled()
            await asyncio.sleep(pause)

    async def step(self) -> int:
        """Read some messages; tells how many were looked at."""
        some = await store_embedding.claim(self._database, self._embedder.model, self._at_once, self._lease_seconds)
        if some:
            await self._all_or_back(some)
        return len(some)

    async def _all_or_back(self, some: Sequence[Unread]) -> None:
        try:
            await self._read(some)
        except BaseException as error:
            if isinstance(error, EmbedderAway):
                # Perhaps so many, or one of them, take too long: fewer may not, and others come first next time.
                self._at_once = max(1, self._at_once // 2)
            await store_embedding.give_back(self._database, some)
            raise
        self._at_once = min(AT_ONCE, self._at_once * 2)

    async def _read(self, some: Sequence[Unread]) -> None:
        """Read and keep; what is refused in halves, so that all but those to blame are read."""
        vectors: Sequence[Vector | None]
        try:
            vectors = await self._ask([each.text for each in some])
        except EmbedderAway as error:
            if len(some) > 1:
                raise
            await self._takes_anything()
            structlog.get_logger().warning("the model breaks at a message", message=some[0].id, error=str(error))
            await store_embedding.give_back(self._database, some, PUT_OFF_SECONDS)
            return
        except EmbedderRefused:
            await self._takes_anything()
            if len(some) > 1:
                middle = len(some) // 2
                await self._read(some[:middle])
                await self._read(some[middle:])
                return
            vectors = [await self._beginning(some[0])]
        await store_embedding.write(self._database, self._embedder.model, some, vectors)

    async def _ask(self, texts: Sequence[str]) -> Sequence[Vector]:
        try:
            return await self._embedder.embed(texts)
        except (EmbedderAway, EmbedderRefused):
            raise
        except Exception as error:  # whatever breaks in the libraries of a model
            raise EmbedderAway(f"it breaks: {error!r}") from error

    async def _beginning(self, one: Unread) -> Vector | None:
        """The vector of the beginning of a text that was refused, perhaps for its length."""
        try:
            if len(one.text) > BEGINNING:
                return (await self._ask([one.text[:BEGINNING]]))[0]
        except EmbedderRefused:
            pass
        structlog.get_logger().warning("message cannot be embedded", message=one.id)
        return None

    async def _takes_anything(self) -> None:
        """EmbedderAway where a failure says nothing about a text: such as with a wrong name of the model."""
        try:
            await self._ask([PROBE])
        except EmbedderRefused as error:
            raise EmbedderAway(f"it refuses everything: {error}") from error

    async def _turn_all(self) -> None:
        """Bring all messages to the language, some at a time."""
        log, outage, turned = structlog.get_logger(), Outage("the language of messages"), 1
        while turned:
            pause = 0.0
            try:
                await store_embedding.use(self._database, self._language)
                turned = await store_embedding.turn(self._database, self._language, TURN_AT_ONCE)
                outage.ended()
            except Exception as error:  # such as before its tables are made
                if not outage.on:
                    log.exception("messages keep their language")
                pause = outage.began(error)
            unless_cancelled()
            await asyncio.sleep(pause)


async def embed_query(embedder: Embedder, query: str, seconds: float) -> Vector | None:
    """What the model makes of a query, or None where it does not answer in time."""
    try:
        async with asyncio.timeout(seconds):
            return (await embedder.embed([query]))[0]
    except (EmbedderAway, EmbedderRefused, TimeoutError) as error:
        structlog.get_logger().warning("search by words only", error=str(error) or type(error).__name__)
        return None

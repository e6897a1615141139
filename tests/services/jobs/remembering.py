"""Memory extraction as a worker runs it, on the messages of a library."""

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2, memories_pb2, results_pb2
from chassis.identity import Caller
from services.jobs import encode_memories, store_claim, store_create
from services.jobs.actions.memories import extract_memories
from services.jobs.context import Context
from services.jobs.domain import Caps, Claimed, Owner, Queue
from services.jobs.domain_memories import EXTRACTION, Extractor, Filter, Level, Memory
from services.jobs.domain_search import DIMENSIONS, Vector
from services.jobs.extract_rules import RULES_ONLY
from services.jobs.store_claim import Worker
from services.jobs.store_create import New
from services.jobs.use_cases_extraction import Extractions
from services.jobs.use_cases_memories import Memories
from tests.services.jobs.library import MEANINGS, Library, Model, membership, message

# Enough to be worth reading, and says nothing of anybody.
FILLER = "The weather in the north was quite remarkable for a day in early spring. " * 6
NUMBERS = {level: number for number, level in encode_memories.LEVELS.items()}


class Words(Model):
    """Every word has an axis of its own, but words of one meaning share one."""

    def _vector(self, text: str) -> Vector:
        numbers = [0.0] * DIMENSIONS
        for word in re.findall(r"\w+", text.lower()):
            axes = [axis for axis, meaning in enumerate(MEANINGS) if word in meaning.split()]
            numbers[axes[0] if axes else len(MEANINGS) + zlib.crc32(word.encode()) % (DIMENSIONS - len(MEANINGS))] += 1
        return [number / (math.hypot(*numbers) or 1.0) for number in numbers]


@dataclass
class Remembering:
    """A library, in which it is a certain time."""

    library: Library
    now: datetime = datetime(2026, 5, 4, 12, tzinfo=UTC)
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def memories(self) -> Memories:
        """The use cases."""
        return Memories(self.library.database, self.library.model, "english", lambda: self.now)

    def caller(self, person: str = "ann") -> Caller:
        """Somebody who calls."""
        return Caller(self.library.workspace, person)

    def owner(self, person: str = "ann") -> Owner:
        """Somebody here."""
        return Owner(self.library.workspace, person)

    def extractions(self, extractor: Extractor = RULES_ONLY) -> Extractions:
        """The use case of the job."""
        parts = (self.library.database, self.library.model, extractor, lambda: self.now, uuid_utils.compat.uuid7)
        return Extractions(*parts)

    async def said(self, *texts: str, where: str = "general", author: str = "ann") -> None:
        """Ann says so, a minute apart, after what makes it worth reading."""
        start = int((await self.library.rows("select count(*) from jobs.messages where workspace = :workspace"))[0][0])
        told = [
            message(f"m{start + number}", each, where, start + number, author_id=author)
            for number, each in enumerate((*texts, FILLER))
        ]
        await self.library.feed(membership(where, "ann"), *told)

    async def claimed(self, where: str = "general", person: str = "ann", level: Level = Level.MODERATE) -> Claimed:
        """A job that a worker has taken."""
        asked = memories_pb2.StartExtractionRequest(conversation_id=where, level=NUMBERS[level])
        id_ = uuid_utils.compat.uuid7()
        new = New(self.owner(person), EXTRACTION, encode_memories.to_input(asked), "", b"", id_)
        async with self.library.database.begin() as queries:
            await store_create.create(queries, new, Caps())
            worker = Worker("hand", Queue.BULK, (EXTRACTION,), Caps(running=100))
            jobs = (await store_claim.claim(queries, worker, 100)).jobs
        return next(job for job in jobs if job.id == id_)

    async def run(self, job: Claimed, extractor: Extractor = RULES_ONLY) -> results_pb2.MemoriesResult:
        """What an attempt comes to."""

        async def write(_report: object) -> bool:
            return True

        context = Context(job, write, lambda: None)
        result = await extract_memories(self.extractions(extractor)).run(job.input, context)
        progress = context._progress
        if progress:
            self.told.append(progress[:2])
        return jobs_pb2.Result.FromString(result).memories

    async def extract(self, *args: Any, extractor: Extractor = RULES_ONLY, **more: Any) -> results_pb2.MemoriesResult:
        """What a job comes to."""
        return await self.run(await self.claimed(*args, **more), extractor)

    async def list(self, person: str = "ann", **filters: Any) -> Sequence[Memory]:
        """What somebody sees, newest first."""
        return await self.memories.list(self.caller(person), Filter(**filters), None, 100)

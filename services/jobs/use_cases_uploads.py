"""What is sent along with a job, on its way into the database."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple
from uuid import UUID

from chassis.database import Database
from chassis.errors import InvalidInput
from chassis.identity import Caller
from services.jobs import store_uploads
from services.jobs.store_create import Created
from services.jobs.store_uploads import Upload
from services.jobs.use_cases import Asked, Jobs, owner_of


class Limits(NamedTuple):
    """How large a file may be, and what is said of one that is not so."""

    max_bytes: int
    empty: type[InvalidInput]
    too_large: type[InvalidInput]


@dataclass(frozen=True, slots=True)
class Uploads:
    """The use case: a file, and the job that is about it."""

    database: Database
    jobs: Jobs
    limits: Limits

    async def start(
        self, caller: Caller, id_: UUID, chunks: AsyncIterator[bytes], job: Callable[[bytes], Asked]
    ) -> Created:
        """Keep a file under an id and make a job, of its fingerprint: both, or neither."""
        with tempfile.NamedTemporaryFile(prefix="cairn-upload-") as file:
            asked = job(await _written(chunks, file, self.limits))
            async with self.database.begin() as queries:
                created = await self.jobs.make(queries, caller, asked)
                if not created.replayed:
                    await store_uploads.keep(queries, owner_of(caller), Upload(id_, Path(file.name)))
        return await self.jobs.made(caller, created)


async def _written(chunks: AsyncIterator[bytes], file: IO[bytes], limits: Limits) -> bytes:
    """Write the chunks to a file; the SHA-256 of all of them."""
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limits.max_bytes:
            raise limits.too_large
        digest.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    if not size:
        raise limits.empty
    file.flush()
    return digest.digest()

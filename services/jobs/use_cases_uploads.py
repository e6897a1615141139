"""What is sent along with a job, on its way into the database."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import IO, NamedTuple

from chassis.errors import InvalidInput


class Uploads(NamedTuple):
    """How large a file may be, and what is said of one that is not so."""

    max_bytes: int
    empty: type[InvalidInput]
    too_large: type[InvalidInput]


async def written(chunks: AsyncIterator[bytes], file: IO[bytes], limits: Uploads) -> bytes:
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

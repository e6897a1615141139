"""What a server sends, as it comes and unpacked, and never more of it than was agreed."""

import zlib
from collections.abc import AsyncIterator

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import DOWNLOAD_FAILED, DOWNLOAD_REFUSED, DOWNLOAD_TOO_LARGE

PIECE = 64 << 10
# What begins another packet; anything else behind one is of no use, and some servers fill up with it.
MAGIC = b"\x1f\x8b"


async def unpacked(sent: AsyncIterator[bytes], encoding: str, most: int) -> AsyncIterator[bytes]:
    """The body in pieces of a sane size, however much a few bytes of it unpack to."""
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise JobFailed(DOWNLOAD_REFUSED)  # nothing else was asked for
    left = most
    async for piece in _gunzipped(sent) if encoding.endswith("gzip") else sent:
        left -= len(piece)
        if left < 0:
            raise JobFailed(DOWNLOAD_TOO_LARGE)
        yield piece


async def _gunzipped(sent: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    unpacker, behind = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS), b""
    async for packed in sent:
        rest = packed
        while rest and not unpacker.eof:
            try:
                yield unpacker.decompress(rest, PIECE)
            except zlib.error as error:
                raise JobFailed(DOWNLOAD_FAILED) from error
            rest = unpacker.unconsumed_tail
        if unpacker.eof:
            behind = ((behind or unpacker.unused_data) + rest)[: len(MAGIC)]
        if behind == MAGIC:
            raise JobFailed(DOWNLOAD_REFUSED)  # more than one packet; each would need a limit of its own
    if not unpacker.eof:
        raise JobFailed(DOWNLOAD_FAILED)

"""What servers send packed, and what they send behind it."""

import gzip
from collections.abc import AsyncIterator

import pytest

from services.jobs.domain import JobFailed
from services.jobs.outgoing_body import PIECE, unpacked

MOST = 1 << 20
BOMB = gzip.compress(bytes(20 * MOST))


async def sent(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_few_bytes_are_unpacked_in_pieces() -> None:
    sizes = [len(piece) async for piece in unpacked(sent(BOMB), "gzip", 20 * MOST)]
    assert (sum(sizes), max(sizes)) == (20 * MOST, PIECE)


async def test_what_is_behind_a_packet_is_seen_wherever_it_is_cut() -> None:
    packet = gzip.compress(b"hello")
    for cut in range(len(packet) - 2, len(packet) + 3):
        pieces = [piece async for piece in unpacked(sent((packet + bytes(5))[:cut], bytes(5)), "gzip", MOST)]
        assert b"".join(pieces) == b"hello"
        two = packet + packet
        with pytest.raises(JobFailed):
            [piece async for piece in unpacked(sent(two[:cut], two[cut:]), "gzip", MOST)]

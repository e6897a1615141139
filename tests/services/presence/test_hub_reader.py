"""Reading for a room by itself: who waits for whom."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from chassis.identity import Caller
from services.presence.domain import Presence
from services.presence.hub_reader import Reader, Reads
from services.presence.hub_room import UNREAD, Key, Room
from services.presence.hub_rounds import PeopleAway


async def own(_: str, __: Sequence[str]) -> list[Presence]:
    """Nobody is read as they see themselves."""
    return []


async def everybody(_: str, __: int) -> list[str]:
    """Nobody watches everybody."""
    return []


@pytest.mark.parametrize("hinted", [0, 300, 800])
@pytest.mark.parametrize("failing", range(1, 4))
async def test_nobody_goes_on_before_those_they_wait_for_are_read(hinted: int, failing: int) -> None:
    """Whichever reading fails: either they hear of it, or everybody was read."""
    readings = 0

    async def batch(_: Caller, ids: Sequence[str]) -> list[Presence]:
        nonlocal readings
        readings += 1
        # As one that takes a moment: those who wait go on beside it.
        await asyncio.sleep(0.01)
        if readings == failing:
            raise OSError
        return [Presence(id_) for id_ in ids]

    room = Room("w", lambda _: b"", lambda: 0.0)
    reader = Reader(room, Reads(batch, own, everybody), asyncio.Semaphore(), asyncio.create_task)
    reader.hint([room.facet(Key(f"hinted-{number}", own=False)) for number in range(hinted)])
    facets = [room.facet(Key(f"asked-{number}", own=False)) for number in range(150)]
    with suppress(PeopleAway):
        await asyncio.wait_for(reader.refresh(facets), 5)
        assert not [facet.key for facet in facets if facet.since == UNREAD]

"""Somebody whose devices come and go."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from redis.asyncio import Redis

from services.presence.domain import Online
from services.presence.online import Seen, Sessions

LEASE, GRACE = 0.4, 0.1
NUMBERS = itertools.count(1)


@dataclass
class There:
    """Ann, in a workspace of her own, with leases that last as long as a test can wait."""

    sessions: Sessions
    redis: "Redis"
    workspace: str = field(default_factory=lambda: f"online-{next(NUMBERS)}")

    async def beat(self, device: str, state: Online | None = Online.ACTIVE, holder: str = "") -> Online:
        """A beat of one of Ann's devices."""
        return await self.sessions.beat(self.workspace, "ann", device, state, holder)

    async def seen(self, user: str = "ann") -> Seen:
        """What a read says of somebody."""
        return (await self.sessions.batch(self.workspace, [user]))[user]

    async def online(self) -> Online:
        """Whether Ann is there."""
        return (await self.seen()).online

    async def until(self, state: Online) -> float:
        """Wait until a read says so of Ann; how long it took."""
        begun = time.monotonic()
        await eventually(lambda: self._is(state))
        return time.monotonic() - begun

    async def _is(self, state: Online) -> bool:
        return await self.online() is state


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 5) -> None:
    """Wait for a condition, and fail if it does not come about in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")

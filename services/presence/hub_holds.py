"""Streams that are the heartbeat of a device: it is there for as long as one of them is held."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from chassis.cancellation import unless_cancelled
from chassis.errors import CairnError
from chassis.identity import Caller
from services.presence.domain import Online, TooManyDevices
from services.presence.online import OnlineAway, Sessions

BEATS_A_LEASE = 3
# After a beat that Redis did not take.
RETRY_SECONDS = 1.0


class Holds:
    """The devices whose streams this process holds."""

    def __init__(self, sessions: Sessions) -> None:
        """Where the leases are."""
        self._sessions = sessions
        # A device that has moved to another process is not ours to close.
        self._holder = secrets.token_hex(6)
        self._streams: Counter[tuple[str, str, str]] = Counter()

    @asynccontextmanager
    async def held(self, caller: Caller, device: str, dropped: Callable[[], bool]) -> AsyncIterator[None]:
        """Beat for the device until the stream is dropped; close it at the end, unless another stream holds it."""
        if not (device and caller.user):
            yield
            return
        key = (caller.workspace, caller.user, device)
        pause = await self._beat(key)
        self._streams[key] += 1
        beating = asyncio.create_task(self._keep(key, pause, dropped))
        try:
            yield
        finally:
            beating.cancel()
            # A beat that is under way would open again what is closed.
            await asyncio.wait([beating], timeout=RETRY_SECONDS)
            await self._close(key)

    async def _close(self, key: tuple[str, str, str]) -> None:
        self._streams[key] -= 1
        if self._streams[key]:
            return
        del self._streams[key]
        with suppress(CairnError):
            await self._sessions.beat(*key, Online.OFFLINE, self._holder)

    async def _keep(self, key: tuple[str, str, str], pause: float, dropped: Callable[[], bool]) -> None:
        while True:
            unless_cancelled()
            await asyncio.sleep(pause)
            if dropped():
                return
            # Other devices close; until then the stream is worth holding without a lease.
            with suppress(TooManyDevices):
                pause = await self._beat(key)

    async def _beat(self, key: tuple[str, str, str]) -> float:
        """Beat, and tell when to beat again."""
        pause = self._sessions.lease_seconds / BEATS_A_LEASE
        try:
            await self._sessions.beat(*key, None, self._holder)
        except OnlineAway:
            return min(pause, RETRY_SECONDS)
        return pause

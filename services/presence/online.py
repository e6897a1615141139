"""Who is there: a lease for each device, in Redis, which is expendable: the next beat makes all of it anew.

A person is active if any live lease is, else away if there is one, else offline. What is read holds the times at which
the leases end, so a read is exact whether or not anybody has swept.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.cancellation import unless_cancelled
from chassis.errors import Unavailable
from services.presence.domain import Online, TooManyDevices
from services.presence.online_memory import REMEMBERED, Memory
from services.presence.online_scripts import BEAT, HIDE, PREFIX, READ, SWEEP

CHANNEL = "cairn:presence"
# After a person in what is published: they were deleted.
GONE = "gone"
MAX_DEVICES = 20
MAX_PRESENT = 10_000
LAST_ACTIVE = timedelta(days=30)
READ_SECONDS = 0.1
WRITE_SECONDS = 1.0
PAUSE_SECONDS = 1.0
CONNECTIONS = 16
SWEEP_LIMIT = 500
# Between looks at what is due, in seconds: a device that closes is due earlier than the last look could know.
SWEEP_LEAST, SWEEP_MOST = 0.01, 0.25


class OnlineAway(Unavailable):
    """Who is online cannot be told or changed right now"""

    reason = "ONLINE_AWAY"


class Seen(NamedTuple):
    """Whether somebody is there, and when a device of theirs was last active; `left` is for those who hide."""

    online: Online = Online.OFFLINE
    last_active_time: datetime | None = None
    # What others may know of it: as it was when they hid.
    left: datetime | None = None


NOBODY = Seen()
# Looked up for each person that is read: to find a member of an enum is dear.
ACTIVE, AWAY, OFFLINE = Online.ACTIVE, Online.AWAY, Online.OFFLINE


class Sessions:
    """The devices of all people."""

    def __init__(
        self,
        redis_url: str,
        lease_seconds: float = 60,
        grace_seconds: float = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is monotonic, in seconds."""
        pool = BlockingConnectionPool.from_url(
            redis_url, max_connections=CONNECTIONS, timeout=WRITE_SECONDS, retry=Retry(NoBackoff(), 1)
        )
        self._redis: Any = Redis.from_pool(pool)
        self._beat = self._redis.register_script(BEAT)
        self._seen = self._redis.register_script(READ)
        self._sweep = self._redis.register_script(SWEEP)
        self._hide = self._redis.register_script(HIDE)
        self._clock = clock
        self.lease_seconds = lease_seconds
        self._grace = grace_seconds
        self._memory = Memory(clock)
        self._away_until = -math.inf
        # Set where what was told was remembered and not read, until `answers` says that it can be read.
        self.guessed = asyncio.Event()

    async def beat(self, workspace: str, user: str, device: str, state: Online | None, holder: str = "") -> Online:
        """Take a device's word for what it is (None: what it was): what the person is now, over all devices.

        `offline` closes the device, after the grace. Where a `holder` keeps it, only that holder or nobody in
        particular can close it.
        """
        settings = [_ms(self.lease_seconds), _ms(self._grace), _ms(LAST_ACTIVE.total_seconds()), MAX_DEVICES]
        words: list[str | int] = [PREFIX, CHANNEL, _member(workspace, user), device, state or "keep", holder, *settings]
        with _translated():
            async with asyncio.timeout(WRITE_SECONDS):
                said, wait = await self._beat(args=words)
        if said == b"full":
            raise TooManyDevices(retry_after=int(wait) / 1000)
        return Online(said.decode())

    async def batch(self, workspace: str, ids: Sequence[str]) -> dict[str, Seen]:
        """Many people, in one round trip.

        While Redis is away, a lease that was read before holds until it ends; everybody else is offline.
        """
        prefix = _member(workspace, "")
        members = [prefix + id_ for id_ in ids]
        if (read := await self._read(members)) is None and members:
            self.guessed.set()
        now, found = read or self._memory.recall(members)
        return {id_: _seen(raw, now) for id_, raw in zip(ids, found, strict=True)}

    async def present(self, workspace: str, limit: int = MAX_PRESENT) -> list[str]:
        """Who in a workspace has a lease, the latest first; one that ended a moment ago may be among them."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                found = await self._redis.zrevrange(f"{PREFIX}there:{workspace}", 0, limit - 1)
        except (RedisError, OSError, TimeoutError):
            self.guessed.set()
            return []
        return [id_.decode() for id_ in found]

    async def answers(self) -> bool:
        """Whether Redis can be asked; if so, the next who reads does ask."""
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(READ_SECONDS):
                await self._redis.ping()
            self._away_until = -math.inf
            self.guessed.clear()
        return not self.guessed.is_set()

    async def sweep(self) -> int:
        """Publish everybody whose leases have ended, and tell how many; any number of replicas may do so at once."""
        changed, _ = await self.sweep_once()
        return changed

    async def sweep_once(self) -> tuple[int, float]:
        """As `sweep`; tells also in how many seconds the next one is worth while."""
        words: list[str | int] = [PREFIX, CHANNEL, _ms(LAST_ACTIVE.total_seconds()), SWEEP_LIMIT]
        total, looked = 0, SWEEP_LIMIT
        wait = -1
        while looked == SWEEP_LIMIT:
            with _translated():
                async with asyncio.timeout(WRITE_SECONDS):
                    looked, changed, wait = await self._sweep(args=words)
            total += changed
        return total, SWEEP_MOST if wait < 0 else min(max(wait / 1000, SWEEP_LEAST), SWEEP_MOST)

    async def keep_swept(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Sweep whenever a lease is due; for ever."""
        while True:
            try:
                _, wait = await self.sweep_once()
            except OnlineAway:
                wait = SWEEP_MOST
            unless_cancelled()
            await sleep(wait)

    async def hide(self, workspace: str, user: str) -> None:
        """Keep what others may know of somebody's last activity: what they do from now on does not change it."""
        with _translated():
            async with asyncio.timeout(WRITE_SECONDS):
                await self._hide(args=[PREFIX, _member(workspace, user), _ms(self._grace)])

    async def forget(self, workspace: str, user: str) -> None:
        """Leave nothing of a person, and have their streams end, which would make their devices anew."""
        member = _member(workspace, user)
        with _translated():
            async with asyncio.timeout(WRITE_SECONDS), self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(f"{PREFIX}devices:{member}", f"{PREFIX}seen:{member}")
                pipe.zrem(f"{PREFIX}due", member)
                pipe.zrem(f"{PREFIX}there:{workspace}", user)
                pipe.publish(CHANNEL, f"{member}\n{GONE}")
                await pipe.execute()
        self._memory.forget(member)

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    async def _read(self, members: Sequence[str]) -> tuple[float, list[bytes]] | None:
        if not members or self._clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(READ_SECONDS):
                now, joined = await self._seen(args=[PREFIX, "\0".join(members)])
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = self._clock() + PAUSE_SECONDS
            structlog.get_logger().warning("nobody is seen: redis is away", error=type(error).__name__)
            return None
        found = joined.split(b"\n")
        self._memory.learn(now, members, found)
        return now, found


def _seen(raw: bytes, now: float) -> Seen:
    if not raw:
        return NOBODY
    active, away, last, left = _taken_apart(raw)
    return Seen(ACTIVE if active > now else AWAY if away > now else OFFLINE, last, left)


@lru_cache(REMEMBERED)
def _taken_apart(raw: bytes) -> tuple[int, int, datetime | None, datetime | None]:
    """The same is read again and again between two beats, of whoever is watched or is in a busy conversation."""
    active, away, last, _, left = raw.split(b" ")
    return int(active), int(away), _moment(int(last)), _moment(int(left))


def _moment(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _member(workspace: str, user: str) -> str:
    return f"{workspace}\n{user}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise OnlineAway(retry_after=PAUSE_SECONDS) from error

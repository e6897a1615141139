"""Token buckets in Redis, exact under concurrency: one atomic script a decision (GCRA, from the library throttled).

Redis is expendable, so a bucket fails open: while Redis is away everything is allowed, and says so in the log. A
limit protects a system from being used too much; refusing everybody would do the harm that it is there to prevent.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from redis.exceptions import RedisError
from throttled.asyncio import RateLimiterType, RedisStore, Throttled, per_duration
from throttled.exceptions import StoreUnavailableError

from chassis.errors import LimitReached

if TYPE_CHECKING:
    from chassis.interceptors import Call

CONNECTIONS = 8
WAIT_SECONDS = 0.1
# For what goes on after nobody waits any more.
SOCKET_SECONDS = 1
PAUSE_SECONDS = 1.0


class RateLimited(LimitReached):
    """Too many requests"""

    reason = "RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Bucket:
    """`capacity` tokens at most; `refill` of them come back, evenly, in `per` seconds."""

    name: str
    capacity: int
    refill: int
    per: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`reset_after`: seconds until the bucket is full; `retry_after`: seconds until one token is there."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: float = 0.0
    retry_after: float = 0.0


class Limits:
    """All buckets of a process."""

    def __init__(self, redis_url: str, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        options = {"SOCKET_TIMEOUT": SOCKET_SECONDS, "SOCKET_CONNECT_TIMEOUT": SOCKET_SECONDS}
        self._store = RedisStore(server=redis_url, options=options)
        self._clock = clock
        self._away_until = 0.0
        self._turn = asyncio.Semaphore(CONNECTIONS)
        self._throttles: dict[Bucket, Throttled] = {}

    async def take(self, bucket: Bucket, key: str) -> Decision:
        """Take one token of `key` from the bucket if there is one."""
        # A burst waits for its turn here: opening a connection for each call would look as if Redis were away.
        async with self._turn:
            if self._clock() < self._away_until:
                return _open(bucket)
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    result = await self._throttle(bucket).limit(key)
            except (StoreUnavailableError, RedisError, OSError, TimeoutError) as error:
                self._away_until = self._clock() + PAUSE_SECONDS
                structlog.get_logger().warning("limits are open: redis is away", error=type(error).__name__)
                return _open(bucket)
        state = result.state
        return Decision(not result.limited, state.limit, state.remaining, state.reset_after, state.retry_after)

    def _throttle(self, bucket: Bucket) -> Throttled:
        if bucket not in self._throttles:
            self._throttles[bucket] = Throttled(
                using=RateLimiterType.GCRA.value,
                quota=per_duration(timedelta(seconds=bucket.per), bucket.refill, burst=bucket.capacity),
                store=self._store,
                key_prefix=f"cairn:limit:{bucket.name}",
            )
        return self._throttles[bucket]

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        client: Any = self._store._backend.get_client()  # noqa: SLF001 - the library offers no other way
        await client.aclose(close_connection_pool=True)


def _open(bucket: Bucket) -> Decision:
    return Decision(True, bucket.capacity, bucket.capacity)


def limited(limits: Limits) -> "Callable[[Call], AbstractAsyncContextManager[None]]":
    """The interceptor that charges a method's quota, if it has one, to its caller."""

    @asynccontextmanager
    async def charge(call: "Call") -> AsyncIterator[None]:
        if call.method.quota and call.caller:
            decision = await limits.take(call.method.quota, call.caller.key)
            if not decision.allowed:
                raise RateLimited(retry_after=math.ceil(decision.retry_after))
        yield

    return charge

"""What processes tell each other of jobs through Redis: that something may be due, and that a job has changed.

All of it may be lost, late or untrue. Whoever hears it looks at the row, and looks now and then without having heard.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from taskiq.acks import AcknowledgeType

from chassis import doorbell
from chassis.cancellation import unless_cancelled
from chassis.doorbell import Doorbell
from chassis.listener import RedisListener
from chassis.outage import Outage
from services.jobs.domain import Queue, Status

CHANNEL = "cairn:jobs"
# What is rung when a job has become due in a queue; it takes no arguments.
LOOK = "jobs.look"
SEND_SECONDS = 0.3
MAX_UNSENT = 1000


def bell(redis_url: str, queue: Queue) -> Doorbell:
    """The doorbell of a queue. One ring is heard at a time, so that a busy worker leaves the next to others."""
    return Doorbell(redis_url, doorbell.Queue(f"jobs-{queue.value}", 1, 1, AcknowledgeType.WHEN_RECEIVED))


class Hints:
    """Tells that jobs have changed."""

    def __init__(self, redis_url: str) -> None:
        """Which Redis; `run` sends."""
        self._redis = Redis.from_url(
            redis_url, retry=Retry(NoBackoff(), 0), socket_timeout=SEND_SECONDS, socket_connect_timeout=SEND_SECONDS
        )
        # In an outage the oldest are forgotten; they would come too late anyway.
        self._unsent: deque[str] = deque(maxlen=MAX_UNSENT)
        self._more = asyncio.Event()
        self._outage = Outage(f"{CHANNEL} (tell)")

    def tell(self, job_id: UUID, status: Status) -> None:
        """Tell it soon. To be called after the commit."""
        self._unsent.append(f"{job_id} {status.value}")
        self._more.set()

    async def run(self) -> None:
        """Send what is told, for ever; what cannot be sent within 300 ms is forgotten."""
        async with self._redis:
            while True:
                await self._more.wait()
                self._more.clear()
                await self._send()
                unless_cancelled()

    async def _send(self) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            while self._unsent:
                pipe.publish(CHANNEL, self._unsent.popleft())
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await pipe.execute()
            except (RedisError, OSError) as error:
                await asyncio.sleep(self._outage.began(error))
            else:
                self._outage.ended()


async def listen(redis_url: str, heard: Callable[[UUID, Status], None], lost: Callable[[], None]) -> None:
    """Hear, for ever, which jobs may have changed; `lost` is called when something may have been missed."""

    def said(text: str) -> None:
        job_id, _, status = text.partition(" ")
        try:
            hint = UUID(job_id), Status(status)
        except ValueError:  # from somebody newer, or who should not be there
            return
        heard(*hint)

    await RedisListener(redis_url, CHANNEL).run(said, lost)

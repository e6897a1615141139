"""The doorbell: tells workers, through taskiq and a Redis stream, that a row wants attention.

A ring may be lost, repeated or late: it is a hint and never the record. Whoever rings has committed the row before, and
looks again later; so everything here prefers going on to being complete.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ResponseError
from taskiq import AckableMessage, BrokerMessage
from taskiq.abc.broker import AsyncBroker
from taskiq.acks import AcknowledgeType
from taskiq.exceptions import SendTaskError
from taskiq.kicker import AsyncKicker
from taskiq_redis import RedisStreamBroker

from chassis.consumer import Consumer, Entry
from chassis.outage import Outage

RING_SECONDS = 0.3
PAUSE_SECONDS = 1.0
SOCKET_SECONDS = 5.0
# Rings that nobody hears, because the workers are away for days, must not fill Redis.
MAX_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and how a worker works it off: entries read at once, tasks at once, and when a ring counts as heard."""

    name: str
    read_count: int
    slots: int
    acknowledge: AcknowledgeType


class Doorbell(RedisStreamBroker):
    """Both ends of a queue: to ring, and for a worker to hear. Messages are JSON; results are not kept."""

    def __init__(self, redis_url: str, queue: Queue, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is monotonic, in seconds."""
        super().__init__(
            redis_url,
            queue_name=f"cairn:doorbell:{queue.name}",
            max_connection_pool_size=queue.slots + 10,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=1,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.01), 3),
        )
        self.queue = queue
        self.dropped = 0
        self._redis = Redis(connection_pool=self.connection_pool)
        self._consumer = Consumer(self._redis, self.queue_name, queue.read_count)
        self._clock = clock
        self._outage = Outage(f"{self.queue_name} (ring)")
        self._silent_until = 0.0
        self._stopped = False

    async def ring(self, task_name: str, *args: Any) -> bool:
        """Ring, if that is possible at once; tells whether it was. Takes 300 ms at most and never raises."""
        if self._clock() < self._silent_until:
            return False
        if self._outage.on:  # one tries; the others do not wait for what it finds
            self._silent_until = self._clock() + PAUSE_SECONDS
        try:
            async with asyncio.timeout(RING_SECONDS):
                await AsyncKicker[Any, Any](task_name, self, {}).kiq(*args)
        except (SendTaskError, TimeoutError) as error:
            self._outage.began(error)
            self._silent_until = self._clock() + PAUSE_SECONDS
            return False
        self._outage.ended()
        self._silent_until = 0.0
        return True

    def answer(self, task_name: str, function: Callable[..., Awaitable[object]]) -> None:
        """Have a worker run the function when `task_name` is rung."""

        async def answered(*args: Any) -> None:  # taskiq renames what it registers; methods cannot be renamed
            await function(*args)

        self.register_task(answered, task_name)

    async def startup(self) -> None:
        """Nothing is prepared in Redis, which may be away: the group is made when it is missed."""
        await AsyncBroker.startup(self)

    async def kick(self, message: BrokerMessage) -> None:
        """Add a message to the queue, unless too many are waiting there."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xadd(self.queue_name, {"data": message.message})
            pipe.xlen(self.queue_name)
            entry_id, waiting = await pipe.execute()
        if waiting > MAX_WAITING:
            await self._redis.xdel(self.queue_name, entry_id)
            raise ResponseError("nobody works off the queue")

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """What was rung, through every kind of trouble with Redis, until `stop`."""
        while not self._stopped:
            for entry in await self._consumer.read():
                acknowledge = partial(self._consumer.acknowledge, entry.id)
                if problem := self._problem(entry):
                    self._drop(problem)
                    await acknowledge()
                else:
                    yield AckableMessage(data=entry.fields[b"data"], ack=acknowledge)

    def stop(self) -> None:
        """Hear no more."""
        self._stopped = True

    async def tend(self) -> bool:
        """Keep up this end of the queue, every few seconds; tells whether Redis can be reached."""
        reached, lost = await self._consumer.tend()
        for _ in range(lost):
            self._drop("undeliverable")
        return reached

    async def shutdown(self) -> None:
        """Leave what was heard and not worked off to other workers; close the connections."""
        if self.is_worker_process:
            await self._consumer.hand_back()
        await AsyncBroker.shutdown(self)
        await self.connection_pool.disconnect()

    def _problem(self, entry: Entry) -> str:
        """Why nothing can be done with the entry; empty if it can."""
        data = entry.fields.get(b"data")
        if data is None:
            return "no data"
        try:
            message = self.formatter.loads(data)
        except (ValueError, RecursionError):
            return "undecodable"
        if message.labels:  # with which taskiq can be told to do other than the queue says
            return "labelled"
        return "" if self.find_task(message.task_name) else "unknown task"

    def _drop(self, problem: str) -> None:
        self.dropped += 1
        structlog.get_logger().warning("ring dropped", queue=self.queue.name, problem=problem, dropped=self.dropped)

"""How late watchers hear of expiries: ours over a gRPC stream, with and without faults, and BullMQ's own handler."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load import Arm, run
from bench.presence_calls import Callers, names
from bench.presence_stack import NODE, PresenceStack
from bench.presence_stream import streaming
from cairn.presence.v1 import presence_pb2 as pb
from cli.stack.leash import leashed

IN_FLIGHT = 16
# Between the first call that sets a status and the first expiry: at least, and for each of them.
LEAD_SECONDS, LEAD_EACH = 2.0, 1 / 100
PATIENCE_SECONDS = 10.0
# In this order, at equal distances all through the window.
FAULTS = ("worker", "flush", "worker", "redis", "worker", "flush", "worker", "flush", "worker")
# For so much of the window Redis is not there.
REDIS_AWAY = 1 / 20


@dataclass(frozen=True)
class Plan:
    """So many expiries at random moments of so many seconds."""

    count: int
    seconds: float

    def part(self, share: float) -> "Plan":
        """A part of it, just as dense."""
        return Plan(round(self.count * share), self.seconds * share)

    def moments(self, seed: int) -> list[float]:
        """Seconds since 1970."""
        chance = random.Random(seed)  # noqa: S311 - data, not secrets
        start = time.time() + LEAD_SECONDS + self.count * LEAD_EACH
        return [start + chance.uniform(0, self.seconds) for _ in range(self.count)]


@dataclass
class Watched:
    """What a watcher heard."""

    due: dict[str, float]
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    late: dict[str, float] = field(default_factory=dict)
    again: int = 0

    def heard(self, _place: int, message: bytes) -> None:
        """An event of the stream."""
        at, event = time.time(), pb.PresenceEvent.FromString(message)
        if event.event == pb.PresenceEvent.EVENT_READY:
            self.ready.set()
        elif event.event == pb.PresenceEvent.EVENT_CHANGE and not event.presence.text:
            user = event.presence.user_id
            self.again += user in self.late
            self.late.setdefault(user, at - self.due[user])
            if len(self.late) == len(self.due):
                self.complete.set()

    def seconds(self) -> list[float]:
        """How late each expiry was; raises unless each was heard of once, and none too early."""
        early = sum(late < 0 for late in self.late.values())
        missing = len(self.due) - len(self.late)
        if missing or self.again or early:
            raise RuntimeError(f"expiries: {missing} not heard of, {self.again} heard of again, {early} too early")
        return list(self.late.values())


@dataclass(frozen=True)
class Lateness:
    """Measures of one replica."""

    stack: PresenceStack
    replica: Arm
    secret: str
    plan: Plan

    async def ours(self, seed: int) -> list[float]:
        """Seconds late, with the worker up."""
        return await self._watched(f"calm-{seed}-", self.plan.moments(seed))

    async def timer(self, seed: int) -> list[float]:
        """Seconds late of a timer in this process that does nothing: what of all this is the machine's."""
        late = []
        for at in sorted(self.plan.moments(seed)):
            await asyncio.sleep(max(0.0, at - time.time()))
            late.append(time.time() - at)
        return late

    async def bullmq(self, seed: int) -> list[float]:
        """Seconds late of BullMQ. Not beside ours: Redis, awake for us, would look at its timers for BullMQ too."""
        return await _bullmq(self.stack.environ["CAIRN_REDIS_URL"], self.plan.moments(seed))

    async def under_faults(self, seed: int) -> list[float]:
        """Seconds late while the worker and Redis are killed."""
        moments = self.plan.moments(seed)
        return await self._watched(f"faults-{seed}-", moments, self._break(min(moments)))

    async def _watched(
        self, prefix: str, moments: Sequence[float], meanwhile: Coroutine[Any, Any, None] | None = None
    ) -> list[float]:
        callers = Callers(list(names(prefix, len(moments))), self.secret)
        watched = Watched(dict(zip(callers.users, moments, strict=True)))
        request = callers.watch(callers.users[0], callers.users)
        async with streaming(self.replica.port, [request], 1, watched.heard):
            await asyncio.wait_for(watched.ready.wait(), PATIENCE_SECONDS)
            await run(self.replica, callers.expiring(moments), IN_FLIGHT, PATIENCE_SECONDS)
            if time.time() > min(moments):
                raise RuntimeError("the statuses were not set before the first one expired")
            if meanwhile is not None:
                await meanwhile
            longest = max(moments) - time.time() + PATIENCE_SECONDS
            await asyncio.wait([asyncio.create_task(watched.complete.wait())], timeout=longest)
        return watched.seconds()

    async def _break(self, start: float) -> None:
        for number, fault in enumerate(FAULTS):
            due = start + (number + 0.5) / len(FAULTS) * self.plan.seconds
            await asyncio.sleep(max(0.0, due - time.time()))
            if fault == "worker":
                self.stack.kill_worker()
            elif fault == "flush":
                await self.stack.flush_redis()
            else:
                command = self.stack.kill_redis()
                await asyncio.sleep(self.plan.seconds * REDIS_AWAY)
                self.stack.start_redis(command)


async def _bullmq(redis_url: str, moments: Sequence[float]) -> list[float]:
    """Seconds late of each delayed job."""
    process = await asyncio.create_subprocess_exec(
        *leashed(["node", str(NODE / "delayed.js")], signal.SIGKILL),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "CAIRN_REDIS_URL": redis_url},
    )
    try:
        async with asyncio.timeout(max(moments) - time.time() + PATIENCE_SECONDS):
            told, _ = await process.communicate(json.dumps([round(at * 1000) for at in moments]).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    ready, late = told.decode().splitlines()
    assert ready == "ready"
    return [each / 1000 for each in json.loads(late)]

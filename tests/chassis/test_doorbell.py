"""Ringing: it takes no time worth mentioning and does no harm, whatever Redis does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs
from taskiq.acks import AcknowledgeType

from chassis import doorbell as doorbell_module
from chassis.doorbell import PAUSE_SECONDS, Doorbell, Queue

QUEUE = Queue("ringing", read_count=1, slots=5, acknowledge=AcknowledgeType.WHEN_RECEIVED)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        """It is noon."""
        self.now = 43_200.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
async def deaf_url() -> AsyncIterator[str]:
    """A server that takes connections and never answers."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    for writer in held:
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def timed(doorbell: Doorbell) -> tuple[bool, float]:
    """Ring; whether it rang, and how long it took."""
    started = time.monotonic()
    return await doorbell.ring("task", 1), time.monotonic() - started


async def test_a_redis_that_hangs_costs_one_short_wait(deaf_url: str) -> None:
    clock = Clock()
    doorbell = Doorbell(deaf_url, QUEUE, clock)
    with capture_logs() as logs:
        rang, seconds = await timed(doorbell)
        assert not rang
        assert 0.25 < seconds < 3
        rest = [await timed(doorbell) for _ in range(100)]
        assert not any(rang for rang, _ in rest)
        assert sum(seconds for _, seconds in rest) < 3
        clock.now += PAUSE_SECONDS + 0.1
        again = await asyncio.gather(*(timed(doorbell) for _ in range(20)))
        assert sum(seconds > 0.2 for _, seconds in again) == 1
    assert [line["log_level"] for line in logs] == ["warning"]
    await doorbell.shutdown()


async def test_a_redis_that_is_not_there_costs_little_and_is_found_when_it_comes(
    free_port: Callable[[], int], redis_url: str
) -> None:
    clock = Clock()
    doorbell = Doorbell(f"redis://127.0.0.1:{free_port()}/0", QUEUE, clock)
    rang, seconds = await timed(doorbell)
    assert not rang
    assert seconds < 3
    there = Doorbell(redis_url, QUEUE, clock)
    doorbell._redis = there._redis
    with capture_logs() as logs:
        assert not await doorbell.ring("task")
        clock.now += PAUSE_SECONDS + 0.1
        assert await doorbell.ring("task")
        assert await doorbell.ring("task")
    assert [line["event"] for line in logs] == ["back"]
    await doorbell.shutdown()
    await there.shutdown()


async def test_a_queue_that_nobody_works_off_does_not_grow_for_ever(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell_module, "MAX_WAITING", 10)
    clock = Clock()
    doorbell = Doorbell(redis_url, Queue("full", 1, 5, AcknowledgeType.WHEN_RECEIVED), clock)
    rang = []
    for _ in range(15):
        rang.append(await doorbell.ring("task"))
        clock.now += PAUSE_SECONDS + 0.1
    assert rang == [True] * 10 + [False] * 5
    with redis.Redis.from_url(redis_url) as client:
        assert client.xlen(doorbell.queue_name) == 10
    await doorbell.shutdown()


async def test_what_cannot_be_sent_is_not_rung(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, QUEUE)
    no_json: Any = object()
    assert not await doorbell.ring("task", no_json)
    await doorbell.shutdown()


async def test_an_entry_lost_on_its_way_is_rung_again(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.consumer.ALIVE_SECONDS", 0.01)
    doorbell = Doorbell(redis_url, Queue("lost", 10, 5, AcknowledgeType.WHEN_EXECUTED))
    consumer = doorbell._consumer
    await doorbell.ring("task")
    [entry] = await consumer.read()
    for _ in range(4):  # five deliveries in all
        consumer._known.clear()  # as if it had never arrived
        await asyncio.sleep(0.02)
        assert await consumer.tend() == (True, 0)
        [again] = await consumer.read()
        assert again.id != entry.id
    await asyncio.sleep(0.02)
    assert await consumer.tend() == (True, 0)  # it is known, so it is at work
    consumer._known.clear()
    assert await consumer.tend() == (True, 1)
    with redis.Redis.from_url(redis_url) as client:
        assert client.xlen(doorbell.queue_name) == 0
    await doorbell.shutdown()

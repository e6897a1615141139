"""Hints reach whoever listens, while there is a Redis, and are in nobody's way while there is none."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID, uuid4

import pytest

from services.jobs import hints
from services.jobs.domain import Status
from services.jobs.hints import CHANNEL, Hints
from tests.chassis.conftest import OwnRedis
from tests.services.jobs.crew import until


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[OwnRedis]:
    """A running Redis that only this module uses."""
    server = OwnRedis(tmp_path_factory.mktemp("redis"), free_port())
    server.start()
    yield server
    server.stop()


class Ears:
    """What was heard, and how often something may have been missed."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.heard: list[tuple[UUID, Status]] = []
        self.missed = 0

    def hear(self, job_id: UUID, status: Status) -> None:
        """Hear a hint."""
        self.heard.append((job_id, status))

    def miss(self) -> None:
        """Begin to listen."""
        self.missed += 1


@pytest.fixture
async def ears(own_redis: OwnRedis) -> AsyncIterator[Ears]:
    """Somebody who listens."""
    ears = Ears()
    listening = asyncio.create_task(hints.listen(own_redis.server.url, ears.hear, ears.miss))
    await until(lambda: ears.missed)
    yield ears
    listening.cancel()
    await asyncio.wait({listening})
    assert listening.cancelled()


@pytest.fixture
async def telling(own_redis: OwnRedis) -> AsyncIterator[Hints]:
    """Somebody who tells."""
    telling = Hints(own_redis.server.url)
    running = asyncio.create_task(telling.run())
    yield telling
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_what_is_told_is_heard_in_order(ears: Ears, telling: Hints) -> None:
    told = [(uuid4(), status) for status in Status for _ in range(20)]
    for hint in told:
        telling.tell(*hint)
    await until(lambda: ears.heard == told)


async def test_what_makes_no_sense_is_passed_over(ears: Ears, telling: Hints, own_redis: OwnRedis) -> None:
    for nonsense in (b"", b"\xff\xfe", b"x running", str(uuid4()).encode(), f"{uuid4()} dancing".encode()):
        own_redis.client.publish(CHANNEL, nonsense)
    hint = uuid4(), Status.RUNNING
    telling.tell(*hint)
    await until(lambda: ears.heard == [hint])


async def test_a_redis_that_is_away_holds_nobody_up_and_is_found_again(
    ears: Ears, telling: Hints, own_redis: OwnRedis
) -> None:
    own_redis.kill()
    started = time.monotonic()
    for _ in range(10_000):
        telling.tell(uuid4(), Status.RUNNING)
    assert time.monotonic() - started < 5
    own_redis.start()
    await until(lambda: ears.missed > 1)
    hint = uuid4(), Status.CANCELING

    def heard() -> bool:
        telling.tell(*hint)
        return hint in ears.heard

    await until(heard)

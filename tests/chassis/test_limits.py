"""Token buckets: exact however many ask at once, and open while Redis is away."""

import asyncio
import contextlib
import itertools
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from google.rpc import error_details_pb2
from grpc import StatusCode

from chassis import limits as module
from chassis.limits import Bucket, Decision, Limits
from cli.stack.redis import RedisServer
from tests.chassis.echo import Client, bearer, service_key

NUMBERS = itertools.count(1)
DAY = 86_400
F10 = Bucket("f10", capacity=12, refill=4, per=DAY)


@pytest.fixture
def key() -> str:
    """Somebody who has not called yet."""
    return f"somebody-{next(NUMBERS)}"


@pytest.fixture
async def limits(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Limits]:
    """Limits that do not take a busy machine for a Redis that is away."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 10.0)
    monkeypatch.setattr(module, "SOCKET_SECONDS", 10)
    async with contextlib.aclosing(Limits(redis_url, time.monotonic)) as limits:
        yield limits


async def test_capacity_is_exact_under_concurrency(limits: Limits, key: str) -> None:
    decisions = await asyncio.gather(*(limits.take(F10, key) for _ in range(300)))
    allowed = [decision for decision in decisions if decision.allowed]
    assert len(allowed) == 12
    assert sorted(decision.remaining for decision in allowed) == list(range(12))
    assert {decision.limit for decision in decisions} == {12}


async def test_the_thirteenth_is_told_when_to_come_back(limits: Limits, key: str) -> None:
    taken = [await limits.take(F10, key) for _ in range(12)]
    assert [each.remaining for each in taken] == list(reversed(range(12)))
    refused = await limits.take(F10, key)
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert DAY / 4 - 60 < refused.retry_after <= DAY / 4
    assert 3 * DAY - 60 < refused.reset_after <= 3 * DAY


async def test_two_processes_share_a_bucket(limits: Limits, redis_url: str, key: str) -> None:
    async with contextlib.aclosing(Limits(redis_url, time.monotonic)) as other:
        asked = [each.take(F10, key) for each in (limits, other) * 15]
        assert sum(decision.allowed for decision in await asyncio.gather(*asked)) == 12


async def test_each_key_and_each_bucket_counts_for_itself(limits: Limits, key: str) -> None:
    one = Bucket("one", 1, 1, DAY)
    for bucket, who in ((one, key), (one, key + "x"), (Bucket("two", 1, 1, DAY), key)):
        assert (await limits.take(bucket, who)).allowed
        assert not (await limits.take(bucket, who)).allowed


async def test_tokens_come_back_one_by_one(limits: Limits, key: str) -> None:
    quick = Bucket("quick", capacity=2, refill=10, per=1)
    assert [(await limits.take(quick, key)).allowed for _ in range(3)] == [True, True, False]
    async with asyncio.timeout(5):
        while not (decision := await limits.take(quick, key)).allowed:
            assert decision.retry_after <= 0.1
    assert not (await limits.take(quick, key)).allowed


async def test_a_method_is_charged_to_its_caller(echo: Client, key: str) -> None:
    ann, bob = bearer(features=["echo"], sub=key), bearer(features=["echo"], sub=f"{key}-bob")
    for _ in range(2):
        await echo.call("Limited", metadata=ann)
    refusal = await echo.refused("Limited", metadata=ann)
    assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert 0 < refusal.detail(error_details_pb2.RetryInfo).retry_delay.seconds <= DAY / 4
    assert refusal.detail(error_details_pb2.QuotaFailure).violations
    await echo.call("Limited", metadata=bob)
    elsewhere = bearer(features=["echo"], sub=key, workspace="elsewhere")
    await echo.call("Limited", metadata=elsewhere)
    assert (await echo.refused("Limited", metadata=service_key(key))).reason == "FEATURE_REQUIRED"


class Own:
    """A Redis that comes and goes."""

    def __init__(self, folder: Path, port: int) -> None:
        self.server = RedisServer(folder, port, "for-tests", durable=False)
        self.server.create()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self.server.program().command, stdout=subprocess.DEVNULL)
        give_up = time.monotonic() + 20
        while not self.server.ready():
            assert time.monotonic() < give_up

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


@pytest.fixture
def own(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Own]:
    own = Own(tmp_path, free_port())
    yield own
    own.stop()


async def test_limits_open_while_redis_is_away_and_close_when_it_is_back(own: Own) -> None:
    clock, one = [0.0], Bucket("one", 1, 1, DAY)
    async with contextlib.aclosing(Limits(own.server.url, lambda: clock[0])) as limits:

        async def allowed(times: int) -> list[bool]:
            return [(await limits.take(one, "ann")).allowed for _ in range(times)]

        started = time.monotonic()
        assert [await limits.take(one, "ann") for _ in range(50)] == [Decision(True, 1, 1)] * 50
        assert time.monotonic() - started < 1
        own.start()
        assert await allowed(2) == [True, True]
        clock[0] = 1.1
        assert await allowed(3) == [True, False, False]
        own.stop()
        assert await allowed(2) == [True, True]
        own.start()
        clock[0] = 2.2
        assert await allowed(3) == [True, False, False]


async def test_that_redis_is_away_is_said_once_a_second(free_port: Callable[[], int], key: str) -> None:
    clock = [0.0]
    address = f"redis://127.0.0.1:{free_port()}/0"
    async with contextlib.aclosing(Limits(address, lambda: clock[0])) as limits:
        with structlog.testing.capture_logs() as logs:
            for clock[0] in (0.0, 0.5, 0.9, 1.0, 1.5):
                await limits.take(F10, key)
    assert [(line["event"], line["log_level"]) for line in logs] == [("limits are open: redis is away", "warning")] * 2


async def test_a_redis_that_hangs_is_not_waited_for(key: str) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with contextlib.aclosing(Limits(f"redis://127.0.0.1:{port}/0", lambda: 0.0)) as limits:
            started = time.monotonic()
            decisions = await asyncio.gather(*(limits.take(F10, key) for _ in range(100)))
            assert all(decision.allowed for decision in decisions)
            assert time.monotonic() - started < 1

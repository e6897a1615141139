"""Redis is expendable: without it everything works, limits are open, and they close when it is back."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cli.stack.redis import RedisServer
from tests.faults.cairn import SERVICES, Cairn
from tests.faults.world import Killable, until

FEW = 5
COUNT = "/api/v1/bookmarks/count"


@pytest.fixture
def redis(tmp_path: Path, free_port: Callable[[], int]) -> RedisServer:
    """A Redis of one's own, not yet started."""
    server = RedisServer(tmp_path, free_port(), "for-tests", durable=False, log=tmp_path / "log")
    server.create()
    return server


@pytest.fixture
async def limited(
    redis: RedisServer,
    keep: Callable[[Killable], Killable],
    new_cairn: Callable[[str, str], Cairn],
    new_database: Callable[..., str],
    fed_database: str,
) -> tuple[Cairn, Killable]:
    """A Cairn that allows few requests a minute, and the Redis that counts them; both run."""
    server = keep(Killable(redis.program(), lambda _: redis.ready()))
    await server.start()
    cairn = new_cairn(new_database(fed_database), redis.url)
    for process in (cairn.process("bookmarks"), cairn.process("gateway", CAIRN_USER_RATE_LIMIT=str(FEW))):
        await process.start()
    return cairn, server


async def statuses(client: httpx.AsyncClient, number: int) -> list[int]:
    """The answers to so many requests."""
    return [(await client.get(COUNT)).status_code for _ in range(number)]


async def closed(client: httpx.AsyncClient) -> bool:
    """Whether there are limits."""
    return (await client.get(COUNT)).status_code == 429


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
async def test_limits_open_and_close_again(limited: tuple[Cairn, Killable], sign: signal.Signals) -> None:
    cairn, redis = limited
    async with cairn.client() as ann, cairn.client("bob") as bob:
        assert await statuses(ann, FEW + 1) == [200] * FEW + [429]
        redis.send(sign)
        began = time.monotonic()
        assert await statuses(ann, 3 * FEW) == [200] * 3 * FEW
        # One request of a second waits for Redis, and for 100 ms at most.
        assert time.monotonic() - began < 15
        saved = await ann.post("/api/v1/bookmarks", json={"target": {"messageId": "m-1"}})
        assert (saved.status_code, saved.headers["ratelimit-remaining"]) == (201, str(FEW))
        assert (await ann.get("/api/v1/bookmarks")).json()["page"]["totalSize"] == 1
        if sign == signal.SIGSTOP:
            redis.send(signal.SIGCONT)
        else:
            await redis.ended()
            await redis.start()
        await until(lambda: closed(bob))
    for log in cairn.settings.data_dir.glob("gateway-*.log"):
        assert "limits are open: redis is away" in log.read_text()


async def test_a_cairn_starts_without_redis(
    redis: RedisServer,
    new_cairn: Callable[[str, str], Cairn],
    new_database: Callable[..., str],
    fed_database: str,
) -> None:
    cairn = new_cairn(new_database(fed_database), redis.url)
    for name in (*SERVICES, "gateway"):
        await cairn.process(name).start()
    async with cairn.client() as ann:
        assert (await ann.get("/readyz")).status_code == 200
        assert (await ann.put("/api/v1/presence/status", json={"text": "Tea"})).status_code == 200
        assert (await ann.get("/api/v1/presence/users/ann/status")).json()["data"]["text"] == "Tea"
        assert (await ann.post("/api/v1/bookmarks", json={"target": {"messageId": "m-1"}})).status_code == 201

"""What the tests of the chassis share: a service that echoes, and a doorbell with its own Redis and worker."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from google.protobuf.descriptor import ServiceDescriptor
from taskiq.acks import AcknowledgeType

from chassis.doorbell import Doorbell, Queue
from cli.health import illness
from cli.stack.redis import RedisServer
from cli.stack.supervisor import Supervisor
from tests.chassis.echo import Client, compile_contract, running

ROOT = Path(__file__).parents[2]
NUMBERS = itertools.count(1)


async def eventually(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is true."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not come to pass"
        await asyncio.sleep(0.02)


class OwnRedis:
    """A Redis of the test module alone; what it holds survives its end."""

    def __init__(self, folder: Path, port: int) -> None:
        """Not yet started."""
        self.server = RedisServer(folder, port, "for-tests", durable=True, log=folder / "log")
        self.server.create()
        self.client = redis.Redis.from_url(self.server.url)
        self._supervisor = Supervisor(folder / "processes.json")

    def start(self) -> None:
        """Start it, with what it held before."""
        self._supervisor.start(self.server.program())
        self._supervisor.wait_for(self.server.ready)

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        os.kill(int(self.client.info("server")["process_id"]), signal.SIGKILL)
        self._supervisor.stop()

    def stop(self) -> None:
        """End it."""
        self.client.close()
        self._supervisor.stop()

    def cut(self) -> int:
        """Cut every connection but this one."""
        return int(self.client.client_kill_filter(skipme=True, _type="normal"))


class Worker:
    """A worker process on a queue of its own."""

    def __init__(self, redis_url: str, folder: Path, port: int, name: str) -> None:
        """Start it, and wait until it is well."""
        command = [sys.executable, str(ROOT / "tests/chassis/bell_worker.py"), redis_url, name, str(port), str(folder)]
        path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=log)
        self.pid = self.process.pid
        give_up = time.monotonic() + 15
        while illness(f"grpc://127.0.0.1:{port}", 1):
            assert time.monotonic() < give_up, (folder / "log").read_text()
            time.sleep(0.1)

    def lives(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self.process.kill()
        self.process.wait()

    async def ended(self, seconds: float) -> int:
        """Wait for its end; tells its exit code."""
        await eventually(lambda: not self.lives(), seconds)
        return self.process.wait()


@dataclass
class Bell:
    """A queue, its ringing end, and what its workers did since this was made."""

    redis: OwnRedis
    folder: Path
    free_port: Callable[[], int]
    name: str
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the ringing end."""
        self.doorbell = Doorbell(self.redis.server.url, Queue(self.name, 20, 20, AcknowledgeType.WHEN_EXECUTED))
        self.stream = self.doorbell.queue_name
        for name in ("notes", "release"):
            (self.folder / name).unlink(missing_ok=True)

    def notes(self) -> list[str]:
        """What the tasks wrote."""
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def release(self) -> None:
        """Let the tasks end that wait for it."""
        (self.folder / "release").touch()

    def waiting(self) -> int:
        """How many entries are in the queue."""
        return int(self.redis.client.xlen(self.stream))

    def start_worker(self) -> Worker:
        """A worker that ends with the test."""
        self.workers.append(Worker(self.redis.server.url, self.folder, self.free_port(), self.name))
        return self.workers[-1]

    async def ring(self, task: str, *texts: str) -> None:
        """Ring once for each text, for as long as it takes."""
        for text in texts:
            give_up = time.monotonic() + 5
            while not await self.doorbell.ring(task, text):
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[OwnRedis]:
    """A running Redis that only this module uses."""
    server = OwnRedis(tmp_path_factory.mktemp("redis"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def bell(own_redis: OwnRedis, tmp_path: Path, free_port: Callable[[], int]) -> AsyncIterator[Bell]:
    """A queue without a worker."""
    bell = Bell(own_redis, tmp_path, free_port, f"test-{next(NUMBERS)}")
    yield bell
    for worker in bell.workers:
        worker.kill()
    await bell.doorbell.shutdown()


@pytest.fixture(scope="module")
def steady_worker(
    own_redis: OwnRedis, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[tuple[Worker, Path]]:
    """A worker that must live through all the tests that use it, and its folder."""
    folder = tmp_path_factory.mktemp("steady")
    worker = Worker(own_redis.server.url, folder, free_port(), "steady")
    yield worker, folder
    assert worker.lives()
    worker.kill()


@pytest.fixture
async def steady(
    own_redis: OwnRedis, steady_worker: tuple[Worker, Path], free_port: Callable[[], int]
) -> AsyncIterator[Bell]:
    """The queue of the worker that must live."""
    worker, folder = steady_worker
    bell = Bell(own_redis, folder, free_port, "steady", [worker])
    yield bell
    await bell.doorbell.shutdown()


@pytest.fixture(name="eventually")
def eventually_fixture() -> Any:
    """Waits until something is true."""
    return eventually


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> ServiceDescriptor:
    """The service Echo."""
    return compile_contract(tmp_path_factory.mktemp("echo"))


@pytest.fixture
async def echo(contract: ServiceDescriptor, redis_url: str) -> AsyncIterator[Client]:
    """A client of a running Echo."""
    async with running(contract, redis_url) as (client, _):
        yield client

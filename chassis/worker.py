"""The main of a worker process: runs what a doorbell rings for, and what else there is, until SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from taskiq.receiver import Receiver

from chassis.cancellation import unless_cancelled
from chassis.consumer import ALIVE_SECONDS
from chassis.doorbell import Doorbell
from chassis.memory import settle
from chassis.settings import RedisUrl
from chassis.telemetry import TelemetrySettings

Status = health_pb2.HealthCheckResponse


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker needs to run."""

    redis_url: RedisUrl
    telemetry: TelemetrySettings
    listen_host: str = "127.0.0.1"
    # How long tasks may still run after SIGTERM.
    drain_seconds: float = 10.0


@dataclass(frozen=True)
class Beside:
    """What a worker does besides answering rings, which it could do without."""

    # Works until the event is set, and returns when it has come to an end.
    run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]
    well: Callable[[], bool]


async def work(doorbell: Doorbell, settings: WorkerSettings, port: int, beside: Beside | None = None) -> None:
    """Work until told to stop; then start nothing new, finish what runs, and return.

    The health service of gRPC on `port` says SERVING while the queue can be heard or, where there is something beside
    it, while that is well.
    """
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    doorbell.is_worker_process = True
    await doorbell.startup()
    await doorbell.tend()
    settle()
    address = f"{settings.listen_host}:{port}"
    async with _health(address) as status, asyncio.TaskGroup() as group:
        well = beside.well if beside else None
        tending = group.create_task(_tend(doorbell, status, stopping, well))
        structlog.get_logger().info("serving", queue=doorbell.queue.name, health=address)
        running = group.create_task(beside.run(stopping)) if beside else None
        await _listen(doorbell, stopping, settings.drain_seconds)
        stopping.set()
        if running:
            await running
        tending.cancel()
    await doorbell.shutdown()


async def _listen(doorbell: Doorbell, stopping: asyncio.Event, drain_seconds: float) -> None:
    """Run tasks until told to stop, and those under way to their end."""
    receiver = Receiver(
        doorbell,
        validate_params=False,
        max_async_tasks=doorbell.queue.slots,
        run_startup=False,
        ack_type=doorbell.queue.acknowledge,
        wait_tasks_timeout=drain_seconds,
    )
    finish = asyncio.Event()
    listening = asyncio.create_task(receiver.listen(finish))
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({listening, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    structlog.get_logger().info("draining", seconds=drain_seconds)
    # Before `finish`: on Python 3.11 a read was seen to swallow its cancellation and to go on for ever.
    doorbell.stop()
    finish.set()
    await asyncio.wait({listening}, timeout=drain_seconds + 1)
    if listening.done():
        listening.result()


async def _tend(
    doorbell: Doorbell, status: health.aio.HealthServicer, stopping: asyncio.Event, well: Callable[[], bool] | None
) -> None:
    """Keep up the doorbell and the health; for as long as tasks run, or they would be taken for those of the dead."""
    while True:
        heard = await doorbell.tend()
        ready = (well() if well else heard) and not stopping.is_set()
        await status.set("", Status.SERVING if ready else Status.NOT_SERVING)
        unless_cancelled()
        await asyncio.sleep(ALIVE_SECONDS / 3)


@asynccontextmanager
async def _health(address: str) -> AsyncIterator[health.aio.HealthServicer]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
    status = health.aio.HealthServicer()
    await status.set("", Status.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield status
    finally:
        await server.stop(None)

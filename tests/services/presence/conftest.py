"""The presence service in this process: real server, real interceptor chain, real PostgreSQL and Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import pytest

from chassis import server
from chassis.database import DatabaseSettings
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.server import ServerSettings
from chassis.telemetry import TelemetrySettings
from services.presence.__main__ import running, served
from services.presence.settings import Settings
from tests.services.presence.client import JWT_SECRET, OTHER_KEY, SERVICE_KEY, Service


@pytest.fixture
async def service(database_url: str, redis_url: str) -> AsyncIterator[Service]:
    """A running service with an empty workspace; without a worker, so that expiries are the replica's own."""
    identity = IdentitySettings(jwt_secret=JWT_SECRET, service_keys=(f"calendar:{SERVICE_KEY}", f"phone:{OTHER_KEY}"))
    config = Settings(
        ServerSettings(redis_url, identity, TelemetrySettings()),
        DatabaseSettings(database_url, database_pool_size=5),
        presence_lease_seconds=2,
        presence_grace_seconds=0.2,
    )
    limits = Limits(redis_url, lambda: 0.0)
    async with ended_in_time() as stack:
        parts = await stack.enter_async_context(running(config))
        grpc_server = server.make_server(served(parts), server.interceptors(config.server, limits))
        port = grpc_server.add_insecure_port("127.0.0.1:0")
        await grpc_server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Service(channel, parts)
        parts.hub.drain()
        await grpc_server.stop(None)
    await limits.aclose()


@asynccontextmanager
async def ended_in_time() -> AsyncIterator[AsyncExitStack]:
    """Contexts that must not take for ever to end, whatever was cancelled while it did something else."""
    stack = AsyncExitStack()
    try:
        yield stack
    finally:
        async with asyncio.timeout(20):
            await stack.aclose()

"""The gateway process: `python -m gateway`."""

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import metadata
from pathlib import Path
from socket import socket

import structlog
import uvicorn
import uvloop

from cairn.policy.v1 import policy_pb2
from chassis import settings as environment
from chassis import telemetry
from chassis.identity import Identity
from chassis.limits import Limits
from chassis.memory import settle
from gateway import docs_page, openapi
from gateway.app import Gateway, routes_of
from gateway.contract import load
from gateway.edge import Edge
from gateway.pages import pages_of
from gateway.settings import Settings, addresses
from gateway.upstreams import SERVED_BY, Backends, Upstreams


class Server(uvicorn.Server):
    """uvicorn, with streams told of the end, and a signal that ends it well rather than by the signal's name."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        """`stopping` is set when no more connections are taken."""
        super().__init__(config)
        self._stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, self.handle_exit, signum, None)
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        address = f"{self.config.host}:{self.config.port}"
        structlog.get_logger().info("serving", address=address)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End streams, and wait for what is in flight."""
        structlog.get_logger().info("draining", seconds=self.config.timeout_graceful_shutdown)
        self._stopping.set()
        await super().shutdown(sockets)


@asynccontextmanager
async def application(settings: Settings, backends: Backends, stopping: asyncio.Event) -> AsyncIterator[Gateway]:
    """The gateway with all its parts, which end with it. Streams end when `stopping` is set."""
    upstreams = Upstreams(backends.addresses, settings.call_timeout, settings.upstream_ca)
    limits = Limits(settings.redis_url, time.monotonic)
    edge = Edge(settings.edge, Identity(settings.identity, time.time), limits)
    routes = routes_of(backends, settings.edge, stopping)
    document = openapi.document(backends, _version(), settings.edge.upload_limit)
    documents = {"/openapi.json": openapi.answer(document), "/docs": docs_page.answer(document)}
    try:
        yield Gateway(routes, pages_of(_version(), upstreams, documents), edge, upstreams)
    finally:
        await upstreams.aclose()
        await limits.aclose()


async def serve(settings: Settings, backends: Backends) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    async with application(settings, backends, stopping) as app:
        config = uvicorn.Config(
            app,
            host=settings.listen_host,
            port=settings.gateway_port,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=round(settings.drain_seconds),
        )
        # What was made so far stays to the end: there is no use in looking through it for garbage again and again.
        gc.freeze()
        settle()
        await Server(config, stopping).serve()


def _version() -> str:
    try:
        return metadata.version("cairn")
    except metadata.PackageNotFoundError:
        return "unreleased"


def main() -> None:
    """Start with what the environment says."""
    try:
        settings = environment.load(Settings, os.environ)
    except environment.SettingsError as error:
        sys.exit(str(error))
    telemetry.configure("gateway", settings.telemetry)
    contract = load((Path(policy_pb2.__file__).parents[3] / "cairn.binpb").read_bytes())
    names = {name for upstreams in SERVED_BY.values() for name in upstreams}
    uvloop.run(serve(settings, Backends(contract, SERVED_BY, addresses(settings, names))))


if __name__ == "__main__":
    main()

"""The gRPC server of a service: interceptor chain, reflection, health, TLS, and a graceful end."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis.identity import Identity, IdentitySettings, identified
from chassis.interceptors import Call, Interceptor, bind
from chassis.limits import Limits, limited
from chassis.memory import settle
from chassis.policy import permitted
from chassis.settings import RedisUrl
from chassis.status import errors_told
from chassis.telemetry import TelemetrySettings, traced
from chassis.validation import validated

MAX_MESSAGE_BYTES = 16 << 20


@dataclass(frozen=True)
class TlsSettings:
    """PEM files. Without them the server speaks plain HTTP/2, for a private network."""

    tls_certificate: str = ""
    tls_key: str = ""

    def __post_init__(self) -> None:
        """Refuse one without the other: the server would not do what was meant."""
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("CAIRN_TLS_CERTIFICATE and CAIRN_TLS_KEY must be set together")


@dataclass(frozen=True)
class ServerSettings:
    """What every gRPC service needs to run."""

    redis_url: RedisUrl
    identity: IdentitySettings
    telemetry: TelemetrySettings
    tls: TlsSettings = TlsSettings()
    listen_host: str = "127.0.0.1"
    # How long calls may still run after SIGTERM.
    drain_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """A service of the contract, and who answers for it."""

    service: ServiceDescriptor
    servicer: object


async def serve(
    served: Sequence[Served], settings: ServerSettings, port: int, end_streams: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGTERM or SIGINT; then refuse new calls, end streams, finish the running calls, and return."""
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    limits = Limits(settings.redis_url, time.monotonic)
    under_way: Counter[str] = Counter()
    server = make_server(served, [_counted(under_way), *interceptors(settings, limits)])
    status = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    bound = _listen(server, settings, port)
    settle()
    await server.start()
    await _announce(status, served, health_pb2.HealthCheckResponse.SERVING)
    structlog.get_logger().info("serving", address=f"{settings.listen_host}:{bound}")
    await stopping.wait()
    structlog.get_logger().info("draining", seconds=settings.drain_seconds)
    await _announce(status, served, health_pb2.HealthCheckResponse.NOT_SERVING)
    end_streams()
    await _stop(server, settings.drain_seconds, under_way)
    await limits.aclose()


async def _stop(server: grpc.aio.Server, seconds: float, under_way: Counter[str]) -> None:
    """Let calls end for so long; those that do not are named, none where it is not one of ours that keeps us."""
    stopping = asyncio.create_task(server.stop(seconds))
    await asyncio.wait({stopping}, timeout=0.9 * seconds)
    if not stopping.done():
        structlog.get_logger().warning("still draining", calls=dict(+under_way))
    await stopping


def _counted(under_way: Counter[str]) -> Interceptor:
    """Count the calls under way, by method."""

    @asynccontextmanager
    async def count(call: Call) -> AsyncIterator[None]:
        under_way[call.method.path] += 1
        try:
            yield
        finally:
            under_way[call.method.path] -= 1

    return count


def interceptors(settings: ServerSettings, limits: Limits) -> list[Interceptor]:
    """Outermost first. Errors stands outside all that may fail; quotas are charged only to those let in."""
    return [
        traced,
        errors_told,
        identified(Identity(settings.identity, time.time)),
        permitted,
        validated,
        limited(limits),
    ]


def make_server(served: Sequence[Served], chain: Sequence[Interceptor]) -> grpc.aio.Server:
    """A server that is not yet bound to a port, with reflection."""
    server = grpc.aio.server(
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            # Without these a storm of new calls is answered CANCELLED (measured: 2,050 of 5,000 calls lost).
            ("grpc.server.max_pending_requests", 20_000),
            ("grpc.server.max_pending_requests_hard_limit", 20_000),
            # Clients ask every 30 seconds whether we are here, also on a stream that is quiet for hours: by default
            # that is taken for an attack, and all streams of the connection are cut after two minutes.
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.http2.max_ping_strikes", 0),
            ("grpc.keepalive_permit_without_calls", 1),
            # And a client that vanished without a word leaves its streams within half a minute.
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 5_000),
            # How long an answer to that may take, which by default is a minute, whatever the line above says.
            ("grpc.http2.ping_timeout_ms", 5_000),
            ("grpc.http2.max_pings_without_data", 0),
        ]
    )
    server.add_generic_rpc_handlers([bind(each.service, each.servicer, chain) for each in served])
    names = [each.service.full_name for each in served]
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    return server


def _listen(server: grpc.aio.Server, settings: ServerSettings, port: int) -> int:
    address = f"{settings.listen_host}:{port}"
    tls = settings.tls
    if not tls.tls_certificate:
        return server.add_insecure_port(address)
    pair = (Path(tls.tls_key).read_bytes(), Path(tls.tls_certificate).read_bytes())
    return server.add_secure_port(address, grpc.ssl_server_credentials([pair]))


async def _announce(
    status: health.aio.HealthServicer,
    served: Sequence[Served],
    state: int,
) -> None:
    for name in ["", *(each.service.full_name for each in served)]:
        await status.set(name, state)

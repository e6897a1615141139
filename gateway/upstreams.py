"""The services behind the gateway: the one list of them, and the calls to them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2

from chassis.channels import open_channel
from gateway.contract import Contract, Method
from gateway.errors import from_rpc

# Who serves what: full service names, and the upstreams that serve each. The address of an upstream is the setting
# `<name>_address`. Only a broadcast reaches more than the first.
SERVED_BY: Mapping[str, tuple[str, ...]] = {
    "cairn.bookmarks.v1.BookmarkService": ("bookmarks",),
    "cairn.bookmarks.v1.LinkService": ("bookmarks",),
    "cairn.bookmarks.v1.EnrichmentService": ("bookmarks",),
    "cairn.presence.v1.PresenceService": ("presence",),
    "cairn.jobs.v1.JobsService": ("jobs",),
    "cairn.jobs.v1.JobsAdminService": ("jobs",),
    "cairn.jobs.v1.SearchService": ("jobs",),
    "cairn.jobs.v1.TitlesService": ("jobs",),
    "cairn.jobs.v1.TranscriptionService": ("jobs",),
    "cairn.jobs.v1.MemoriesService": ("jobs",),
    "cairn.jobs.v1.JobInfosService": ("jobs",),
    "cairn.jobs.v1.InterviewsService": ("jobs",),
    "cairn.jobs.v1.UsageService": ("jobs",),
    "cairn.jobs.v1.LinkJobsService": ("jobs",),
    "cairn.feed.v1.FeedService": ("bookmarks", "presence", "jobs"),
}
HEALTH = "/grpc.health.v1.Health/Check"
HEALTH_SECONDS = 2.0
# A read that found no connection, or a server that stopped before it began, is tried again once, this much later.
RETRY_SECONDS = 0.05
TURNED_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
# What has taken too long already is not asked for twice.
BUSY = "DATABASE_BUSY"

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Backends:
    """What stands behind the gateway: the contract, which upstreams serve which of its services, and where."""

    contract: Contract
    served_by: Mapping[str, tuple[str, ...]]
    addresses: Mapping[str, str]

    def methods(self) -> list[Method]:
        """The methods that somebody serves."""
        return [method for method in self.contract.methods if self.served_by.get(method.service)]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call to make. `safe`: it only reads, so may be made twice; `longest_wait`: seconds it may be told to wait."""

    path: str
    request: bytes
    metadata: Metadata
    safe: bool = False
    longest_wait: float = 0.0


class Upstreams:
    """Channels to all upstreams, and how to call through them."""

    def __init__(self, addresses: Mapping[str, str], timeout: float, ca_file: str = "") -> None:
        """`addresses` by upstream; `timeout` is for each unary call, in seconds; with `ca_file`, calls go over TLS.

        Needs a running event loop.
        """
        self._channels = {name: open_channel(address, ca_file) for name, address in addresses.items()}
        self._timeout = timeout
        self._calls: dict[tuple[str, str], grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {}

    async def call(self, upstream: str, outgoing: Outgoing) -> bytes:
        """Make a unary call; raises grpc.aio.AioRpcError. A second try has what is left of the time of the first."""
        now = asyncio.get_running_loop().time
        seconds = self._timeout + outgoing.longest_wait
        deadline = now() + seconds
        try:
            return await self._once(upstream, outgoing, seconds)
        except grpc.aio.AioRpcError as error:
            if not outgoing.safe or error.code() not in TURNED_AWAY or from_rpc(error).reason == BUSY:
                raise
        await asyncio.sleep(RETRY_SECONDS)
        return await self._once(upstream, outgoing, deadline - now())

    async def broadcast(self, upstreams: Sequence[str], outgoing: Outgoing) -> bytes:
        """Call them all; the first one's answer, if all succeeded. Raises the first error there was."""
        calls = (self._once(name, outgoing, self._timeout) for name in upstreams)
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers[0]  # type: ignore[return-value]

    def stream(self, upstream: str, outgoing: Outgoing) -> grpc.aio.UnaryStreamCall[bytes, bytes]:
        """Open a server stream. It has no deadline: the client ends it by going away."""
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channels[upstream].unary_stream(outgoing.path)
        return method(outgoing.request, metadata=outgoing.metadata)

    def upload(self, upstream: str, path: str, metadata: Metadata) -> grpc.aio.StreamUnaryCall[bytes, bytes]:
        """Open a client stream. It has no deadline: how long it takes lies with the client."""
        method: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = self._channels[upstream].stream_unary(path)
        return method(metadata=metadata)

    async def health(self) -> dict[str, str]:
        """What each upstream says of itself: `serving`, `not_serving`, or `unreachable`."""
        states = await asyncio.gather(*(self._health(name) for name in self._channels))
        return dict(zip(self._channels, states, strict=True))

    async def aclose(self) -> None:
        """Close all channels."""
        for channel in self._channels.values():
            await channel.close()

    async def _once(self, upstream: str, outgoing: Outgoing, seconds: float) -> bytes:
        key = (upstream, outgoing.path)
        method = self._calls.get(key)
        if method is None:
            method = self._calls[key] = self._channels[upstream].unary_unary(outgoing.path)
        return await method(outgoing.request, metadata=outgoing.metadata, timeout=seconds)

    async def _health(self, upstream: str) -> str:
        check = self._channels[upstream].unary_unary(
            HEALTH,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except grpc.aio.AioRpcError:
            return "unreachable"
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status).lower()

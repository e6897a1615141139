"""Connections to addresses that were checked, and to no others: the name is resolved here, once, and never again."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import httpcore

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import ADDRESS_REFUSED, DOWNLOAD_FAILED, DOWNLOAD_TOO_LARGE
from services.jobs.outgoing_addresses import Address, Allowed, is_public, plain

# Of what is not on the list of the operator.
PORTS = (80, 443)
# A name may have many addresses; who does not answer at so many is away.
MAX_TRIED = 3

# The addresses of a host.
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """As the machine has it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


class Guarded(httpcore.AsyncNetworkBackend):
    """The network, as far as people may send us into it."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, allowed: Allowed, resolve: Resolve, most: int) -> None:
        """`network` connects in the end; at most so many bytes come back, over all connections together."""
        self._network = network
        self._allowed = allowed
        self._resolve = resolve
        self._left = most

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Connect to the first of its addresses that answers. One that may not be asked spoils all of them."""
        addresses = await self._addresses(host, port)
        for address in addresses[:MAX_TRIED]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return Counted(await self._network.connect_tcp(str(address), port, *rest, **options), self._take)
        raise JobFailed(DOWNLOAD_FAILED)

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            addresses = list(dict.fromkeys(plain(text) for text in await self._resolve(host, port)))
        except (OSError, ValueError) as error:
            raise JobFailed(DOWNLOAD_FAILED) from error
        if not all(self._may(host, address, port) for address in addresses):
            raise JobFailed(ADDRESS_REFUSED)
        return addresses

    def _may(self, host: str, address: Address, port: int) -> bool:
        return (host, address) in self._allowed or (port in PORTS and is_public(address))

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise JobFailed(DOWNLOAD_TOO_LARGE)


class Counted(httpcore.AsyncNetworkStream):
    """A connection of which every byte that comes is counted."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, take: Callable[[int], None]) -> None:
        """`take` is told of the bytes, and raises when they are too many."""
        self._stream = stream
        self._take = take

    async def read(self, *args: Any, **options: Any) -> bytes:
        """What has come."""
        data = await self._stream.read(*args, **options)
        self._take(len(data))
        return data

    async def write(self, *args: Any, **options: Any) -> None:
        """Send."""
        await self._stream.write(*args, **options)

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Speak TLS from now on."""
        return Counted(await self._stream.start_tls(*args, **options), self._take)

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._stream.get_extra_info(info)

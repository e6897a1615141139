"""The only way out for a browser of ours: an HTTP proxy on this machine, of which every connection is guarded.

It lives as long as one picture takes, and serves only who knows its password. Each connection carries one request.
"""

import asyncio
import base64
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import h11
import httpcore
import httpx

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import ADDRESS_REFUSED, UrlInvalid, parsed
from services.jobs.outgoing_network import Guarded
from services.jobs.outgoing_relay import MAX_HEADER, Client, Upstream

HOST = "127.0.0.1"
USER = "cairn"
# Connections at a time, and ever: who wants more looks for open doors, and shows nothing.
MAX_OPEN, MAX_EVER = 64, 1000
# What a page may send, over all its connections.
MAX_SENT = 10 << 20
CONNECT_SECONDS = 10.0
PORTS = {"http": 80, "https": 443}
BROKEN = (OSError, TimeoutError, JobFailed, httpcore.NetworkError, httpcore.TimeoutException, h11.ProtocolError)


class Place(NamedTuple):
    """Where a connection leads."""

    host: str
    port: int


class Refused(Exception):
    """What the browser is told: no more than a number."""

    def __init__(self, status: int) -> None:
        """Such as 403."""
        super().__init__(status)
        self.status = status


class Proxy:
    """One capture's way out."""

    def __init__(self, network: Guarded) -> None:
        """Everything goes through `network`, which also counts what comes back."""
        self._network = network
        self._left = MAX_SENT
        self._open = self._ever = 0
        self._port = 0
        self.password = secrets.token_urlsafe(24)
        # Where the guard did not let it go.
        self.refused: set[Place] = set()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Proxy"]:
        """As long as this lasts, it serves; afterwards no connection is left."""
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, HOST, 0, limit=MAX_HEADER)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            left = list(tasks)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._ever += 1
        try:
            await self._answer(Client(reader, writer))
        except BROKEN:
            pass  # either side is away: closing says all
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, client: Client) -> None:
        request = await client.request()
        try:
            self._check(request)
            url = _wanted(request)
            stream = await self._connected(Place(url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]))
        except Refused as refused:
            await client.refuse(refused.status)
            return
        try:
            upstream = Upstream(stream, self._take)
            await (client.tunnel(upstream) if url.scheme == "https" else client.forward(request, url, upstream))
        finally:
            await stream.aclose()

    def _check(self, request: h11.Request) -> None:
        wanted = b"Basic " + base64.b64encode(f"{USER}:{self.password}".encode())
        said = dict(request.headers).get(b"proxy-authorization", b"")
        if not hmac.compare_digest(said, wanted):
            raise Refused(407)
        if self._open > MAX_OPEN or self._ever > MAX_EVER:
            raise Refused(503)

    async def _connected(self, place: Place) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._network.connect_tcp(place.host, place.port, timeout=CONNECT_SECONDS)
        except JobFailed as failed:
            if failed.failure is not ADDRESS_REFUSED:
                raise Refused(502) from failed
            self.refused.add(place)
            raise Refused(403) from failed
        except TimeoutError as error:
            raise Refused(502) from error

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TimeoutError  # as if nobody took it


def _wanted(request: h11.Request) -> httpx.URL:
    """What is asked for: of a tunnel, whose inside is hidden, no more than the place."""
    target, connect = request.target.decode("ascii", "replace"), request.method == b"CONNECT"
    try:
        url = parsed(f"https://{target}" if connect else target)
    except UrlInvalid as error:
        raise Refused(403) from error
    if (url.scheme == "https") is not connect:
        raise Refused(403)
    return url

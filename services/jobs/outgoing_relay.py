"""What passes between a browser and a server when the proxy has let it: requests of HTTP, and tunnels."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeAlias

import h11
import httpcore
import httpx

PIECE = 64 << 10
MAX_HEADER = 64 << 10
IDLE_SECONDS = 20.0
# These speak of one connection, and there are two; the names that `connection` lists come on top.
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"upgrade",
    )
)
CLOSE = (b"connection", b"close")

Read: TypeAlias = Callable[[], Awaitable[bytes]]
Write: TypeAlias = Callable[[bytes], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]


class Upstream:
    """The connection to the server, with what is sent counted."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, take: Callable[[int], None]) -> None:
        """`take` raises when it is too much."""
        self._stream = stream
        self._take = take

    async def read(self) -> bytes:
        """What has come; empty at the end."""
        return await self._stream.read(PIECE, IDLE_SECONDS)

    async def write(self, data: bytes) -> None:
        """Send."""
        self._take(len(data))
        await self._stream.write(data, IDLE_SECONDS)


class Client:
    """The connection from the browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Nothing was read yet."""
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADER)

    async def request(self) -> h11.Request:
        """What is wanted."""
        event = await _event(self._http, self._read)
        if not isinstance(event, h11.Request):
            raise ConnectionError
        return event

    async def refuse(self, status: int) -> None:
        """Say no, without a word of why."""
        headers = [CLOSE, (b"content-length", b"0")]
        if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            headers.append((b"proxy-authenticate", b'Basic realm="cairn"'))
        await self._send(h11.Response(status_code=status, headers=headers), h11.EndOfMessage())

    async def tunnel(self, upstream: Upstream) -> None:
        """Carry bytes both ways, until either side has no more."""
        await _event(self._http, self._read)  # the end of the request, before which no answer is in order
        await self._send(h11.Response(status_code=200, headers=[]))
        early, _ = self._http.trailing_data
        if early:
            await upstream.write(early)
        ways = [_pump(self._read, upstream.write), _pump(upstream.read, self._write)]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def forward(self, request: h11.Request, url: httpx.URL, upstream: Upstream) -> None:
        """Ask the server, and hand its answer on."""
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADER)
        headers = [(b"host", url.netloc), *(each for each in _plain(request.headers) if each[0] != b"host")]
        asked = h11.Request(method=request.method, target=url.raw_path, headers=[*headers, CLOSE])
        await upstream.write(http.send(asked) or b"")
        async for event in _events(self._http, self._read):
            await upstream.write(http.send(event) or b"")
        async for event in _events(http, upstream.read):
            if isinstance(event, h11.Response):
                # The browser is told the length of a body, or that its end is the end of the connection.
                await self._send(h11.Response(status_code=event.status_code, headers=[*_plain(event.headers), CLOSE]))
            elif not isinstance(event, h11.InformationalResponse):
                await self._send(event)

    async def _send(self, *events: h11.Event) -> None:
        for event in events:
            await self._write(self._http.send(event) or b"")

    async def _read(self) -> bytes:
        async with asyncio.timeout(IDLE_SECONDS):
            return await self._reader.read(PIECE)

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(IDLE_SECONDS):
            await self._writer.drain()


async def _pump(read: Read, write: Write) -> None:
    while data := await read():
        await write(data)


async def _event(http: h11.Connection, read: Read) -> Any:
    """The next thing that is said."""
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await read())
    return event


async def _events(http: h11.Connection, read: Read) -> AsyncIterator[h11.Event]:
    """Everything up to the end of the message."""
    while not isinstance(event := await _event(http, read), h11.EndOfMessage):
        yield event
    yield event


def _plain(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Without those that are of one connection only."""
    headers = list(headers)
    named = {each.strip().lower() for name, value in headers if name == b"connection" for each in value.split(b",")}
    return [(name, value) for name, value in headers if name not in HOP_BY_HOP | named]

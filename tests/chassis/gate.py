"""A gate before a server: it can be shut, so that nothing is reached, or jammed, so that nothing is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Gate:
    """Passes on what comes to its port, while it is open."""

    def __init__(self, url: str) -> None:
        """`url` of the server."""
        place = urlsplit(url)
        self._url, self._host, self._port = url, place.hostname, place.port
        self._own_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def url(self) -> str:
        """Where the server is reached through the gate."""
        return self._url.replace(f":{self._port}/", f":{self._own_port}/")

    async def open(self) -> None:
        """Let everybody through."""
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._own_port)
            self._own_port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse everybody, and cut off who is there."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        self._flows.set()
        await asyncio.sleep(0)

    def jam(self) -> None:
        """Take what comes, and answer nothing."""
        self._flows.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        with suppress(OSError):
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        for each in (writer, back):
            each.transport.abort()
            self._writers.discard(each)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.close()


@asynccontextmanager
async def gated(url: str) -> AsyncIterator[Gate]:
    """An open gate."""
    gate = Gate(url)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.shut()

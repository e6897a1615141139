"""A line to a server that fails in ways of its own: it hangs, though new ones are fine, or it loses one answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.chassis.gate import Gate


class Line(Gate):
    """A gate that can also do that."""

    def __init__(self, url: str) -> None:
        """`url` of the server."""
        super().__init__(url)
        self._hanging: list[asyncio.Event] = []
        self._word = b""
        # How many answers were lost.
        self.lost = 0

    def hang(self) -> None:
        """Say nothing more on what is connected, for ever; who connects anew is served."""
        self._flows.clear()
        self._hanging.append(self._flows)
        self._flows = asyncio.Event()
        self._flows.set()

    def lose(self, word: bytes) -> None:
        """Cut the connection instead of passing on what is answered to the next request with this word in it."""
        self._word = word

    async def shut(self) -> None:
        """Refuse everybody, and cut off who is there."""
        await super().shut()
        for each in self._hanging:
            each.set()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        asked = asyncio.Event()
        with suppress(OSError):
            await asyncio.gather(self._ask(reader, back, asked), self._answer(there, writer, asked))
        for each in (writer, back):
            each.transport.abort()
            self._writers.discard(each)

    async def _ask(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, asked: asyncio.Event) -> None:
        flows = self._flows
        while data := await source.read(65536):
            await flows.wait()
            if self._word and self._word in data:
                self._word = b""
                asked.set()
            sink.write(data)
            await sink.drain()
        sink.close()

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, asked: asyncio.Event) -> None:
        flows = self._flows
        while data := await source.read(65536):
            await flows.wait()
            if asked.is_set():
                self.lost += 1
                raise ConnectionAbortedError
            sink.write(data)
            await sink.drain()
        sink.close()


@asynccontextmanager
async def lined(url: str) -> AsyncIterator[Line]:
    """An open line."""
    line = Line(url)
    await line.open()
    try:
        yield line
    finally:
        await line.shut()

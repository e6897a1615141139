"""The client of a model behind an address, against a small real server that speaks OpenAI's protocol."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from services.jobs.domain_search import DIMENSIONS, EmbedderAway, EmbedderRefused
from services.jobs.embedder_http import AT_ONCE, MAX_CHARACTERS, HttpEmbedder


@dataclass
class Server:
    """Answers with a vector for each text, unless told otherwise."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    status: int = 200
    headers: str = ""
    body: bytes | None = None
    hangs: bool = False
    drips: bool = False
    open: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Another connection, which the test waits for in the end."""
        self.tasks.append(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        asked = orjson.loads(await reader.readexactly(int(headers["content-length"])))
        self.asked.append(asked)
        self.credentials.append(f"{head[0]} {headers.get('authorization', '')}")
        if self.hangs:
            self.open.append(writer)
        else:
            body = self.body if self.body is not None else self._vectors(asked["input"])
            lines = (
                f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{self.headers}\r\n"
            )
            with suppress(ConnectionError):
                await self._write(writer, lines.encode() + body)
            writer.close()

    async def _write(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        """All at once, or in bits that come often enough to seem alive: for a second."""
        step = len(answer) // 20 if self.drips else len(answer)
        for start in range(0, len(answer), step):
            writer.write(answer[start : start + step])
            await writer.drain()
            await asyncio.sleep(0.05 if self.drips else 0)

    def _vectors(self, texts: list[str]) -> bytes:
        """The last one first: the index says which is whose."""
        rows = [[3.0, float(len(text))] + [0.0] * (DIMENSIONS - 2) for text in texts]
        data = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)]
        return orjson.dumps({"object": "list", "data": data[::-1], "model": "x"})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on a port of its own."""
    server = Server()
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    yield server
    listening.close()
    await asyncio.gather(*server.tasks)
    for writer in server.open:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def embedder(server: Server) -> AsyncIterator[HttpEmbedder]:
    """A client of it, whose clock stands still."""
    embedder = HttpEmbedder(server.url, "a-key", "small", 0.5, lambda: 0.0)
    yield embedder
    await embedder.aclose()


async def test_each_text_gets_its_vector_of_length_one(server: Server, embedder: HttpEmbedder) -> None:
    vectors = await embedder.embed(["", "xxxx"])
    assert [vector[:2] for vector in vectors] == [[1.0, 0.0], [0.6, 0.8]]
    assert all(math.isclose(math.hypot(*vector), 1.0) for vector in vectors)
    assert server.asked == [
        {"model": "small", "input": ["", "xxxx"], "dimensions": DIMENSIONS, "encoding_format": "float"}
    ]
    assert server.credentials == ["POST /v1/embeddings HTTP/1.1 bearer a-key"]


async def test_many_texts_go_in_batches_and_long_ones_are_cut(server: Server, embedder: HttpEmbedder) -> None:
    texts = ["x" * number for number in range(AT_ONCE + 3)]
    vectors = await embedder.embed(texts)
    assert [round(3 * vector[1] / vector[0]) for vector in vectors] == [len(text) for text in texts]
    assert [len(each["input"]) for each in server.asked] == [AT_ONCE, 3]
    await embedder.embed(["y" * (MAX_CHARACTERS + 1)])
    assert server.asked[-1]["input"] == ["y" * MAX_CHARACTERS]


@pytest.mark.parametrize(("header", "pause"), [("7", 7.0), ("Thu, 01 Jan 1970 00:00:09 GMT", 9.0), ("9" * 9, 300.0)])
async def test_it_waits_as_long_as_it_is_told_to(
    server: Server, embedder: HttpEmbedder, header: str, pause: float
) -> None:
    server.status, server.headers = 429, f"retry-after: {header}\r\n"
    for _ in range(2):
        with pytest.raises(EmbedderAway) as caught:
            await embedder.embed(["x"])
        assert caught.value.retry_after == pause
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_what_may_pass_is_tried_again(server: Server, embedder: HttpEmbedder, status: int) -> None:
    server.status = status
    with pytest.raises(EmbedderAway) as caught:
        await embedder.embed(["x"])
    assert caught.value.retry_after is None
    server.status = 200
    assert len(await embedder.embed(["x"])) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_texts_that_it_never_takes_are_refused(server: Server, embedder: HttpEmbedder, status: int) -> None:
    server.status = status
    with pytest.raises(EmbedderRefused):
        await embedder.embed(["x"])


ROW = [0.0] * DIMENSIONS


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        orjson.dumps({"data": []}),
        orjson.dumps({"data": [{"index": 0, "embedding": [1.0]}]}),
        orjson.dumps({"data": [{"index": 0, "embedding": ROW}]}),
        orjson.dumps({"data": [{"index": 0, "embedding": ["a"] * DIMENSIONS}]}),
        orjson.dumps({"data": [{"index": 0, "embedding": None}]}),
    ],
    ids=range(7),
)
async def test_an_answer_that_makes_no_sense_is_none(server: Server, embedder: HttpEmbedder, body: bytes) -> None:
    server.body = body
    with pytest.raises(EmbedderAway):
        await embedder.embed(["x"])


@pytest.mark.parametrize("how", ["hangs", "drips"])
async def test_nobody_waits_for_ever(server: Server, embedder: HttpEmbedder, how: str) -> None:
    setattr(server, how, True)
    with pytest.raises(EmbedderAway):
        await embedder.embed(["x"])


async def test_nobody_there() -> None:
    embedder = HttpEmbedder("http://127.0.0.1:1/v1", "", "small", 0.5)
    with pytest.raises(EmbedderAway):
        await embedder.embed(["x"])
    await embedder.aclose()

"""A server on a socket that speaks as OpenAI's /chat/completions and /audio/transcriptions do, well or badly.

    async with chat_serving() as server:
        server.says = lambda asked: {"title": "Boats"}
        model = HttpChatModel(server.url, server.key, "small", 0.5)

It answers with what `says` makes of each request, with a status and headers, or in the way that `fault` names.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

MEGABYTES_10 = 10_000_000
DRIPS = 40


class Fault(Enum):
    """How an answer goes wrong."""

    HANG = "it never comes"
    DRIP = "it comes in bits that arrive often enough to seem alive"
    BREAK = "the connection is cut in the middle of it"
    GARBAGE = "it is not JSON"
    ANOTHER = "it is JSON, but no completion"
    LONG = "it has 10 MB and claims so"
    ENDLESS = "it has 10 MB and claims nothing"
    COMPRESSED = "it is compressed"
    TRUNCATED = "the model came to its limit of tokens"
    REFUSAL = "the model does not want to"
    FILTERED = "the server does not let it through"
    WRONG_SHAPE = "what the model says has another shape"


@dataclass
class ChatServer:
    """What it was asked, and how it answers; all of it may be changed between requests."""

    url: str = ""
    key: str = "a-key"
    # What the model says, of what it was asked: made JSON of, unless it is text. Of a transcription, the whole answer.
    says: Callable[[dict[str, Any]], Any] = lambda _asked: {}
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    usage: dict[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20})
    # Of each request: its JSON, or the bytes of its form as `form`; and its path and credential.
    asked: list[dict[str, Any]] = field(default_factory=list)
    heads: list[tuple[str, str]] = field(default_factory=list)
    # Bytes that were taken off it, of all answers.
    sent: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Another connection, for one request."""
        self.tasks.add(asyncio.create_task(self._see_off(reader, writer)))

    async def _see_off(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                await self._serve(reader, writer)
                writer.close()
            finally:
                if not writer.is_closing():
                    writer.transport.abort()
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await _body(reader, headers)
            path = head[0].split()[1]
            form = "multipart" in headers["content-type"]
            asked = {"form": body} if form else orjson.loads(body)
            self.heads.append((path, headers.get("authorization", "")))
            self.asked.append(asked)
            if self.fault is Fault.HANG:
                await reader.read()
            else:
                await self._write(writer, orjson.dumps(self.says(asked)) if form else self._completion(asked))

    def _completion(self, asked: dict[str, Any]) -> bytes:
        said = {"role": "assistant", "content": self._said(asked), "refusal": None}
        if self.fault is Fault.REFUSAL:
            said |= {"content": None, "refusal": "I will not."}
        why = {Fault.TRUNCATED: "length", Fault.FILTERED: "content_filter"}.get(self.fault or Fault.HANG, "stop")
        choice = {"index": 0, "message": said, "finish_reason": why, "logprobs": None}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"]}
        return orjson.dumps({**answer, "choices": [choice], "usage": self.usage})

    def _said(self, asked: dict[str, Any]) -> str:
        said = {"unexpected": "shape"} if self.fault is Fault.WRONG_SHAPE else self.says(asked)
        text = said if isinstance(said, str) else orjson.dumps(said).decode()
        return text[: len(text) // 2] if self.fault is Fault.TRUNCATED else text

    async def _write(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        match self.fault:
            case Fault.GARBAGE:
                answer = b"<html>" + answer
            case Fault.ANOTHER:
                answer = b'{"choices": []}'
            case Fault.LONG | Fault.ENDLESS:
                answer = b" " * MEGABYTES_10 + answer
        headers = {"content-type": "application/json", "connection": "close", **self.headers}
        if self.fault is not Fault.ENDLESS:
            headers["content-length"] = str(len(answer))
        if self.fault is Fault.COMPRESSED:
            headers["content-encoding"] = "gzip"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode())
        for piece in self._pieces(answer):
            writer.write(piece)
            await writer.drain()
            self.sent += len(piece)
            await asyncio.sleep(0.05 if self.fault is Fault.DRIP else 0)

    def _pieces(self, answer: bytes) -> list[bytes]:
        if self.fault is Fault.BREAK:
            return [answer[: len(answer) // 2]]
        step = max(len(answer) // DRIPS, 1) if self.fault is Fault.DRIP else 1 << 16
        return [answer[start : start + step] for start in range(0, len(answer), step)]


@asynccontextmanager
async def chat_serving() -> AsyncIterator[ChatServer]:
    """A server on a port of its own, until the end of the block."""
    server = ChatServer()
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()
        for task in server.tasks:
            task.cancel()
        for outcome in await asyncio.gather(*server.tasks, return_exceptions=True):
            if isinstance(outcome, Exception):  # a mistake in `says`, perhaps
                raise outcome


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body

"""Server streams over HTTP: Server-Sent Events, or one JSON object a line.

One message is on its way at a time: while the client does not read, nothing is read from the service either.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import grpc
import orjson
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.contract import Method
from gateway.edge import Receive, Request
from gateway.encode import Encoders
from gateway.envelope import has_text
from gateway.errors import Headers, from_rpc
from gateway.names import enum_labels

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Call = grpc.aio.UnaryStreamCall[bytes, bytes]
# A call that fails at once still gets its status; this long we wait for it before we say 200.
FIRST_SECONDS = 0.5
COMMENT_SECONDS = 15.0
NDJSON = "application/x-ndjson"
# Proxies must not collect a stream before they pass it on.
UNBUFFERED: Headers = [(b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Events:
    """The text of a stream's messages. A string `resume_token` is an event's id, a field `event` its name."""

    content_type = b"text/event-stream"
    beat = b": \n\n"
    goodbye = b": the server is stopping\n\n"

    def __init__(self, message: Descriptor) -> None:
        """`message` is what the stream is made of."""
        self._has_id = has_text(message, "resume_token")
        self._name = _event_name(message.fields_by_name.get("event"))

    def message(self, message: Any, json: bytes) -> bytes:
        """One message."""
        lines = [b"event: ", self._name(message).encode(), b"\n"]
        if self._has_id and message.resume_token and message.resume_token.isprintable():
            lines += [b"id: ", message.resume_token.encode(), b"\n"]
        return b"".join([*lines, b"data: ", json, b"\n\n"])

    def error(self, body: bytes) -> bytes:
        """The last event of a stream that failed."""
        return b"event: error\ndata: " + body + b"\n\n"


class Lines:
    """A stream as JSON, one message a line; an empty line says that we are still here."""

    content_type = NDJSON.encode()
    beat = b"\n"
    goodbye = b""

    def message(self, _message: Any, json: bytes) -> bytes:
        """One message."""
        return json + b"\n"

    def error(self, body: bytes) -> bytes:
        """The last line of a stream that failed."""
        return body + b"\n"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a stream waits for: its next message, or that the client goes away."""

    first: "asyncio.Future[Any]"
    gone: "asyncio.Future[None]"
    request_id: str


class Streams:
    """Relays the streams of one method."""

    def __init__(self, method: Method, encoders: Encoders, stopping: asyncio.Event) -> None:
        """`stopping` is set when the process is to end."""
        self._parse = message_factory.GetMessageClass(method.output).FromString
        self._encode = encoders.of(method.output)
        self._events = Events(method.output)
        self._lines = Lines()
        self._stopping = stopping

    async def relay(self, call: Call, request: Request, send: Send, headers: Headers) -> None:
        """Send the stream to the client. An error that comes at once is raised, a later one ends the stream."""
        form = self._lines if NDJSON in request.headers.get("accept", "") else self._events
        leaving = asyncio.ensure_future(gone(request.receive))
        first = asyncio.ensure_future(call.read())
        try:
            await asyncio.wait({first, leaving}, timeout=FIRST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if first.done():
                first.result()
            start = [(b"content-type", form.content_type), *UNBUFFERED, *headers]
            await send({"type": "http.response.start", "status": 200, "headers": start})
            async for chunk in self._chunks(call, Waiting(first, leaving, request.id), form):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from error
        finally:
            leaving.cancel()
            call.cancel()

    async def _chunks(self, call: Call, waiting: Waiting, form: Events | Lines) -> AsyncIterator[bytes]:
        stop = asyncio.ensure_future(self._stopping.wait())
        reader, leaving = waiting.first, waiting.gone
        try:
            while True:
                await asyncio.wait(
                    {reader, leaving, stop}, timeout=COMMENT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if leaving.done() or stop.done():
                    yield form.goodbye
                    return
                if not reader.done():
                    yield form.beat
                    continue
                response = reader.result()
                if response is grpc.aio.EOF:
                    return
                message = self._parse(response)
                yield form.message(message, orjson.dumps(self._encode(message)))
                reader = asyncio.ensure_future(call.read())
        except grpc.aio.AioRpcError as error:
            yield form.error(from_rpc(error).body(waiting.request_id))
        finally:
            stop.cancel()
            reader.cancel()


async def gone(receive: Receive) -> None:
    """Wait until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event_name(field: FieldDescriptor | None) -> Callable[[Any], str]:
    if field is None or field.is_repeated:
        return lambda _: "message"
    if field.enum_type:
        labels = enum_labels(field.enum_type)
        return lambda message: labels.get(message.event) or "message"
    if field.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        return lambda _: "message"
    return lambda message: message.event if message.event.isprintable() and message.event else "message"

"""Holds many gRPC streams on few connections, cheaply: an ordinary client would cost more than the server measured."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from bench.wire import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_HEADER,
    GOAWAY,
    HEADERS,
    MAX_WINDOW,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
)

MESSAGE_HEADER = 5
Heard = Callable[[int, bytes], None]


class Streams(asyncio.Protocol):
    """One HTTP/2 connection that opens all its streams at once; a request is (header block, message)."""

    def __init__(self, requests: Sequence[tuple[bytes, bytes]], heard: Heard) -> None:
        """`heard` is given the place of the request and each message of its stream."""
        self._requests, self._heard = requests, heard
        self._buffer = bytearray()
        self._partial = [bytearray() for _ in requests]
        self.ended = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open windows so wide that flow control never holds an event back; then every stream."""
        self._transport = cast("asyncio.Transport", transport)
        settings = struct.pack(">HIHI", 1, 0, 4, MAX_WINDOW)
        window = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", MAX_WINDOW - 65_535))
        opened = [
            frame(HEADERS, END_HEADERS, place * 2 + 1, head) + frame(DATA, END_STREAM, place * 2 + 1, message)
            for place, (head, message) in enumerate(self._requests)
        ]
        self._transport.write(PREFACE + frame(SETTINGS, 0, 0, settings) + window + b"".join(opened))

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the buffer."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= FRAME_HEADER:
            high, low, kind, flags, stream = struct.unpack_from(">BHBBI", buffer, at)
            start, at = at + FRAME_HEADER, at + FRAME_HEADER + (high << 16 | low)
            if at > len(buffer):
                at = start - FRAME_HEADER
                break
            self._frame(kind, flags, stream, bytes(buffer[start:at]))
        del buffer[:at]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == DATA:
            self._messages(stream // 2, payload)
        elif kind == SETTINGS and not flags & ACK:
            self._transport.write(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self._transport.write(frame(PING, ACK, 0, payload))
        elif kind in {RST_STREAM, GOAWAY} or (kind == HEADERS and flags & END_STREAM):
            self.ended += 1

    def _messages(self, place: int, payload: bytes) -> None:
        partial = self._partial[place]
        partial += payload
        while len(partial) >= MESSAGE_HEADER:
            end = MESSAGE_HEADER + int.from_bytes(partial[1:MESSAGE_HEADER])
            if len(partial) < end:
                return
            message = bytes(partial[MESSAGE_HEADER:end])
            del partial[:end]
            self._heard(place, message)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count it as an end."""
        self.ended += 1

    def close(self) -> None:
        """Close the connection, and so the streams."""
        self._transport.close()


@asynccontextmanager
async def streaming(
    port: int, requests: Sequence[tuple[bytes, bytes]], connections: int, heard: Heard
) -> AsyncIterator[None]:
    """Streams held for a block, over so many connections; one that ends by itself is an error."""
    loop = asyncio.get_running_loop()
    opened = []
    for place in range(connections):
        share = requests[place::connections]
        _, streams = await loop.create_connection(lambda share=share: Streams(share, heard), "127.0.0.1", port)
        opened.append(streams)
    try:
        yield
        if ended := sum(streams.ended for streams in opened):
            raise RuntimeError(f"{ended} streams ended by themselves")
    finally:
        for streams in opened:
            streams.close()

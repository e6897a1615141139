"""Closed-loop connections for gRPC and HTTP/1.1: requests are bytes made beforehand, replies are hardly looked at.

An ordinary client costs more than the servers measured here and shares their two cores; this one takes about 20 µs a
call, the same for every arm.
"""

import asyncio
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
MAX_WINDOW = 2**31 - 1
FRAME_HEADER = 9


@dataclass
class Tally:
    """What a run of calls came to; a lane starts another call until `until`."""

    until: float
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """An HTTP/2 frame."""
    return struct.pack(">BHBBI", len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream) + payload


def header_block(path: str, authorization: str) -> bytes:
    """HPACK of a gRPC call: indexed names, literal values, nothing for the peer to remember."""
    named = [(4, path), (1, "bench"), (31, "application/grpc"), (23, authorization)]
    block = b"\x83\x86"  # :method POST, :scheme http
    for index, value in named:
        block += _integer(0, 15, index) + _integer(0, 127, len(value)) + value.encode()
    return block + b"\x00\x02te\x08trailers"


def _integer(first: int, most: int, value: int) -> bytes:
    if value < most:
        return bytes([first | value])
    value, out = value - most, [first | most]
    while value >= 128:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def grpc_message(message: bytes) -> bytes:
    """A message as it stands in a DATA frame."""
    return struct.pack(">BI", 0, len(message)) + message


class GrpcConnection(asyncio.Protocol):
    """One HTTP/2 connection with `lanes` calls in flight. A request is (header block, message)."""

    def __init__(self, requests: Iterator[tuple[bytes, bytes]], lanes: int, tally: Tally) -> None:
        """Take requests from an iterator that other connections share."""
        self._requests, self._lanes, self._tally = requests, lanes, tally
        self._buffer = bytearray()
        self._started: dict[int, float] = {}
        self._answered: set[int] = set()
        self._stream = -1
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open windows so wide that flow control never holds a reply back; then fill the lanes."""
        self._transport = cast("asyncio.Transport", transport)
        settings = struct.pack(">HIHI", 1, 0, 4, MAX_WINDOW)  # HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE
        window = struct.pack(">I", MAX_WINDOW - 65_535)
        self._transport.write(PREFACE + frame(SETTINGS, 0, 0, settings) + frame(WINDOW_UPDATE, 0, 0, window))
        for _ in range(self._lanes):
            self._next()

    def _next(self) -> None:
        now = time.perf_counter()
        request = next(self._requests, None) if now < self._tally.until else None
        if request is not None:
            self._stream += 2
            self._started[self._stream] = now
            headers = frame(HEADERS, END_HEADERS, self._stream, request[0])
            self._transport.write(headers + frame(DATA, END_STREAM, self._stream, request[1]))
        elif not self._started and not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the buffer."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= FRAME_HEADER:
            high, low, kind, flags, stream = struct.unpack_from(">BHBBI", buffer, at)
            end = at + FRAME_HEADER + (high << 16 | low)
            if end > len(buffer):
                break
            self._frame(kind, flags, stream, bytes(buffer[at + FRAME_HEADER : end]) if kind > HEADERS else b"")
            if kind == DATA and end - at > FRAME_HEADER:
                self._answered.add(stream)
            at = end
        del buffer[:at]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS and flags & END_STREAM:
            # A unary call that failed has no message, so there is no need to read its trailers.
            self._finish(stream, None if stream in self._answered else "the call failed")
        elif kind == SETTINGS and not flags & ACK:
            self._transport.write(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self._transport.write(frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM and stream in self._started:
            self._finish(stream, "the call was reset")
        elif kind == GOAWAY:
            self.connection_lost(None)

    def _finish(self, stream: int, failure: str | None) -> None:
        started = self._started.pop(stream)
        self._answered.discard(stream)
        if failure:
            self._tally.failures.append(failure)
        else:
            self._tally.seconds.append(time.perf_counter() - started)
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Count what was under way as failed."""
        self._tally.failures += ["the connection was lost"] * len(self._started)
        self._started.clear()
        if not self.done.done():
            self.done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


class HttpConnection(asyncio.Protocol):
    """One HTTP/1.1 connection with one call in flight. A request is its bytes."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        """Take requests from an iterator that other connections share."""
        self._requests, self._tally = requests, tally
        self._buffer = bytearray()
        self._end = 0
        self._started = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        self._started = time.perf_counter()
        request = next(self._requests, None) if self._started < self._tally.until else None
        if request is not None:
            self._transport.write(request)
        else:
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Wait for the whole reply, whose length its headers tell."""
        self._buffer += data
        if not self._end:
            self._end = _reply_length(self._buffer)
        if self._end and len(self._buffer) >= self._end:
            self._finish()

    def _finish(self) -> None:
        status = bytes(self._buffer[9:12])
        if status.startswith(b"2"):
            self._tally.seconds.append(time.perf_counter() - self._started)
        else:
            self._tally.failures.append(f"HTTP {status.decode()}")
        self._buffer.clear()
        self._end = 0
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Count what was under way as failed."""
        if not self.done.done():
            self._tally.failures.append("the connection was lost")
            self.done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _reply_length(buffer: bytearray) -> int:
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return 0
    before, found, after = bytes(buffer[:head]).lower().partition(b"\r\ncontent-length:")
    if not found:
        raise ValueError(f"a reply without content-length: {before!r}")
    return head + 4 + int(after.partition(b"\r\n")[0])

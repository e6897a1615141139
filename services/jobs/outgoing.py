"""The outgoing guard: every request that a person causes us to make goes through it.

It asks addresses of the public internet and those that an operator lists, follows redirects itself and checks each,
carries nothing from one place to the next, and takes only so much and so long.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import BinaryIO

import httpcore
import httpx

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import (
    DOWNLOAD_FAILED,
    DOWNLOAD_REFUSED,
    DOWNLOAD_TOO_LARGE,
    TOO_MANY_REDIRECTS,
    URL_REFUSED,
    Fetched,
    Limits,
    UrlInvalid,
    parsed,
)
from services.jobs.outgoing_addresses import Allowed
from services.jobs.outgoing_body import unpacked
from services.jobs.outgoing_network import Guarded, Resolve, resolve
from services.jobs.pauses import Pauses

REDIRECTS = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
TRY_LATER = (408, 425, 429)
# Headers and the seams of chunks come on top of a body.
OVERHEAD = 256 << 10
ASKED = (
    *((b"user-agent", b"cairn"), (b"accept", b"*/*")),
    *((b"accept-encoding", b"gzip"), (b"connection", b"close")),
)
# Many may come by one packet, and be as small as a byte: others have their turn, and the time may be over.
PIECES_AT_ONCE = 64
BROKEN = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer, whose body is still to come."""

    final_url: str
    # In small letters and without parameters; empty if the server did not say.
    media_type: str
    headers: httpx.Headers
    body: AsyncIterator[bytes]
    # It was sent on, and each time for good.
    moved: bool = False


class Outgoing:
    """Asks servers that people name."""

    def __init__(
        self,
        allow: Iterable[str] = (),
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        """`allow`: host names, addresses and networks that may be asked although they are not public."""
        self._allowed = Allowed.of(allow)
        self._resolve = resolve
        self._trust = trust or httpx.create_ssl_context()
        self._network = network or httpcore.AnyIOBackend()

    def network(self, most: int) -> Guarded:
        """The network as far as people may send us into it; at most so many bytes come back."""
        return Guarded(self._network, self._allowed, self._resolve, most)

    async def download(self, url: str, *, limits: Limits, to: Path) -> Fetched:
        """Fetch it into a file, which is not there if this fails; raises JobFailed."""
        size = 0
        async with self.get(url, limits=limits) as answer:
            with _new(to) as file:
                async for piece in answer.body:
                    size += file.write(piece)
        return Fetched(answer.final_url, answer.media_type, size)

    @asynccontextmanager
    async def get(self, url: str, *, limits: Limits) -> AsyncIterator[Answer]:
        """Ask for it; raises JobFailed, here or while the body is read."""
        most = limits.max_bytes + limits.max_bytes // 8 + OVERHEAD
        trip = Trip(self.network(most), self._trust, limits, asyncio.get_running_loop().time() + limits.seconds)
        at, ways = _read(url), list[int]()
        for _ in range(limits.redirects + 1):
            async with trip.asked(at) as response:
                if response.status not in REDIRECTS:
                    moved = bool(ways) and set(ways) <= set(FOR_GOOD)
                    yield replace(_answer(response, at, trip), moved=moved)
                    return
                ways.append(response.status)
                target = httpx.Headers(response.headers).get("location", "")
            at = _next(at, target)
        raise JobFailed(TOO_MANY_REDIRECTS)


@dataclass(frozen=True, slots=True)
class Trip:
    """From the first place to the last, within one time."""

    network: Guarded
    trust: ssl.SSLContext
    limits: Limits
    deadline: float

    @asynccontextmanager
    async def asked(self, url: httpx.URL) -> AsyncIterator[httpcore.Response]:
        """What is said at one place. The pool is not used again: nothing of it goes along to the next."""
        async with httpcore.AsyncConnectionPool(self.trust, network_backend=self.network) as pool:
            async with self._timed():
                response = await pool.handle_async_request(self._request(url))
            try:
                yield response
            finally:
                await response.aclose()

    async def sent(self, response: httpcore.Response) -> AsyncIterator[bytes]:
        """The body, as it is sent."""
        pieces = aiter(response.aiter_stream())
        for number in count(1):
            async with self._timed():
                piece = await anext(pieces, None)
                if number % PIECES_AT_ONCE == 0:
                    await asyncio.sleep(0)
            if piece is None:
                return
            yield piece

    def _request(self, url: httpx.URL) -> httpcore.Request:
        idle = self.limits.idle_seconds
        return httpcore.Request(
            "GET",
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(b"host", url.netloc), *ASKED],
            extensions={"timeout": {"connect": idle, "read": idle, "write": idle, "pool": idle}},
        )

    @asynccontextmanager
    async def _timed(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout_at(self.deadline):
                yield
        except (*BROKEN, OSError) as error:
            raise JobFailed(DOWNLOAD_FAILED) from error


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """A file that is there in the end only if all went well."""
    try:
        with path.open("wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _answer(response: httpcore.Response, at: httpx.URL, trip: Trip) -> Answer:
    headers, limits = httpx.Headers(response.headers), trip.limits
    if response.status in TRY_LATER or response.status >= SERVER_ERROR:
        raise JobFailed(DOWNLOAD_FAILED, Pauses(time.time).told(headers.get("retry-after", "")))
    if response.status != httpx.codes.OK:
        raise JobFailed(DOWNLOAD_REFUSED)
    length = headers.get("content-length", "")
    if not limits.beginning and length.isdecimal() and int(length) > limits.max_bytes:
        raise JobFailed(DOWNLOAD_TOO_LARGE)
    encoding = headers.get("content-encoding", "").strip().lower()
    body = unpacked(trip.sent(response), encoding, limits.max_bytes)
    return Answer(str(at), headers.get("content-type", "").split(";")[0].strip().lower(), headers, body)


def _read(url: str) -> httpx.URL:
    try:
        return parsed(url)
    except UrlInvalid as error:
        raise JobFailed(URL_REFUSED) from error


def _next(at: httpx.URL, target: str) -> httpx.URL:
    """Where a redirect leads."""
    if not target:
        raise JobFailed(DOWNLOAD_REFUSED)
    try:
        return _read(str(at.join(target)))
    except (httpx.InvalidURL, ValueError) as error:
        raise JobFailed(URL_REFUSED) from error

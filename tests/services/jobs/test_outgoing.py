"""Fetching, over real sockets, from servers that mean us no good."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import Fetched, Limits
from services.jobs.outgoing import Outgoing
from services.jobs.outgoing_network import Resolve
from tests.services.jobs.net import made

MOST = 1 << 20
BRIEF = Limits(max_bytes=MOST, seconds=0.6, idle_seconds=0.3)
BOMB = gzip.compress(bytes(20 * MOST))
MANY_PACKETS = gzip.compress(b"") * 2


def answer(body: bytes = b"", *headers: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *headers, *(() if headers else (f"content-length: {len(body)}",))]
    return "\r\n".join([*lines, "", ""]).encode() + body


def to(url: str, status: int = 302) -> bytes:
    return answer(b"", f"location: {url}", "set-cookie: a=b", "content-length: 0", status=status)


# What comes first, and then again and again (if it is anything) until we have had enough.
ANSWERS: dict[str, tuple[bytes, bytes]] = {
    "plain": (answer(b"hello", "Content-Type: Audio/X-Wav; a=b", "content-length: 5"), b""),
    "until-closed": (b"HTTP/1.0 200 OK\r\n\r\nhello", b""),
    "packed": (answer(gzip.compress(b"hello"), "content-encoding: GZIP", "connection: close"), b""),
    "chunked": (answer(b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "transfer-encoding: chunked"), b""),
    "more-than-promised": (answer(b"hello and more", "content-length: 5"), b""),
    "less-than-promised": (answer(b"hello", "content-length: 50"), b""),
    "promises-too-much": (answer(b"", f"content-length: {MOST + 1}"), b""),
    "promises-no-number": (answer(b"", "content-length: " + "9" * 5000), b""),
    "endless": (answer(b"", "connection: close"), bytes(1 << 16)),
    "endless-chunks": (answer(b"", "transfer-encoding: chunked"), b"1;" + b"x" * 60_000 + b"\r\na\r\n"),
    "endless-head": (b"HTTP/1.1 200 OK\r\n", b"a: " + b"b" * 1000 + b"\r\n"),
    "endless-preface": (b"", b"HTTP/1.1 103 Early\r\na: " + b"b" * 30_000 + b"\r\n\r\n"),
    "bomb": (answer(BOMB, "content-encoding: gzip", f"content-length: {len(BOMB)}"), b""),
    "packets": (answer(MANY_PACKETS, "content-encoding: gzip", f"content-length: {len(MANY_PACKETS)}"), b""),
    "filled-up": (answer(gzip.compress(b"hello") + bytes(9), "content-encoding: gzip", "connection: close"), b""),
    "packed-and-cut": (answer(gzip.compress(b"hello")[:-9], "content-encoding: gzip", "connection: close"), b""),
    "not-packed": (answer(b"hello", "content-encoding: gzip", "content-length: 5"), b""),
    "packed-otherwise": (answer(zlib.compress(b"hello"), "content-encoding: gzip, br", "connection: close"), b""),
    "silent": (b"", b""),
    "drips": (answer(b"", "content-length: 1000"), b"."),
    "garbage": (b"220 mail.example ESMTP\r\n", b""),
    "closes": (b"", b""),
    "busy": (answer(b"", "retry-after: 7", "content-length: 0", status=429), b""),
    "later": (answer(b"", "retry-after: soon", "content-length: 0", status=503), b""),
    "part": (answer(b"", status=206), b""),
    "gone": (answer(b"", status=410), b""),
    "nowhere": (answer(b"", status=302), b""),
    "unchanged": (answer(b"", status=304), b""),
    "here": (to("../plain?a#b", 307), b""),
    "loop": (to("/loop", 301), b""),
    "inside": (to("http://10.0.0.1/", 303), b""),
    "inside-by-number": (to("http://0x7f000001/", 308), b""),
    "inside-by-name": (to("//intranet/"), b""),
    "local": (to("file:///etc/passwd"), b""),
    "gopher": (to("gopher://localhost:6379/_FLUSHALL"), b""),
    "with-password": (to("http://a:b@localhost/"), b""),
}


class Server:
    """Answers as the path says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            path = self.heads[-1].split()[1].split("?")[0].rsplit("/", 1)[-1]
            first, again = ANSWERS[path]
            writer.write(first)
            while again and not reader.at_eof():
                writer.write(again)
                await writer.drain()
                await asyncio.sleep(0.05 if path == "drips" else 0)
            if path == "silent":
                await reader.read()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


@asynccontextmanager
async def listening(secured: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.connected, "127.0.0.1", 0, ssl=secured)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()
    await asyncio.gather(*server.tasks)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with listening() as server:
        yield server


async def names(host: str, _: int) -> Sequence[str]:
    return {"intranet": ["10.0.0.1"]}.get(host, [host])


def guard(resolve: Resolve) -> Outgoing:
    return Outgoing(["127.0.0.1"], resolve, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


async def fetched(server: Server, path: str, limits: Limits, folder: Path) -> Fetched:
    url = f"http://127.0.0.1:{server.port}/{path}"
    return await guard(names).download(url, limits=limits, to=folder / "it")


async def failure(server: Server, path: str, limits: Limits, folder: Path) -> JobFailed:
    with pytest.raises(JobFailed) as failed:
        await fetched(server, path, limits, folder)
    assert not (folder / "it").exists()
    assert not any(word in failed.value.failure.message for word in ("127.", "10.", "intranet", str(server.port)))
    return failed.value


@pytest.mark.parametrize(
    "path", ["plain", "until-closed", "packed", "filled-up", "chunked", "more-than-promised", "a/here#c"]
)
async def test_what_is_there_is_fetched(server: Server, tmp_path: Path, path: str) -> None:
    got = await fetched(server, path, BRIEF, tmp_path)
    assert (tmp_path / "it").read_bytes() == b"hello"
    final = {"a/here#c": "plain?a"}.get(path, path)
    assert got.final_url == f"http://127.0.0.1:{server.port}/{final}"
    assert (got.media_type, got.size) == ("audio/x-wav" if "plain" in final else "", 5)
    for head in server.heads:
        told = [line.split(":")[0].lower() for line in head.splitlines()[1:] if line]
        assert told == ["host", "user-agent", "accept", "accept-encoding", "connection"]


@pytest.mark.parametrize("path", ["promises-too-much", "endless", "endless-chunks", "endless-preface", "bomb"])
async def test_no_more_is_taken_than_agreed(server: Server, tmp_path: Path, path: str) -> None:
    limits = Limits(max_bytes=MOST, seconds=20)
    assert (await failure(server, path, limits, tmp_path)).failure.reason == "DOWNLOAD_TOO_LARGE"


@pytest.mark.parametrize(
    "path",
    [
        *("less-than-promised", "promises-no-number", "endless-head", "packed-and-cut", "not-packed", "garbage"),
        *("closes", "drips", "later", "busy"),
    ],
)
async def test_who_cannot_be_asked_now_may_be_asked_again(server: Server, tmp_path: Path, path: str) -> None:
    failed = await failure(server, path, BRIEF, tmp_path)
    assert (failed.failure.reason, failed.failure.retryable) == ("DOWNLOAD_FAILED", True)
    assert failed.retry_after == (7 if path == "busy" else None)


async def test_who_says_nothing_is_not_waited_for(server: Server, tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        limits = Limits(seconds=60, idle_seconds=0.2)
        assert (await failure(server, "silent", limits, tmp_path)).failure.reason == "DOWNLOAD_FAILED"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        *((path, "DOWNLOAD_REFUSED") for path in ("gone", "part", "nowhere", "unchanged", "packets")),
        *(("packed-otherwise", "DOWNLOAD_REFUSED"), ("loop", "TOO_MANY_REDIRECTS")),
        *((path, "ADDRESS_REFUSED") for path in ("inside", "inside-by-name")),
        *((path, "URL_INVALID") for path in ("inside-by-number", "local", "gopher", "with-password")),
    ],
)
async def test_what_will_never_be_fetched(server: Server, tmp_path: Path, path: str, reason: str) -> None:
    failed = await failure(server, path, BRIEF, tmp_path)
    assert (failed.failure.reason, failed.failure.retryable) == (reason, False)
    assert len(server.heads) == (6 if path == "loop" else 1)


async def test_a_name_that_changes_its_address_is_judged_by_the_last(server: Server, tmp_path: Path) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.1", "10.0.0.1"]])

    async def rebinding(_: str, __: int) -> Sequence[str]:
        return next(answers)

    with pytest.raises(JobFailed, match="ADDRESS_REFUSED"):
        await guard(rebinding).download(f"http://public.example:{server.port}/loop", limits=BRIEF, to=tmp_path / "it")
    assert len(server.heads) == 1


@pytest.mark.parametrize("error", [OSError, UnicodeError, None])
async def test_a_name_that_nobody_knows(tmp_path: Path, error: type[Exception] | None) -> None:
    async def unknown(_: str, __: int) -> Sequence[str]:
        if error:
            raise error
        return []

    with pytest.raises(JobFailed, match="DOWNLOAD_FAILED"):
        await guard(unknown).download("http://a/", limits=BRIEF, to=tmp_path / "it")


async def test_proxies_of_the_environment_are_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await fetched(server, "plain", BRIEF, tmp_path)).size == 5


async def test_a_name_is_proven_although_an_address_is_asked(tmp_path: Path) -> None:
    certificate, secured = made(tmp_path, "media.example")
    trust = ssl.create_default_context(cadata=certificate)
    target = tmp_path / "it"
    async with listening(secured) as server:
        outgoing = Outgoing(["127.0.0.1"], everywhere, trust)
        got = await outgoing.download(f"https://media.example.:{server.port}/plain", limits=BRIEF, to=target)
        assert got.size == 5
        with pytest.raises(JobFailed, match="DOWNLOAD_FAILED"):
            await outgoing.download(f"https://other.example:{server.port}/plain", limits=BRIEF, to=target)
        assert len(server.heads) == 1


async def everywhere(_: str, __: int) -> Sequence[str]:
    return ["127.0.0.1"]

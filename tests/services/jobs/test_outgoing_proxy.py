"""The proxy of the browser: who may use it, where it leads, and how much of it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.jobs.outgoing import Outgoing
from services.jobs.outgoing_proxy import USER, Place, Proxy
from tests.services.jobs.net import Names

BODY = b"x" * 3000


class Server:
    """Says what it was asked, in a body of two pieces."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.port = 0

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Server"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nkeep-alive: 5\r\nx-kept: yes\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy(most: int = 1 << 20) -> AsyncIterator[Proxy]:
    """That leads to good.test, which is here."""
    names = Names(dict.fromkeys(("good.test", "evil.test"), ("127.0.0.1",)))
    async with Proxy(Outgoing(["good.test"], names).network(most)).serving() as serving:
        yield serving


async def said(to: Proxy, line: str, rest: bytes = b"", password: str = "") -> bytes:
    """All that is answered."""
    secret = base64.b64encode(f"{USER}:{password or to.password}".encode()).decode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(to.address.rpartition(":")[2]))
    headers = f"host: other.test\r\nproxy-authorization: Basic {secret}\r\nconnection: x-mine\r\nx-mine: 1\r\nx-own: 2"
    writer.write(f"{line} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + rest)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_requests_and_tunnels_lead_to_where_they_may() -> None:
    async with Server().up() as server, proxy() as serving:
        place = f"good.test:{server.port}"
        answer = await said(serving, f"GET http://{place}/a?b=c")
        tunnel = await said(serving, f"CONNECT {place}", b"GET /inside HTTP/1.1\r\n\r\n")
    asked = server.asked[0].lower()
    assert asked.startswith(b"get /a?b=c http/1.1\r\nhost: " + place.encode() + b"\r\n")
    assert b"x-own: 2" in asked
    assert not [each for each in (b"proxy-", b"x-mine", b"other.test") if each in asked]
    assert BODY in answer
    assert (b"x-kept" in answer, b"keep-alive" in answer) == (True, False)
    assert tunnel.startswith(b"HTTP/1.1 200 ")
    assert (server.asked[1], BODY in tunnel) == (b"GET /inside HTTP/1.1\r\n\r\n", True)


async def test_what_may_not_be_is_refused_without_a_word() -> None:
    async with Server().up() as server, proxy() as serving:
        evil, good = f"evil.test:{server.port}", f"good.test:{server.port}"
        lines = (f"GET http://{evil}/", f"CONNECT {evil}", f"GET https://{good}/", "GET /", "CONNECT 2130706433:80")
        answers = [await said(serving, line) for line in lines]
        away = await said(serving, "CONNECT good.test:1")
        stranger = await said(serving, f"CONNECT {good}", password="guessed")
    assert {answer.split()[1] for answer in answers} == {b"403"}
    assert all(answer.endswith(b"content-length: 0\r\n\r\n") for answer in answers)
    assert (away.split()[1], stranger.split()[1], server.asked) == (b"502", b"407", [])
    assert serving.refused == {Place("evil.test", server.port)}


async def test_no_more_comes_than_was_agreed() -> None:
    async with Server().up() as server, proxy(most=1000) as serving:
        assert BODY not in await said(serving, f"GET http://good.test:{server.port}/")
        assert BODY not in await said(serving, f"CONNECT good.test:{server.port}", b"GET / HTTP/1.1\r\n\r\n")

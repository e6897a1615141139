"""Pictures of pages: what they look like, and that a page reaches nothing that the guard would not."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image

from services.jobs import browser as browsers
from services.jobs.browser import PROGRAMS, Browser
from services.jobs.browser_settings import BrowserSettings
from services.jobs.child import descendants
from services.jobs.domain import JobFailed
from services.jobs.domain_links import StepSkipped
from services.jobs.outgoing import Outgoing
from tests.services.jobs.net import Names
from tests.services.jobs.test_child import ROOT, gone, until, with_all_its_own

PUBLIC, LOCAL = "93.184.216.34", ("127.0.0.1",)
NEEDED = pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason="there is no Chromium here")


class Site:
    """Answers by path, and notes what was asked for."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.asked: list[str] = []
        self.port = 0

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Site"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            self.asked.append(path)
            status, _, rest = self.pages.get(path, "404 Not Found\r\n\r\n").partition("\r\n")
            writer.write(f"HTTP/1.1 {status}\r\nconnection: close\r\n{rest}".encode())
            await writer.drain()
            if path == "/endless":
                await reader.read()
        writer.close()


class Canary(asyncio.DatagramProtocol):
    """Listens for what must not come, by TCP and by UDP, at all that is local."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.port = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(f"UDP from {addr}: {data[:20]!r}")

    def _accept(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(f"TCP from {writer.get_extra_info('peername')}")
        writer.close()

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Canary"]:
        both = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = both.getsockname()[1]
        datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        datagrams.bind(("", self.port))
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=datagrams)
        async with await asyncio.start_server(self._accept, sock=both):
            try:
                yield self
            finally:
                transport.close()


class Rebinding(Names):
    """A name that is public when it is first asked for, and local from then on."""

    async def __call__(self, host: str, port: int) -> list[str]:
        first = host == "rebind.test" and PUBLIC not in self.answered
        found = [PUBLIC] if first else list(await super().__call__(host, port))
        self.answered.update(found)
        return found


def html(body: str) -> str:
    """A page that is green."""
    return f"200 OK\r\ncontent-type: text/html\r\n\r\n<body style='margin:0;background:#00c000'>{body}"


def browser(memory_mb: int = 1024, program: str = "") -> Browser:
    """That may ask good.test, which is here."""
    names = Rebinding(dict.fromkeys(("good.test", "evil.test", "rebind.test"), LOCAL))
    return Browser(Outgoing(["good.test"], names), BrowserSettings(program, memory_mb))


async def problem(of: Browser, url: str, to: Path) -> str:
    """Why there is no picture."""
    with pytest.raises((JobFailed, StepSkipped)) as failed:
        await of.screenshot(url, to)
    return failed.value.args[0]  # type: ignore[no-any-return]


def colour(path: Path) -> tuple[int, int, int]:
    """What is in the lower right corner."""
    with Image.open(path) as image:
        assert image.size == (1280, 800)
        red, green, blue = image.convert("RGB").getpixel((1270, 790))  # type: ignore[misc]
        return red // 16, green // 16, blue // 16


HOSTS = (
    *("evil.test", "localhost", "127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "[::1]"),
    *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "x.localhost", "rebind.test"),
)
TRIES = """
<link rel=preconnect href=HTTP/a><link rel=prefetch href=HTTP/b><link rel=dns-prefetch href=HTTP/c>
<link rel=stylesheet href=HTTP/d><link rel=preload as=font crossorigin href=HTTP/e><link rel=icon href=HTTP/f>
<img src=HTTP/g><img src=HTTPS/h><script src=HTTP/i></script><iframe src=HTTP/j></iframe><object data=HTTP/k></object>
<video src=HTTP/l></video><iframe src=gopher://HOST/m></iframe><img src=ftp://HOST/n>
<form id=f action=HTTP/o method=post target=frame></form><iframe name=frame></iframe>
<script>
const attempt = (does) => { try { const all = does(); all && all.catch && all.catch(() => 0) } catch (e) {} };
attempt(() => fetch('HTTP/p', {mode: 'no-cors'}));
attempt(() => fetch('HTTPS/q', {mode: 'no-cors'}));
attempt(() => { const x = new XMLHttpRequest(); x.open('GET', 'HTTP/r'); x.send() });
attempt(() => new WebSocket('ws://HOST/s'));
attempt(() => new WebSocket('wss://HOST/t'));
attempt(() => new EventSource('HTTP/u'));
attempt(() => navigator.sendBeacon('HTTP/v', 'x'));
attempt(() => window.open('HTTP/w'));
attempt(() => document.getElementById('f').submit());
attempt(() => new Worker(URL.createObjectURL(new Blob(["importScripts('HTTP/x')"]))));
attempt(() => new SharedWorker(URL.createObjectURL(new Blob(["importScripts('HTTP/y')"]))));
attempt(() => new WebTransport('HTTPS/z'));
attempt(() => {
  const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:HOST'},
    {urls: 'turn:HOST?transport=tcp', username: 'a', credential: 'b'}]});
  peer.createDataChannel('x');
  return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
});
</script>"""
ONCE = """
<iframe src=/away></iframe><iframe src=file:///etc/passwd></iframe><iframe src=/meta></iframe><img src=/away>
<img src=http://good.test:PORT/seen><script>
new WebSocket('ws://good.test:PORT/socket');
navigator.serviceWorker && navigator.serviceWorker.register('/worker.js').catch(() => 0);
alert('stop'); confirm('really'); window.open('/popup'); onbeforeunload = () => 'stay';
location = 'mailto:a@b.c';
</script>"""


def trying(port: int) -> str:
    """A page that asks for what it must not, in every way."""
    tries = TRIES.replace("HTTPS", "https://HOST").replace("HTTP", "http://HOST")
    return "".join(tries.replace("HOST", f"{host}:{port}") for host in HOSTS)


@NEEDED
async def test_a_page_reaches_only_what_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "LOAD_SECONDS", 3.0)  # it never stops loading
    async with Canary().up() as canary, Site({}).up() as site:
        away = f"302 Found\r\nlocation: http://evil.test:{canary.port}/\r\n\r\n"
        meta = html(f"<meta http-equiv=refresh content='0;url=http://127.0.0.1:{canary.port}/'>")
        page = html(
            ONCE.replace("PORT", str(site.port))
            + trying(canary.port)
            + f"<img src=http://good.test:{site.port}/endless>"
        )
        site.pages |= {"/": page, "/away": away, "/meta": meta, "/worker.js": html(""), "/endless": "200 OK\r\n\r\n"}
        taken = await browser().screenshot(f"http://good.test:{site.port}/", tmp_path / "shot")
    assert colour(taken) == (0, 12, 0)
    assert canary.heard == []
    # It did all that, and those of it that are allowed came through.
    assert {"/", "/away", "/meta", "/seen", "/socket", "/endless"} <= set(site.asked)
    assert not {"/popup", "/worker.js"} & set(site.asked)


@NEEDED
async def test_a_page_that_is_led_astray_has_no_picture(tmp_path: Path) -> None:
    async with Canary().up() as canary, Site({}).up() as site:
        site.pages["/away"] = f"302 Found\r\nlocation: http://evil.test:{canary.port}/\r\n\r\n"
        site.pages["/load"] = "200 OK\r\ncontent-disposition: attachment\r\ncontent-type: application/zip\r\n\r\nPK"
        own, to = browser(), tmp_path / "shot"
        found = await problem(own, f"http://good.test:{site.port}/away", to)
        loads = await problem(own, f"http://good.test:{site.port}/load", to)
    assert (found, loads, canary.heard) == ("ADDRESS_REFUSED", "NOT_A_PAGE", [])
    for url in ("file:///etc/passwd", "data:text/html,x", "chrome://version", "http://127.1/"):
        assert await problem(own, url, to) == "URL_INVALID"
    assert not to.exists()


@NEEDED
async def test_what_never_ends_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = html("<script>for (;;) {}</script>")
    eats = html("<script>const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1))</script>")
    async with Site({"/": forever, "/eats": eats}).up() as site:
        at, to = f"http://good.test:{site.port}", tmp_path / "shot"
        large, started = await with_all_its_own(problem(browser(600), f"{at}/eats", to))
        monkeypatch.setattr(browsers, "SECONDS", 4.0)
        late, more = await with_all_its_own(problem(browser(), f"{at}/", to))
    assert (large, late) == ("CAPTURE_TOO_LARGE", "CAPTURE_TIMEOUT")
    assert len(started) > 3 < len(more)  # the child, its guard, what drives the browser, and the browser
    await until(lambda: all(map(gone, started | more)), 20)


async def test_without_a_browser_and_without_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "shot"
    assert await problem(browser(program="/nonexistent"), "http://good.test/", to) == "BROWSER_MISSING"

    async def nothing(_: Callable[..., object], *args: object) -> list[str]:
        to.write_bytes(b"")
        return [str(args[1]), ""]

    monkeypatch.setattr(browsers, "run_in_child", nothing)
    monkeypatch.setattr(Browser, "_program", lambda _: "")
    assert await problem(browser(), "http://good.test/", to) == "CAPTURE_EMPTY"


PARENT = """
import sys, uvloop
from pathlib import Path
from tests.services.jobs.test_browser import browser
uvloop.run(browser().screenshot(sys.argv[1], Path(sys.argv[2])))
"""


@NEEDED
async def test_no_browser_outlives_the_worker(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")])}
    async with Site({"/": html("<img src=/endless>"), "/endless": "200 OK\r\n\r\n"}).up() as site:
        call = (sys.executable, "-c", PARENT, f"http://good.test:{site.port}/", str(tmp_path / "shot"))
        worker = await asyncio.create_subprocess_exec(*call, env=environ)
        await until(lambda: "/endless" in site.asked, 20)
        below = descendants(worker.pid)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    assert len(set(below.values())) > 1  # the browser has left the group of the child
    await until(lambda: all(map(gone, below)))

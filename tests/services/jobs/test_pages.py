"""Looking at what is behind a link, over real sockets."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from services.jobs import page_html, pages
from services.jobs.domain import JobFailed
from services.jobs.domain_links import Page, PageKind
from services.jobs.outgoing import Outgoing
from services.jobs.pages import embeddable, look, told

HEAD = """<!doctype html><title>Plain &amp; simple</title><base href="/deep/"><meta charset=utf-8>
<meta property="og:title" content="  "><meta name="twitter:title" content="The\u202e lighthouse\x07">
<meta name="description" content="d1"><meta property="og:description" content="A lamp">
<meta property="og:site_name" content="Skerry"><meta property="og:image" content="a.png">
<link rel="shortcut icon" href="//{host}/i.ico"><link rel="canonical" href="/here?x=1"></head>"""
WITHOUT_SCRIPTS = b"""<svg><title>Drawn</title></svg><title>Seen</title>
<noscript><meta http-equiv=refresh content="0;url=/login"><meta property=og:title content=No></noscript>"""
OTHER_IMAGES = b"""<meta property=og:image content=https://null/><meta name=twitter:image content="ftp://a.example/x.png">
<link rel=image_src href=http://a.example/y.png>"""
ANSWERS: dict[str, tuple[str, bytes]] = {
    "/page": ("text/html; charset=utf-8", b""),
    "/moved": ("301 /page", b""),
    "/moved-twice": ("308 /moved", b""),
    "/login": ("302 /page", b""),
    "/front": ("301 /", b""),
    "/": ("text/html", b"<title>Front</title>"),
    "/bomb": ("text/html gzip", gzip.compress(b"<title>Bomb</title></head>" + bytes(50 << 20))),
    "/refresh": ("text/html", b'<meta http-equiv="Refresh" content="0; URL=\'/page\'">'),
    "/round": ("text/html", b'<meta http-equiv=refresh content="1;url=/round-again">'),
    "/round-again": ("text/html", b'<meta http-equiv=refresh content="1;url=/round">'),
    "/news": ("text/html", b'<title>News</title><meta http-equiv=refresh content="1;url=/news#top">'),
    "/without-scripts": ("text/html", WITHOUT_SCRIPTS),
    "/stalls": ("text/html stalls", b"<title>Heard</title></head>"),
    "/nested": ("text/html", b"<title>Deep</title>" + b"<div>" * 100_000),
    "/inside": ("text/html", b'<meta http-equiv=refresh content="0;url=http://10.0.0.1/">'),
    "/script": ("text/html", b'<meta http-equiv=refresh content="0;url=javascript:alert(1)"><title>Stays</title>'),
    "/pdf": ("application/octet-stream", b"%PDF-1.7 ..."),
    "/film": ("video/mp4", b"\0\0\0\x20ftypisom" + bytes(2048)),
    "/liar": ("image/png", b"<!doctype html><title>Not a picture</title>"),
    "/canonical-elsewhere": ("text/html", b"<link rel=canonical href=http://elsewhere.example/page>"),
    "/canonical-broken": ("text/html", b"<link rel=canonical href=http://127.0.0.1:abc/page>"),
    "/canonical-root": ("text/html", b"<link rel=canonical href=/>"),
    "/odd-images": ("text/html", b"<meta property=og:image content=http://undefined/x.png>"),
    "/other-images": ("text/html", OTHER_IMAGES),
    "/empty": ("text/html", b""),
    # The words come in the same piece as the first bytes, or in later ones.
    "/wordy": ("text/html", b"<style>" + b"x" * 9000 + b"</style><title>Behind</title>" + b"y" * 90_000 + b"</head>"),
    "/scripted": ("text/html", b"<script>" + b"x" * 300_000 + b"</script><title>Far behind</title></head>"),
    "/endless": ("text/html", b"<title>No end</title>" + b"x" * (6 << 20)),
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host = head.lower().split("host: ")[1].split("\r\n")[0]
        kind, body = ANSWERS[head.split()[1]]
        body = HEAD.format(host=host).encode() if head.split()[1] == "/page" else body
        status, extra = "200 OK", f"content-type: {kind.removesuffix(' gzip').removesuffix(' stalls')}"
        if kind[:3].isdigit():
            status, extra = f"{kind[:3]} X", f"location: {kind[4:]}"
        if kind.endswith(" gzip"):
            extra += "\r\ncontent-encoding: gzip"
        # A film says that it is a terabyte long, and we are not to care.
        length = 1 << 40 if kind in ("video/mp4", "text/html stalls") else len(body)
        writer.write(f"HTTP/1.1 {status}\r\n{extra}\r\ncontent-length: {length}\r\n\r\n".encode() + body)
        await writer.drain()
        if length > len(body):  # until nobody listens any more
            await reader.read()
    writer.close()


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A site that may be asked."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _look(url: str) -> Page:
    return await look(Outgoing(["127.0.0.1"]), url)


async def _fails(url: str) -> str:
    with pytest.raises(JobFailed) as caught:
        await _look(url)
    return caught.value.failure.reason


async def test_a_page_says_what_it_is(site: str) -> None:
    assert await _look(f"{site}/page") == Page(
        final_url=f"{site}/page",
        same_as_url=f"{site}/here?x=1",
        title="The lighthouse",
        description="A lamp",
        site_name="Skerry",
        media_type="text/html",
        favicon_url=f"{site}/i.ico",
        image_url=f"{site}/deep/a.png",
        embeddable=True,
        cover="screenshot",
    )


async def test_only_what_moved_for_good_is_the_same(site: str) -> None:
    canonical = ("canonical-elsewhere", "canonical-root", "canonical-broken")
    names = ("moved", "moved-twice", "login", "front", "refresh", *canonical)
    found = await asyncio.gather(*(_look(f"{site}/{name}") for name in names))
    same = {name: page.same_as_url.removeprefix(site) for name, page in zip(names, found, strict=True)}
    assert same == {
        "moved": "/page",
        "moved-twice": "/page",
        # What these led to calls itself something, but all that is behind a login would be one then.
        "login": "",
        "refresh": "",
        "front": "",
        "canonical-elsewhere": "",
        "canonical-root": "",
        "canonical-broken": "",
    }


@pytest.mark.parametrize(
    ("to", "instead_of", "gives_up"),
    [
        ("http://a.example/login", "http://a.example/x", True),
        ("http://a.example/en/", "http://a.example/x", True),
        ("http://a.example/en-GB/index.html", "http://a.example/x?a=1", True),
        ("http://a.example/", "http://a.example/?page=2", True),
        ("http://a.example/entry", "http://a.example/old", False),
        ("https://www.a.example/", "http://a.example/", False),
        ("http://a.example/login", "https://a.example/login", False),
    ],
)
def test_an_entrance_is_not_what_was_asked_for(to: str, instead_of: str, gives_up: bool) -> None:
    assert pages._only_root(to, instead_of) is gives_up


async def test_what_is_no_page_is_only_looked_at(site: str) -> None:
    pdf, film = await asyncio.gather(_look(f"{site}/pdf"), _look(f"{site}/film"))
    assert (pdf.kind, pdf.media_type) == (PageKind.PDF, "application/pdf")
    assert (film.kind, film.media_type, film.title) == (PageKind.OTHER, "video/mp4", "")


async def test_pages_that_are_not_as_they_should_be(site: str) -> None:
    titles = {"bomb": "Bomb", "script": "Stays", "liar": "", "empty": "", "news": "News", "stalls": "Heard"}
    # What is nested too deep to be read in time is a page without words.
    titles |= {"wordy": "Behind", "scripted": "Far behind", "endless": "No end"}
    titles |= {"without-scripts": "Seen", "nested": "", "odd-images": "", "other-images": ""}
    found = await asyncio.gather(*(_look(f"{site}/{name}") for name in titles))
    assert {name: page.title for name, page in zip(titles, found, strict=True)} == titles
    assert [page.image_url for page in found[-2:]] == ["", "http://a.example/y.png"]
    failed = await asyncio.gather(_fails(f"{site}/inside"), _fails(f"{site}/round"))
    assert list(failed) == [
        "ADDRESS_REFUSED",
        "TOO_MANY_REDIRECTS",
    ]


@pytest.mark.parametrize(
    ("said", "body", "media_type"),
    [
        ("", b"<html><body>", "text/html"),
        ("text/plain", b"\xef\xbb\xbf <!-- a --> <!DOCTYPE html>", "text/html"),
        ("text/plain", b"just words", "text/plain"),
        # Read in time, however many comments there are.
        ("text/plain", b"<!---->" * 146 + b"<x>", "text/plain"),
        ("text/html", b"%PDF-1.4", "application/pdf"),
        ("application/octet-stream", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("image/jpeg", b"RIFF....WEBPVP8 ", "image/webp"),
        ("application/epub+zip", b"PK\x03\x04", "application/epub+zip"),
        ("application/octet-stream", b"\0\0\0\x1cftypavif", "image/avif"),
        ("", b"", ""),
    ],
)
def test_what_it_is_is_told_by_what_is_in_it(said: str, body: bytes, media_type: str) -> None:
    assert told(said, body) == media_type


@pytest.mark.parametrize(
    ("name", "value", "may"),
    [
        ("x-frame-options", "DENY", False),
        ("x-frame-options", "sameorigin", False),
        ("x-frame-options", "ALLOW-FROM https://a.example", False),
        ("content-security-policy", "frame-ancestors 'none'", False),
        ("content-security-policy", "default-src 'self'; frame-ancestors 'self'", False),
        ("content-security-policy", "frame-ancestors", False),
        ("content-security-policy", "frame-ancestors *", True),
        ("content-security-policy", "frame-ancestors https:", True),
        ("content-security-policy", "frame-ancestors 'self' https://b.example", True),
        # No browser knows it.
        ("x-frame-options", "ALLOWALL", True),
        ("content-security-policy", "script-src 'none'", True),
        ("server", "x", True),
    ],
)
def test_whether_a_page_may_be_shown_inside_another(name: str, value: str, may: bool) -> None:
    assert embeddable(httpx.Headers({name: value})) is may


def test_hosts_whose_own_picture_counts_are_told_by_labels() -> None:
    for host, own in (("m.imdb.com", True), ("mediumrare.com", False), ("medium.com", True), ("notpin.it", False)):
        assert pages._on(host, pages.OWN_PICTURE) is own, host
    for host in ("netflix.com", "dropbox.com"):
        assert not pages._on(host, pages.NO_PICTURE)
    assert pages._on("www.amazon.com", pages.NO_PICTURE)


@pytest.mark.parametrize(
    ("said", "body", "read"),
    [
        ("", "<meta charset='iso-8859-1'>Bücher €".encode("cp1252"), "Bücher €"),
        ("", "Bücher".encode("cp1252"), "Bücher"),
        ("", "Bü".encode()[:-1], "B\ufffd"),
        ("utf-7", b"+AGEAYg-", "+AGEAYg-"),
        ("rot13", b"abc", "abc"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("Windows-874", "ก".encode("cp874"), "ก"),
        ("big5-hkscs", "嘅".encode("big5hkscs"), "嘅"),
        ("", b"<meta charset=x-sjis>" + "灯台".encode("cp932"), "灯台"),
        ("", b"<meta charset=utf-16>\xc3\xbc", "ü"),
        ("latin1", b"\xef\xbb\xbf\xc3\xbc", "ü"),
        ("utf-8\0", b"\xff", "ÿ"),
    ],
)
def test_letters_are_read_as_browsers_do(said: str, body: bytes, read: str) -> None:
    assert page_html.decoded(body, said).rpartition(">")[2] == read


def test_words_are_cut_and_plain() -> None:
    assert page_html.words(" a\n\tb\0\u2066c ") == "a bc"
    assert len(page_html.words("x" * 5000)) == page_html.MAX_WORDS

"""Looks at what is behind a link: what it is, and what it says of itself. Of what is large, only the beginning."""

import asyncio
import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import structlog

from services.jobs import page_html
from services.jobs.child import ChildFailed, run_in_child
from services.jobs.domain import JobFailed
from services.jobs.domain_links import Page, PageKind, kind_of
from services.jobs.domain_outgoing import TOO_MANY_REDIRECTS, Limits, UrlInvalid, parsed
from services.jobs.outgoing import Answer, Outgoing
from services.jobs.outgoing_body import PIECE
from services.jobs.page_html import END_OF_HEAD, NOTHING, Said

MOST = 5 << 20
# A piece that comes when there is almost enough is still taken.
LIMITS = Limits(max_bytes=MOST + PIECE, seconds=30.0, beginning=True)
SNIFFED = 1024
# Pages that only send on, by a meta element.
REFRESHES = 3
BODY = "cairn-page-"
BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
)
# Nothing in it goes back over comments: else there are as many ways to read some as there are sums of their number.
HTML = re.compile(
    rb"\s*+(?:(?><!--.*?-->)\s*+)*+<(?:!doctype html|html|head|title|body|meta|script|h1|p|div)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
# Where sites send those who asked for what is not there, or may not be seen; also in a language.
ENTRANCE = re.compile(
    r"[a-z]{2}([-_][a-z]{2})?|log-?in|sign-?in|auth|sso|account|home|start|welcome|404|not-?found|error"
    r"|(index|default|home|login|404)\.(html?|php|aspx?)",
    re.IGNORECASE,
)
VAGUE = ("", "application/octet-stream", "binary/octet-stream", "text/plain")
# Where the page's own picture tells more than how it looks; and where it says nothing of the page.
OWN_PICTURE = (
    *("cosmos.so", "pinterest.com", "savee.it", "are.na", "medium.com", "spotify.com", "imdb.com", "pin.it"),
)
NO_PICTURE = ("amazon.in", "amazon.com", "twitter.com", "x.com")


class Looked(NamedTuple):
    """What a server answered, and the beginning of its body."""

    final_url: str
    moved: bool
    media_type: str
    headers: httpx.Headers
    body: bytes


async def look(outgoing: Outgoing, url: str) -> Page:
    """What is there; raises JobFailed."""
    at, moved = url, True
    for _ in range(REFRESHES + 1):
        looked = await _looked(outgoing, at)
        moved = moved and (looked.moved or looked.final_url == at)
        said = await _said(looked) if kind_of(looked.media_type) is PageKind.PAGE else NOTHING
        to = _sent_on(said, looked)
        if not to:
            return _page(url, looked, said, moved=moved and looked.final_url != url)
        at, moved = to, False
    raise JobFailed(TOO_MANY_REDIRECTS)


def _sent_on(said: Said, looked: Looked) -> str:
    """Where a page sends its readers; not one that only loads itself anew, as pages of news do."""
    to = said["refresh"]
    with suppress(UrlInvalid):  # which is then what asking for it says
        return to if to and str(parsed(to)) != looked.final_url else ""
    return to


async def _looked(outgoing: Outgoing, url: str) -> Looked:
    async with outgoing.get(url, limits=LIMITS) as answer:
        body = await _beginning(answer, SNIFFED)
        media_type = told(answer.media_type, body)
        if kind_of(media_type) is PageKind.PAGE:
            body = await _beginning(answer, MOST, body)
        return Looked(answer.final_url, answer.moved, media_type, answer.headers, body)


async def _beginning(answer: Answer, most: int, body: bytes = b"") -> bytes:
    """At least so much of the body, or all of its head: behind that, a page says nothing more of itself as a whole."""
    if len(body) >= most or END_OF_HEAD.search(body):
        return body
    read = bytearray(body)
    async for piece in answer.body:
        # The end of the head may lie on a seam.
        start = max(len(read) - 16, 0)
        read += piece
        if len(read) >= most or END_OF_HEAD.search(read, start):
            break
    # What has come is not cut: whoever goes on reading gets only what follows.
    return bytes(read)


def told(media_type: str, body: bytes) -> str:
    """What it is: as the server says, but for what cannot be so."""
    found = next((name for start, name in BEGINNINGS if body.startswith(start)), "")
    if body[4:8] == b"ftyp":
        found = "image/avif" if body[8:12] in (b"avif", b"avis") else "video/mp4"
    elif body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        found = "image/webp"
    elif HTML.match(body.removeprefix(b"\xef\xbb\xbf")) and media_type in VAGUE:
        found = "text/html"
    if media_type in VAGUE:
        return found or media_type
    pictured = media_type.startswith("image/") or kind_of(media_type) in (PageKind.PAGE, PageKind.PDF)
    return found if found and pictured and found != "application/zip" else media_type


async def _said(looked: Looked) -> Said:
    """What a page says of itself; read in a child, since anybody may have written it."""
    with tempfile.NamedTemporaryFile(prefix=BODY) as file:
        await asyncio.to_thread(Path(file.name).write_bytes, looked.body)
        charset = httpx.Response(200, headers=looked.headers).charset_encoding or ""
        try:
            said: Said = await run_in_child(page_html.read, file.name, charset, looked.final_url)
        except ChildFailed as error:  # it can be shown all the same
            structlog.get_logger().warning("page not read", error=str(error))
            return NOTHING
    return said


def _page(url: str, looked: Looked, said: Said, *, moved: bool) -> Page:
    final = looked.final_url
    page = Page(final, media_type=looked.media_type, kind=kind_of(looked.media_type))
    if page.kind is PageKind.IMAGE:
        page = replace(page, image_url=final)
    if page.kind is PageKind.PAGE:
        host = httpx.URL(final).host
        image = "" if _on(host, NO_PICTURE) else _picture(said["images"], host)
        cover = "image" if _on(host, OWN_PICTURE) else "screenshot"
        page = replace(page, title=said["title"], description=said["description"], site_name=said["site_name"])
        page = replace(page, image_url=image, favicon_url=said["favicon"], cover=cover)
        page = replace(page, embeddable=embeddable(looked.headers))
    if moved:
        same = "" if _only_root(final, url) else final
    else:  # who was sent elsewhere for now, such as to sign in, reads what is said of that place
        same = _canonical(final, said["canonical"]) if final == str(parsed(url)) else ""
    return replace(page, same_as_url=same)


def _canonical(final: str, named: str) -> str:
    """Another address of the same site that the page gives as its own."""
    try:
        named = str(parsed(named)) if named else ""
    except UrlInvalid:
        return ""
    if not named or named == final or _only_root(named, final):
        return ""
    same = httpx.URL(named).host.removeprefix("www.") == httpx.URL(final).host.removeprefix("www.")
    return named if same else ""


def _only_root(url: str, instead_of: str) -> bool:
    """Whether it gives up a path: such as a site that sends everybody to its front page."""
    to, before = httpx.URL(url), httpx.URL(instead_of)
    entrance = all(ENTRANCE.fullmatch(part) for part in to.path.split("/") if part)
    return entrance and (to.path != before.path or bool(before.query and not to.query))


def _picture(urls: list[str], page_host: str) -> str:
    """The first address that can be one of a picture: templates that were left empty make `https://undefined/`."""
    for url in urls:
        with suppress(UrlInvalid):
            host = parsed(url).host
            # A name alone is one of the own network, as a page of there has it.
            if host == page_host or "." in host or ":" in host:
                return url
    return ""


def _on(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def embeddable(headers: httpx.Headers) -> bool:
    """Whether a page lets itself be shown inside another one, of some other site (HTML, CSP Level 3)."""
    policies = [
        part.strip().lower() for part in headers.get("content-security-policy", "").replace(",", ";").split(";")
    ]
    ancestors = [each.split()[1:] for each in policies if each.split()[:1] == ["frame-ancestors"]]
    if ancestors:  # then the older header does not count
        return all(any(not source.startswith("'") for source in sources) for sources in ancestors)
    # What it does not know, a browser ignores.
    told = headers.get("x-frame-options", "").lower().replace(",", " ").split()
    return not {"deny", "sameorigin", "allow-from"}.intersection(told)

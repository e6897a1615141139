"""Reads what a page says of itself. Runs in a child: a parser in C meets what anybody may have written."""

import re
import resource
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

# Of the child: address space, and of one processor.
MEMORY_BYTES, CPU_SECONDS = 1 << 30, 10
MAX_WORDS, MAX_SITE_NAME, MAX_URL = 1300, 300, 2048
CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
REFRESH = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?(.*?)[\"']?\s*", re.IGNORECASE | re.DOTALL)
# Who waits longer reads the page, and is not only sent on.
SOON_SECONDS = 5
ICONS = ("icon", "shortcut icon", "apple-touch-icon")


def read(path: str, charset: str, url: str) -> dict[str, str]:
    """Title, description, site name, and addresses: of icon, picture, itself, and where it sends on to."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    page = LexborHTMLParser(decoded(Path(path).read_bytes(), charset))
    named = dict(reversed(list(_metas(page))))
    base = page.css_first("base[href]")
    base_url = _joined(url, base.attributes.get("href") if base else "") or url
    heading = page.css_first("title")
    title = words(named.get("og:title", "")) or words(named.get("twitter:title", ""))
    return {
        "title": title or words(heading.text() if heading else ""),
        "description": words(named.get("og:description", "")) or words(named.get("description", "")),
        "site_name": words(named.get("og:site_name", ""), MAX_SITE_NAME),
        "image": _joined(base_url, named.get("og:image") or named.get("og:image:url") or named.get("twitter:image")),
        "favicon": _icon(page, base_url) or _joined(url, "/favicon.ico"),
        "canonical": _joined(base_url, next(_links(page, ("canonical",)), "")),
        "refresh": _refresh(page, base_url),
    }


def decoded(data: bytes, charset: str) -> str:
    """The text: by its mark, then as the server says, then as it says itself."""
    told = CHARSET.search(data[:4096])
    marked = next((name for mark, name in MARKS if data.startswith(mark)), "")
    for name in filter(None, (marked, charset, told[1].decode() if told else "", "utf-8")):
        try:
            return data.decode(name, errors="replace").removeprefix("\ufeff")
        except (LookupError, ValueError):  # no such charset, or none of text
            continue
    return data.decode("utf-8", errors="replace")


def words(text: str, most: int = MAX_WORDS) -> str:
    """Plain words in a line: no control characters, and none that turn the direction of writing round."""
    spaced = " ".join(text.split())
    # Joiners are parts of words and emoji.
    plain = "".join(c for c in spaced if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return plain[:most].strip()


def _metas(page: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for meta in page.css("meta[content]"):
        name = meta.attributes.get("property") or meta.attributes.get("name") or ""
        content = (meta.attributes.get("content") or "").strip()
        if name and content:
            yield name.strip().lower(), content


def _links(page: LexborHTMLParser, kinds: tuple[str, ...]) -> Iterator[str]:
    for link in page.css("link[rel][href]"):
        kind = " ".join((link.attributes.get("rel") or "").lower().split())
        if kind in kinds:
            yield (link.attributes.get("href") or "").strip()


def _icon(page: LexborHTMLParser, base: str) -> str:
    return next(filter(None, (_joined(base, href) for href in _links(page, ICONS))), "")


def _joined(base: str, href: str | None) -> str:
    """An address of http or https, or nothing."""
    try:
        url = urljoin(base, (href or "").strip()) if href else ""
        parts = urlsplit(url)
    except ValueError:
        return ""
    fine = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return url if fine and len(url) <= MAX_URL and url.isprintable() else ""


def _refresh(page: LexborHTMLParser, base: str) -> str:
    for meta in page.css("meta[http-equiv][content]"):
        if (meta.attributes.get("http-equiv") or "").strip().lower() == "refresh":
            found = REFRESH.fullmatch(meta.attributes.get("content") or "")
            if found and found[2] and int(found[1][:6]) <= SOON_SECONDS:
                return _joined(base, found[2])
    return ""

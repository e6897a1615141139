"""Reads what a page says of itself. Runs in a child: a parser in C meets what anybody may have written."""

import codecs
import math
import re
import resource
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypedDict
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

# Of the child: address space, and of one processor since it began to read, however long it took to start.
MEMORY_BYTES, CPU_SECONDS = 1 << 30, 2
# Elements in elements cost the square of how deep they lie: the rest of a page is left alone where its head was read.
WITHOUT_HEAD, AT_LEAST = 512 << 10, 64 << 10
MAX_WORDS, MAX_SITE_NAME, MAX_URL = 1300, 300, 2048
CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
END_OF_HEAD = re.compile(rb"</head\s*>", re.IGNORECASE)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Old names that stand for what grew out of them, and what is read as it is named: those that browsers know (WHATWG).
CHARSETS = {
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"cp{page}": f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))},
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("tis-620", "iso8859-11"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict(zip(("iso8859-9", "shift_jis", "euc_kr"), ("cp1254", "cp932", "cp949"), strict=True)),
    **dict.fromkeys(("big5", "big5hkscs"), "big5hkscs"),
    **{name: name for name in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "euc_jp", "iso2022_jp")},
    **{name: name for name in ("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic")},
}
# Labels that browsers know and Python does not.
LABELS = {
    **dict.fromkeys(("x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("x-gbk", "gb_2312", "csiso58gb231280"), "gb18030"),
    **dict.fromkeys(("iso-8859-8-i", "logical", "visual", "csiso88598i"), "iso8859-8"),
    **dict.fromkeys(("x-mac-cyrillic", "x-mac-ukrainian"), "mac-cyrillic"),
    **{f"x-cp{page}": f"cp{page}" for page in range(1250, 1259)},
    "x-euc-jp": "euc_jp",
    "windows-949": "cp949",
    "x-mac-roman": "mac-roman",
    "koi": "koi8-r",
}
REFRESH = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?(.*?)[\"']?\s*", re.IGNORECASE | re.DOTALL)
# Who waits longer reads the page, and is not only sent on.
SOON_SECONDS = 5
ICONS = ("icon", "shortcut icon", "apple-touch-icon")
PICTURES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
# Those who have scripts, or look at drawings, do not find words of the page in there.
ELSEWHERE = ":is(noscript, template, svg, math)"
# What lies in one of them goes along with it, and must not be freed twice.
OUTERMOST = f"{ELSEWHERE}:not({ELSEWHERE} *)"


class Said(TypedDict):
    """What a page says of itself; addresses are whole."""

    title: str
    description: str
    site_name: str
    # Those that may be its picture, the likeliest first.
    images: list[str]
    favicon: str
    canonical: str
    # Where it sends on to.
    refresh: str


NOTHING = Said(title="", description="", site_name="", images=[], favicon="", canonical="", refresh="")


def read(path: str, charset: str, url: str) -> Said:
    """What the beginning of a page, in a file, says; `url` is where it came from."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    seconds = math.ceil(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    page = LexborHTMLParser(decoded(_head(Path(path).read_bytes()), charset))
    for element in page.css(OUTERMOST):
        element.decompose()
    named = dict(reversed(list(_metas(page))))
    base = page.css_first("base[href]")
    base_url = _joined(url, base.attributes.get("href") if base else "") or url
    heading = page.css_first("title")
    title = words(named.get("og:title", "")) or words(named.get("twitter:title", ""))
    pictures = [*(named.get(name, "") for name in PICTURES), *_links(page, ("image_src",))]
    return Said(
        title=title or words(heading.text() if heading else ""),
        description=words(named.get("og:description", "")) or words(named.get("description", "")),
        site_name=words(named.get("og:site_name", ""), MAX_SITE_NAME),
        images=list(filter(None, (_joined(base_url, href) for href in pictures))),
        favicon=_icon(page, base_url) or _joined(url, "/favicon.ico"),
        canonical=_joined(base_url, next(_links(page, ("canonical",)), "")),
        refresh=_refresh(page, base_url),
    )


def _head(data: bytes) -> bytes:
    """So much of a page as is read."""
    end = END_OF_HEAD.search(data)
    return data[: max(end.end(), AT_LEAST) if end else WITHOUT_HEAD]


def decoded(data: bytes, charset: str) -> str:
    """The text: by its mark, then as the server says, then as it says itself, then as it looks."""
    told = CHARSET.search(data[:4096])
    # What could be read to find this is written in bytes.
    itself = _charset(told[1].decode().lower().replace("utf-16", "utf-8")) if told else ""
    marked = next((name for mark, name in MARKS if data.startswith(mark)), "")
    name = marked or _charset(charset) or itself or ("utf-8" if _is_utf8(data) else "cp1252")
    return data.decode(name, errors="replace").removeprefix("\ufeff")


def _charset(name: str) -> str:
    """Python's name for it; empty where it is none that pages are written in."""
    label = name.strip().lower()
    with suppress(LookupError, ValueError):
        return LABELS.get(label) or CHARSETS.get(codecs.lookup(label).name, "")
    return ""


def _is_utf8(data: bytes) -> bool:
    """Whether it may be; its end may lie within a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


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
            found = REFRESH.fullmatch((meta.attributes.get("content") or "")[: 2 * MAX_URL])
            if found and found[2] and int(found[1][:6]) <= SOON_SECONDS:
                return _joined(base, found[2])
    return ""

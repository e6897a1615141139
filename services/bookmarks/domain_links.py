"""What a saved link is, and when two addresses are the same one. The rules stand in link_service.proto."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID

from chassis.errors import FieldViolation, InvalidInput
from services.bookmarks.domain_hosts import host_of

STEPS = ("fetch", "screenshot", "image", "text", "caption")
MAX_URL = 2048
# What only follows visitors around. Not `ref`, which chooses a branch or a version on many sites.
TRACKING = frozenset({"fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid", "twclid", "_ga"})
TRACKING_PREFIX = "utm_"
# Dropped whatever the scheme, as the scheme is: http://host:443 is nobody's other place.
USUAL_PORTS = frozenset({80, 443})
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ESCAPE = re.compile("%([0-9A-Fa-f]{2})|%")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
IN_PATH, IN_QUERY, IN_FRAGMENT = "%/:@!$&'()*+,;=", "%/?:@!$'()*,;=", "%/?:@!$&'()*+,;="
POSTS = (
    ("tweet", ("twitter.com", "x.com"), re.compile(r"/[^/]+/status(es)?/\d+")),
    ("instagram", ("instagram.com",), re.compile(r"(/[^/]+)?/(p|reels?|tv)/[^/]+")),
)
OFFICE = re.compile(r"application/(pdf|rtf|msword|epub\+zip|vnd\.(ms-|oasis\.opendocument|openxmlformats).*)|text/rtf")


class UrlInvalid(InvalidInput):
    """Not a URL of http or https, or one with a user name in it"""

    reason = "URL_INVALID"

    @classmethod
    def of(cls, field: str) -> "UrlInvalid":
        """Say which field it is."""
        return cls(fields=(FieldViolation(field, "must be a URL of http or https without a user name"),))


class NotALink(InvalidInput):
    """It is a message or a file: only links have this"""

    reason = "NOT_A_LINK"


class StepState(StrEnum):
    """How a step goes, or all of them."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class Canonical(NamedTuple):
    """An address: as it was given, what makes it the same as another, the SHA-256 of that, and its host."""

    url: str
    text: str
    key: str
    site: str

    @property
    def path(self) -> str:
        """The path of it, as it is compared."""
        return urlsplit(f"//{self.text}").path


@dataclass(frozen=True, slots=True)
class Step:
    """How one step of the looking up stands."""

    name: str
    state: StepState
    reason: str
    message: str
    attempts: int
    next_time: datetime | None
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Enrichment:
    """How the looking up stands."""

    state: StepState
    steps: tuple[Step, ...]
    round: int
    job_id: UUID | None


@dataclass(frozen=True, slots=True)
class LinkImage:
    """A picture of a link, which lies in the object store."""

    kind: str
    version: str
    media_type: str
    width: int
    height: int
    blurhash: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a saved link. Title and description are the person's own where they wrote one."""

    url: str
    final_url: str
    other_urls: tuple[str, ...]
    site: str
    title: str
    description: str
    site_name: str
    media_type: str
    media_class: str
    favicon_url: str
    embeddable: bool | None
    text: str
    caption: str
    images: tuple[LinkImage, ...]
    cover: str
    enrichment: Enrichment
    revision: int


def canonical(url: str, field: str = "target.url") -> Canonical:
    """What makes an address the same as another; `field` is named where it is none."""
    url = url.strip()
    try:
        text, site = _canonical(url)
    except ValueError:
        raise UrlInvalid.of(field) from None
    return Canonical(url, text, hashlib.sha256(text.encode()).hexdigest(), site)


def media_class(site: str, path: str, media_type: str) -> str:
    """What is behind a link: told by host and path for posts, else by the media type."""
    for name, hosts, paths in POSTS:
        if on_host(site, hosts) and paths.match(path):
            return name
    main = media_type.partition("/")[0]
    if main in ("image", "video", "audio"):
        return main
    return "document" if OFFICE.fullmatch(media_type) else "link"


def on_host(site: str, names: Iterable[str]) -> bool:
    """Whether a host is one of these, or below one: netflix.com is not below x.com."""
    return any(site == name or site.endswith(f".{name}") for name in names)


def _canonical(url: str) -> tuple[str, str]:
    if len(url) > MAX_URL or UNPRINTABLE.search(url):
        raise ValueError
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise ValueError
    site = host_of(_without_port(parts.netloc))
    port = "" if parts.port is None or parts.port in USUAL_PORTS else f":{parts.port}"
    path, query, fragment = _path(parts.path), _query(parts.query), _route(parts.fragment)
    return f"{site}{port}{path}{query and '?'}{query}{fragment and '#'}{fragment}", site


def _without_port(netloc: str) -> str:
    if netloc.startswith("["):
        host, _, rest = netloc.partition("]")
        if rest and not rest.startswith(":"):
            raise ValueError
        return f"{host}]"
    return netloc.partition(":")[0]


def _path(path: str) -> str:
    kept: list[str] = []
    for segment in _escaped(path, IN_PATH).split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "".join(f"/{segment}" for segment in kept).rstrip("/")


def _query(query: str) -> str:
    """Sorted by name; those of one name stay in their order, which may mean something."""
    fields = [_escaped(field.replace("+", " "), IN_QUERY) for field in query.split("&") if field]
    named = [(field.partition("=")[0], field) for field in fields]
    kept = [(name, field) for name, field in named if not _follows(name.lower())]
    return "&".join(field for _, field in sorted(kept, key=lambda each: each[0]))


def _follows(name: str) -> bool:
    return name in TRACKING or name.startswith(TRACKING_PREFIX)


def _route(fragment: str) -> str:
    """A fragment, if it is where an application in the page keeps its path; else it is a place on the same page."""
    if not fragment.startswith(("/", "!")):
        return ""
    route = _escaped(fragment, IN_FRAGMENT).rstrip("/")
    return "" if route == "!" else route


def _escaped(text: str, safe: str) -> str:
    """Escapes only where they are needed, in one spelling."""
    return quote(ESCAPE.sub(_escape, text), safe=safe)


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"
    character = chr(int(found[1], 16))
    return character if character in UNRESERVED else found[0].upper()

"""What people may have us fetch: how a URL must look, how much may come, and what can go wrong on the way."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple

import httpx

from chassis.errors import FieldViolation, InvalidInput
from services.jobs.domain import Failure

MAX_URL = 2048
MAX_PORT = 65_535
SCHEMES = ("http", "https")
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*\Z")
# A last label that is a number makes the whole an address: 127.1, 2130706433, 0x7f.0.0.1.
NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\Z")
USERINFO = re.compile(r"[^/?#]*//[^/?#]*@")

ADDRESS_REFUSED = Failure("ADDRESS_REFUSED", "That address is not one that may be asked.", False)
URL_REFUSED = Failure("URL_INVALID", "That is not a URL of http or https that can be fetched.", False)
DOWNLOAD_TOO_LARGE = Failure("DOWNLOAD_TOO_LARGE", "What is there is larger than may be fetched.", False)
DOWNLOAD_FAILED = Failure("DOWNLOAD_FAILED", "It could not be fetched: the server is away, slow, or broke off.", True)
DOWNLOAD_REFUSED = Failure("DOWNLOAD_REFUSED", "The server does not give it to us.", False)
TOO_MANY_REDIRECTS = Failure("TOO_MANY_REDIRECTS", "It was sent on from one place to the next too often.", False)


class UrlInvalid(InvalidInput):
    """It must be a URL of http or https, without user name and password"""

    reason = "URL_INVALID"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come, and how long it may take."""

    # Of the body: as it is sent, and as it is once unpacked.
    max_bytes: int = 25 << 20
    # For all of it, redirects included.
    seconds: float = 60.0
    # Without a byte, and for a connection.
    idle_seconds: float = 10.0
    redirects: int = 5
    # Whoever reads it stops by then: what says that it is larger is not refused.
    beginning: bool = False


class Fetched(NamedTuple):
    """What came."""

    final_url: str
    # In small letters and without parameters; empty if the server did not say.
    media_type: str
    size: int


def check(url: str, field: str = "url") -> str:
    """The URL as it will be asked for; UrlInvalid, which names the field, if it never can be.

    Only the text counts: nothing is looked up.
    """
    try:
        return str(parsed(url))
    except UrlInvalid as error:
        raise UrlInvalid(fields=(FieldViolation(field, error.message),)) from None


def parsed(url: str) -> httpx.URL:
    """The URL, with a host in the one way to write it, and without a fragment."""
    try:
        read = httpx.URL(url)
        # A name may end in a dot, but certificates and allow lists have it without.
        host = read.raw_host.decode("ascii").removesuffix(".")
        if len(url) > MAX_URL or read.scheme not in SCHEMES or USERINFO.match(url) or not _is_host(host):
            raise UrlInvalid
        if read.port is not None and not 0 < read.port <= MAX_PORT:
            raise UrlInvalid
        return read.copy_with(host=host, fragment=None)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UrlInvalid from error


def _is_host(host: str) -> bool:
    if ":" in host:  # it stood in brackets, and was read as IPv6
        return "%" not in host
    if NUMBER.match(host):
        return _is_ipv4(host)
    return NAME.match(host) is not None


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False

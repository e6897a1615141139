"""Responses that are files (google.api.HttpBody): the headers that they have of their own."""

import hashlib
import re

from gateway.edge import PRIVATE
from gateway.errors import Headers

NOT_MODIFIED = 304
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*", re.ASCII)
_NAME = re.compile(r"; ?name=([\w.-]+)", re.ASCII)
# Whatever is in a file, it runs nowhere as a page of ours.
SANDBOX = (b"content-security-policy", b"sandbox; default-src 'none'")
NO_STORE: Headers = [each for each in PRIVATE if each[0] == b"cache-control"]


def file_headers(content_type: str) -> Headers:
    """Never shown as a page of ours: a browser saves it, under the name that a parameter `name` of the type gives."""
    known = content_type if _MEDIA_TYPE.fullmatch(content_type) else "application/octet-stream"
    name = _NAME.search(known)
    disposition = f'attachment; filename="{name[1]}"' if name else "attachment"
    return [
        (b"content-type", _NAME.sub("", known).encode()),
        (b"content-disposition", disposition.encode()),
        SANDBOX,
    ]


def etag_of(data: bytes) -> bytes:
    """Of a file that may be kept, as it stands in the header."""
    return b'"' + hashlib.sha256(data).hexdigest()[:32].encode() + b'"'


def is_known(etag: bytes, if_none_match: str) -> bool:
    """Whether the client has it already, by its header If-None-Match."""
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return not known.isdisjoint({etag.decode(), "*"})

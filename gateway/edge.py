"""What holds for every request before anybody looks at what it asks: who is at the door, how often, how much."""

import math
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import CairnError
from chassis.identity import Identity
from chassis.limits import Bucket, Limits
from chassis.telemetry import request_id
from gateway.errors import Headers, HttpError
from gateway.settings import EdgeSettings

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
# Request headers that go on to the services, as gRPC metadata.
FORWARDED = ("authorization", "x-cairn-workspace", "x-cairn-user", "x-cairn-features", "traceparent")
ALLOWED_HEADERS = (
    b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, "
    b"traceparent, x-cairn-features, x-cairn-user, x-cairn-workspace, x-request-id"
)
EXPOSED_HEADERS = (
    b"content-disposition, etag, idempotent-replayed, location, ratelimit-limit, ratelimit-remaining, ratelimit-reset, "
    b"retry-after, x-request-id"
)
PREFLIGHT_SECONDS = b"7200"
SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
# What an API answers is for the caller alone, and no page. It is never kept: content that was deleted, or may no longer
# be seen, must not come back from a cache.
PRIVATE: Headers = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_METADATA = re.compile(r"[\x20-\x7e]*")


class ClientGone(Exception):
    """The client went away before its request was complete."""


@dataclass(slots=True)
class Request:
    """One HTTP request. `extra` collects headers for its answer, whatever that will be."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    address: str
    id: str
    receive: Receive
    extra: Headers = field(default_factory=list)

    @classmethod
    def of(cls, scope: MutableMapping[str, Any], receive: Receive) -> "Request":
        """From an ASGI scope."""
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name = raw.decode("latin-1")
            known = headers.get(name)
            headers[name] = value.decode("latin-1") if known is None else f"{known}, {value.decode('latin-1')}"
        client = scope.get("client")
        known_id = request_id(headers.get("x-request-id"))
        path = scope["raw_path"].decode("ascii", "surrogateescape")
        address = client[0] if client else ""
        return cls(scope["method"], path, scope["query_string"], headers, address, known_id, receive)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What the services are told of it."""
        headers = self.headers
        sent = [(name, headers[name]) for name in FORWARDED if name in headers]
        for name, value in sent:
            if not _METADATA.fullmatch(value):
                raise HttpError(400, "HEADER_INVALID", f"The header {name} must be printable ASCII")
        return (*sent, ("x-request-id", self.id))

    async def body(self, limit: int) -> bytes:
        """All of the body, if it is within the limit."""
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
            if not message.get("more_body"):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class Edge:
    """Cross-origin rules and rate limits."""

    def __init__(self, settings: EdgeSettings, identity: Identity, limits: Limits) -> None:
        """`identity` only tells whose bucket to take from: the services themselves refuse bad credentials."""
        self._settings = settings
        self._identity = identity
        self._limits = limits
        self._by_user = Bucket("gateway-user", settings.user_rate_limit, settings.user_rate_limit, 60)
        self._by_address = Bucket("gateway-address", settings.address_rate_limit, settings.address_rate_limit, 60)

    def cross_origin(self, request: Request) -> Headers:
        """Headers that let pages of an allowed origin read the answer. Cookies are never part of it."""
        origins = self._settings.cors_origins
        origin = request.headers.get("origin")
        if not origins:
            return []
        vary = (b"vary", b"origin")
        if origin is None or not (origin in origins or "*" in origins):
            return [vary]
        allowed = b"*" if "*" in origins else origin.encode("latin-1")
        return [(b"access-control-allow-origin", allowed), (b"access-control-expose-headers", EXPOSED_HEADERS), vary]

    def preflight(self, request: Request, methods: bytes) -> Headers:
        """The answer to a browser that asks what it may send."""
        is_allowed = any(name == b"access-control-allow-origin" for name, _ in request.extra)
        if "access-control-request-method" not in request.headers or not is_allowed:
            return [(b"allow", methods)]
        return [
            (b"allow", methods),
            (b"access-control-allow-methods", methods),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        ]

    async def admit(self, request: Request) -> None:
        """Take a token for this request; raises HttpError where there is none."""
        bucket, key = await self._bucket(request)
        decision = await self._limits.take(bucket, key)
        request.extra += [
            (b"ratelimit-limit", b"%d" % decision.limit),
            (b"ratelimit-remaining", b"%d" % max(0, decision.remaining)),
            (b"ratelimit-reset", b"%d" % math.ceil(decision.reset_after)),
        ]
        if not decision.allowed:
            raise HttpError(429, "RATE_LIMITED", "Too many requests", retry_after=decision.retry_after)

    async def _bucket(self, request: Request) -> tuple[Bucket, str]:
        headers = request.headers
        credential = (headers.get(name, "") for name in ("authorization", "x-cairn-workspace", "x-cairn-user"))
        try:
            caller = await self._identity.identify(*credential)
        except CairnError:
            # A bad credential, or no keys to verify it with: the service says which.
            caller = None
        if caller is None:
            return self._by_address, self._address(request)
        return self._by_user, caller.key

    def _address(self, request: Request) -> str:
        """The address that the outermost of our own proxies saw; without proxies, the one that connected."""
        hops = self._settings.trusted_proxy_hops
        sent = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
        return sent[-hops] if 0 < hops <= len(sent) else request.address


def _too_large(limit: int) -> HttpError:
    return HttpError(413, "BODY_TOO_LARGE", f"The body may have {limit} bytes")

"""The gateway as an ASGI application: finds the route of a request, has it translated, called and answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from structlog.contextvars import bind_contextvars

from gateway.contract import Binding, Contract, Method, Policy
from gateway.decode import Decoders
from gateway.edge import PRIVATE, SECURITY, ClientGone, Edge, Request
from gateway.encode import Encoders
from gateway.envelope import HTTP_BODY, JSON, NO_CONTENT, Answer, Answers, has_text
from gateway.errors import Headers, HttpError, from_rpc, internal
from gateway.file_streams import Files
from gateway.files import NOT_MODIFIED
from gateway.forms import is_form
from gateway.openapi_rules import rules_of
from gateway.request import Requests
from gateway.routes import Match, Routes
from gateway.settings import EdgeSettings
from gateway.streams import Send, Streams
from gateway.templates import Template
from gateway.uploads import Uploads
from gateway.upstreams import Backends, Outgoing, Upstreams

Page = Callable[[], Awaitable[Answer]]
Scope = MutableMapping[str, Any]

DURATION = "google.protobuf.Duration"
# Behind the HTTP method in the routes, where the body is a form.
WITH_FORM = " with a form"


@dataclass(frozen=True, slots=True)
class Route:
    """All that answers one binding of one method."""

    method: Method
    binding: Binding
    requests: Requests
    answers: Answers
    streams: Streams | Files | None
    uploads: Uploads | None
    upstreams: tuple[str, ...]
    body_limit: int
    # Seconds that the method may be asked to wait before it answers, beside what it takes.
    longest_wait: float


def routes_of(backends: Backends, settings: EdgeSettings, stopping: asyncio.Event) -> Routes[Route]:
    """The routes of all methods that somebody serves. `stopping` ends streams."""
    encoders, decoders = Encoders(backends.contract.pool), Decoders(backends.contract.pool)
    resource_paths = _resource_paths(backends.methods())
    routes: Routes[Route] = Routes()
    for method in backends.methods():
        upstreams = backends.served_by[method.service]
        service_only = method.policy.audience == Policy.AUDIENCE_SERVICE
        for binding in method.bindings:
            requests = Requests(method, binding, decoders)
            takes_form = method.policy.http.multipart
            route = Route(
                method,
                binding,
                requests,
                Answers(method, encoders, resource_paths),
                _streams(method, encoders, stopping),
                Uploads(method, requests, settings.upload_limit) if takes_form else None,
                upstreams if method.policy.broadcast else upstreams[:1],
                settings.service_body_limit if service_only else settings.body_limit,
                _longest_wait(backends.contract, method),
            )
            routes.add(binding.verb + WITH_FORM * takes_form, binding.template, route)
    return routes


def _streams(method: Method, encoders: Encoders, stopping: asyncio.Event) -> Streams | Files | None:
    if not method.streams:
        return None
    return Files(method) if method.output.full_name == HTTP_BODY else Streams(method, encoders, stopping)


def _longest_wait(contract: Contract, method: Method) -> float:
    """How long a request may tell the method to wait: the largest value of its field `wait`, in seconds."""
    field = method.input.fields_by_name.get("wait")
    if field is None or not field.message_type or field.message_type.full_name != DURATION:
        return 0.0
    return float(rules_of(contract.options.get(field.full_name)).duration.lte.seconds)


def _resource_paths(methods: Iterable[Method]) -> dict[str, Template]:
    """For each kind of resource, the path at which one is read by its id."""
    paths: dict[str, Template] = {}
    for method in methods:
        for binding in method.bindings if has_text(method.output, "id") and not method.streams else ():
            if binding.verb == "GET" and len(binding.template.variables) == 1:
                paths.setdefault(method.output.full_name, binding.template)
    return paths


class Gateway:
    """Answers HTTP requests."""

    def __init__(self, routes: Routes[Route], pages: Mapping[str, Page], edge: Edge, upstreams: Upstreams) -> None:
        """`pages` stand beside the routes: health and documentation, free of limits."""
        self._routes = routes
        self._pages = pages
        self._edge = edge
        self._upstreams = upstreams

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Scope]], send: Send) -> None:
        """Answer one request."""
        request = Request.of(scope, receive)
        bind_contextvars(request_id=request.id)
        request.extra += [(b"x-request-id", request.id.encode()), *self._edge.cross_origin(request)]
        try:
            answer = await self._answer(request, send)
        except HttpError as error:
            answer = _failure(error, request)
        except ClientGone:
            return
        except Exception:  # noqa: BLE001 - the outermost: nothing may pass
            structlog.get_logger().exception("unexpected error", path=request.path)
            answer = _failure(internal(), request)
        if answer:
            await _send(answer, request, send)

    async def _answer(self, request: Request, send: Send) -> Answer | None:
        """The answer; None where a stream has been sent already."""
        page = self._pages.get(request.path)
        if page and request.method in ("GET", "HEAD"):
            return await page()
        match = self._find(request)
        if match and request.method == "OPTIONS":
            return Answer(NO_CONTENT, self._edge.preflight(request, _allowed(match)))
        await self._edge.admit(request)
        if match is None:
            raise HttpError(404, "ROUTE_NOT_FOUND", "There is nothing at this path")
        route, variables = _route(match, request)
        if route.uploads:
            return route.answers.answer(await self._upload(route, route.uploads, variables, request))
        body = await request.body(route.body_limit) if route.binding.body else b""
        message = route.requests.build(variables, request.query, body, request.headers)
        safe = route.binding.verb == "GET"
        outgoing = Outgoing(route.method.path, message, request.metadata(), safe, route.longest_wait)
        if route.streams:
            call = self._upstreams.stream(route.upstreams[0], outgoing)
            await route.streams.relay(call, request, send, [*SECURITY, *request.extra])
            return None
        known = request.headers.get("if-none-match", "")
        return route.answers.answer(await self._call(route, outgoing), known)

    async def _call(self, route: Route, outgoing: Outgoing) -> bytes:
        with _failures_told(route.method):
            if len(route.upstreams) == 1:
                return await self._upstreams.call(route.upstreams[0], outgoing)
            return await self._upstreams.broadcast(route.upstreams, outgoing)

    async def _upload(self, route: Route, uploads: Uploads, variables: Mapping[str, str], request: Request) -> bytes:
        metadata = request.metadata()
        with _failures_told(route.method):
            return await uploads.relay(
                request, variables, lambda: self._upstreams.upload(route.upstreams[0], route.method.path, metadata)
            )

    def _find(self, request: Request) -> Match[Route] | None:
        if request.path in self._pages:
            raise HttpError(405, "METHOD_NOT_ALLOWED", "Only GET here", headers=[(b"allow", b"GET, HEAD")])
        try:
            return self._routes.find(request.path)
        except UnicodeDecodeError:
            raise HttpError(400, "MALFORMED_PATH", "The path is not UTF-8") from None


@contextmanager
def _failures_told(method: Method) -> Iterator[None]:
    """Turn a call's error into the answer that tells of it."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        problem = from_rpc(error, "meta." if method.policy.http.multipart else "")
        if problem.status >= 500:  # noqa: PLR2004 - a class of statuses
            structlog.get_logger().warning(
                "call failed", method=method.path, code=error.code().name, detail=error.details()
            )
        raise problem from error


def _route(match: Match[Route], request: Request) -> tuple[Route, dict[str, str]]:
    method = request.method
    form = method + WITH_FORM
    # What takes a form and nothing else says so to any other body.
    if form in match.methods and (is_form(request.headers) or method not in match.methods):
        method = form
    if method == "HEAD" and not any(route.streams for _, route in match.methods.values()):
        method = "GET"
    if method not in match.methods:
        message = f"{request.method} is not allowed here"
        raise HttpError(405, "METHOD_NOT_ALLOWED", message, headers=[(b"allow", _allowed(match))])
    template, route = match.methods[method]
    return route, template.values(match.segments)


def _allowed(match: Match[Route]) -> bytes:
    methods = {*(name.removesuffix(WITH_FORM) for name in match.methods), "OPTIONS"}
    if "GET" in methods and not match.methods["GET"][1].streams:
        methods.add("HEAD")
    return ", ".join(sorted(methods)).encode()


def _failure(error: HttpError, request: Request) -> Answer:
    return Answer(error.status, [JSON, *error.all_headers()], error.body(request.id))


async def _send(answer: Answer, request: Request, send: Send) -> None:
    has_body = answer.status not in (NO_CONTENT, NOT_MODIFIED)
    length: Headers = [(b"content-length", b"%d" % len(answer.body))] if has_body else []
    names = {name for name, _ in answer.headers}
    defaults = [each for each in (*PRIVATE, *SECURITY) if each[0] not in names]
    headers = [*answer.headers, *length, *defaults, *request.extra]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = b"" if request.method == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})

"""From the status of a service to the answer over HTTP."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from gateway.contract import Contract
from gateway.upstreams import Outgoing, Upstreams
from tests.gateway.library import Library, library_server

Client = httpx.Client
Code = grpc.StatusCode

TABLE = [
    (Code.INVALID_ARGUMENT, 400, "VALIDATION_ERROR"),
    (Code.OUT_OF_RANGE, 400, "VALIDATION_ERROR"),
    (Code.UNAUTHENTICATED, 401, "UNAUTHORIZED"),
    (Code.PERMISSION_DENIED, 403, "FORBIDDEN"),
    (Code.NOT_FOUND, 404, "NOT_FOUND"),
    (Code.ALREADY_EXISTS, 409, "CONFLICT"),
    (Code.ABORTED, 409, "CONFLICT"),
    (Code.FAILED_PRECONDITION, 412, "PRECONDITION_FAILED"),
    (Code.RESOURCE_EXHAUSTED, 429, "RATE_LIMIT"),
    (Code.UNIMPLEMENTED, 501, "NOT_IMPLEMENTED"),
    (Code.UNAVAILABLE, 503, "UNAVAILABLE"),
    (Code.DEADLINE_EXCEEDED, 504, "TIMEOUT"),
    (Code.INTERNAL, 500, "INTERNAL_ERROR"),
    (Code.UNKNOWN, 500, "INTERNAL_ERROR"),
    (Code.DATA_LOSS, 500, "INTERNAL_ERROR"),
]


def fail(client: Client, code: Code, *details: Message, message: str = "Told") -> httpx.Response:
    packed = [any_pb2.Any() for _ in details]
    for each, detail in zip(packed, details, strict=True):
        each.Pack(detail)
    status = status_pb2.Status(code=code.value[0], message=message, details=packed)
    return client.post("/v1/fail", json={"status": base64.b64encode(status.SerializeToString()).decode()})


@pytest.mark.parametrize(("grpc_code", "status", "code"), TABLE)
def test_the_table(client: Client, grpc_code: Code, status: int, code: str) -> None:
    answer = fail(client, grpc_code, error_details_pb2.ErrorInfo(reason="THE_REASON", domain="cairn"))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    told = ("INTERNAL_ERROR", "Internal error") if status == 500 else ("THE_REASON", "Told")
    assert (error["reason"], error["message"]) == told
    assert ("retry-after" in answer.headers) == (status in (429, 503))


@pytest.mark.parametrize(("grpc_code", "status", "code"), TABLE)
def test_text_that_is_not_meant_for_clients_is_not_told(
    client: Client, grpc_code: Code, status: int, code: str
) -> None:
    answer = client.post("/v1/fail", json={"code": grpc_code.value[0], "message": "10.0.0.1: secret"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "secret" not in answer.text


def test_the_whole_envelope(client: Client) -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="targets[2].message_id", description="too long")
    info = error_details_pb2.ErrorInfo(reason="VALIDATION_FAILED", domain="cairn")
    answer = fail(client, Code.INVALID_ARGUMENT, info, error_details_pb2.BadRequest(field_violations=[violation]))
    assert answer.json() == {
        "status": "error",
        "sys": {"entity": "error"},
        "error": {
            "code": "VALIDATION_ERROR",
            "reason": "VALIDATION_FAILED",
            "message": "Told",
            "details": [{"field": "targets[2].messageId", "message": "too long"}],
            "requestId": answer.headers["x-request-id"],
        },
    }


def test_a_reason_with_a_status_of_its_own(client: Client) -> None:
    answer = fail(client, Code.INVALID_ARGUMENT, error_details_pb2.ErrorInfo(reason="IDEMPOTENCY_KEY_REUSED"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "UNPROCESSABLE")


@pytest.mark.parametrize(("delay", "seconds"), [(0, "1"), (400_000_000, "1"), (2_100_000_000, "3")])
def test_how_long_to_wait(client: Client, delay: int, seconds: str) -> None:
    duration = duration_pb2.Duration()
    duration.FromNanoseconds(delay)
    answer = fail(client, Code.RESOURCE_EXHAUSTED, error_details_pb2.RetryInfo(retry_delay=duration))
    assert answer.headers["retry-after"] == seconds


async def test_a_service_that_goes_and_comes_back(contract: Contract) -> None:
    library = Library(contract)
    server, port = await library_server(library)
    upstreams = Upstreams({"library": f"127.0.0.1:{port}"}, timeout=5)
    call = Outgoing("/library.v1.Library/CountBooks", b"", ())
    try:
        assert await upstreams.call("library", call)
        await server.stop(0)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await upstreams.call("library", call)
        assert caught.value.code() == Code.UNAVAILABLE
        assert await upstreams.health() == {"library": "unreachable"}
        server, _ = await library_server(library, port)
        assert await _until_answered(upstreams, call)
    finally:
        await upstreams.aclose()
        await server.stop(0)


class Refusing:
    """What makes the calls of a test: refuses them for a reason, and remembers how long each was given."""

    def __init__(self, *reasons: str, seconds: float = 0.0) -> None:
        """A reason for each call, after which calls are answered; each takes so long."""
        self.reasons = list(reasons)
        self.seconds = seconds
        self.given: list[float] = []

    async def __call__(self, _request: bytes, **options: Any) -> bytes:
        """One call."""
        self.given.append(options["timeout"])
        await asyncio.sleep(self.seconds)
        if not self.reasons:
            return b"answer"
        packed = any_pb2.Any()
        packed.Pack(error_details_pb2.ErrorInfo(reason=self.reasons.pop(0)))
        told = status_pb2.Status(code=Code.UNAVAILABLE.value[0], message="Told", details=[packed])
        details = grpc.aio.Metadata(("grpc-status-details-bin", told.SerializeToString()))
        raise grpc.aio.AioRpcError(Code.UNAVAILABLE, grpc.aio.Metadata(), details)


@pytest.fixture
async def upstreams() -> AsyncIterator[Upstreams]:
    """Calls that may take five seconds, to nobody."""
    upstreams = Upstreams({"library": "127.0.0.1:1"}, timeout=5)
    yield upstreams
    await upstreams.aclose()


async def test_both_tries_of_a_read_share_their_time(upstreams: Upstreams) -> None:
    read = Outgoing("/read", b"", (), safe=True, longest_wait=1.0)
    method = upstreams._calls["library", "/read"] = Refusing("AWAY", seconds=0.1)  # type: ignore[assignment]
    assert await upstreams.call("library", read) == b"answer"
    first, second = method.given
    assert first == 6.0
    assert 4.0 < second <= 5.9


async def test_a_read_that_took_too_long_is_not_tried_again(upstreams: Upstreams) -> None:
    read = Outgoing("/read", b"", (), safe=True)
    method = upstreams._calls["library", "/read"] = Refusing("DATABASE_BUSY")  # type: ignore[assignment]
    with pytest.raises(grpc.aio.AioRpcError):
        await upstreams.call("library", read)
    assert method.given == [5.0]


async def _until_answered(upstreams: Upstreams, call: Outgoing) -> bytes:
    safe = Outgoing(call.path, call.request, call.metadata, safe=True)
    for _ in range(60):
        with contextlib.suppress(grpc.aio.AioRpcError):
            return await upstreams.call("library", safe)
    return b""


async def test_a_broadcast_reaches_all_and_needs_all(contract: Contract) -> None:
    libraries = [Library(contract), Library(contract)]
    servers = [await library_server(library) for library in libraries]
    upstreams = Upstreams({str(n): f"127.0.0.1:{port}" for n, (_, port) in enumerate(servers)}, timeout=5)
    request: Any = libraries[0].new("ImportBooksRequest", books=[{"id": "1"}]).SerializeToString()
    call = Outgoing("/library.v1.Library/ImportBooks", request, ())
    try:
        assert (
            await upstreams.broadcast(("0", "1"), call)
            == libraries[0].new("CountBooksResponse", count=1).SerializeToString()
        )
        assert [len(library.seen) for library in libraries] == [1, 1]
        await servers[1][0].stop(0)
        with pytest.raises(grpc.aio.AioRpcError):
            await upstreams.broadcast(("0", "1"), call)
    finally:
        await upstreams.aclose()
        for server, _ in servers:
            await server.stop(0)

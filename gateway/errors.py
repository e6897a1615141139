"""From any failure to the HTTP answer that tells of it: the one table, and the body that all errors share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
import orjson
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from gateway.names import camel_path
from gateway.scalars import FieldError

Headers = list[tuple[bytes, bytes]]
Code = grpc.StatusCode

# Status, code, and the message where a service gave none that is meant for clients.
TABLE: dict[Code, tuple[int, str, str]] = {
    Code.INVALID_ARGUMENT: (400, "VALIDATION_ERROR", "The request is not valid"),
    Code.OUT_OF_RANGE: (400, "VALIDATION_ERROR", "The request is not valid"),
    Code.UNAUTHENTICATED: (401, "UNAUTHORIZED", "A valid credential is required"),
    Code.PERMISSION_DENIED: (403, "FORBIDDEN", "You may not do this"),
    Code.NOT_FOUND: (404, "NOT_FOUND", "Not found"),
    Code.ALREADY_EXISTS: (409, "CONFLICT", "It exists already"),
    Code.ABORTED: (409, "CONFLICT", "It was changed at the same time"),
    Code.FAILED_PRECONDITION: (412, "PRECONDITION_FAILED", "It is not in the state that the request asks for"),
    Code.RESOURCE_EXHAUSTED: (429, "RATE_LIMIT", "A limit is reached"),
    Code.UNIMPLEMENTED: (501, "NOT_IMPLEMENTED", "Not implemented"),
    Code.UNAVAILABLE: (503, "UNAVAILABLE", "The service is away for a moment"),
    Code.CANCELLED: (503, "UNAVAILABLE", "The service is away for a moment"),
    Code.DEADLINE_EXCEEDED: (504, "TIMEOUT", "The service did not answer in time"),
}
INTERNAL = (500, "INTERNAL_ERROR", "Internal error")
# Reasons that have an HTTP status of their own.
BY_REASON = {"IDEMPOTENCY_KEY_REUSED": (422, "UNPROCESSABLE")}
# Errors of HTTP itself: reason, and what it is called.
BY_STATUS = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "TIMEOUT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMIT",
    503: "UNAVAILABLE",
}
RETRY_LATER = (429, 503)


@dataclass
class HttpError(Exception):
    """A failed request. `reason` is promised to clients, `details` are field and message."""

    status: int
    reason: str
    message: str
    code: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)
    headers: Headers = field(default_factory=list)
    retry_after: float = 0.0

    def body(self, request_id: str) -> bytes:
        """The JSON of our envelope."""
        return orjson.dumps(
            {
                "status": "error",
                "sys": {"entity": "error"},
                "error": {
                    "code": self.code or BY_STATUS[self.status],
                    "reason": self.reason,
                    "message": self.message,
                    "details": [{"field": name, "message": message} for name, message in self.details],
                    "requestId": request_id,
                },
            }
        )

    def all_headers(self) -> Headers:
        """Its own headers, and how long to wait where waiting helps."""
        if self.status not in RETRY_LATER:
            return self.headers
        return [*self.headers, (b"retry-after", str(max(1, math.ceil(self.retry_after))).encode())]


def invalid(problem: FieldError) -> HttpError:
    """A value that does not fit its field."""
    field_name = camel_path(problem.field)
    message = f"{field_name or 'body'}: {problem.message}"
    return HttpError(400, "VALIDATION_FAILED", message, "VALIDATION_ERROR", [(field_name, problem.message)])


def internal() -> HttpError:
    """Something that nobody expected; nothing of it is told."""
    status, code, message = INTERNAL
    return HttpError(status, code, message, code)


def from_rpc(error: grpc.aio.AioRpcError, within: str = "") -> HttpError:
    """The answer for a failed call; `within` stands before a field's name in the contract, and not in HTTP."""
    status, code, message = TABLE.get(error.code(), INTERNAL)
    problem = HttpError(status, error.code().name if status < INTERNAL[0] else code, message, code)
    if status != INTERNAL[0]:
        _add_details(problem, _details(error), within)
    return problem


def _details(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    try:
        return status_pb2.Status.FromString(packed if isinstance(packed, bytes) else b"")
    except DecodeError:
        return status_pb2.Status()


def _add_details(problem: HttpError, status: status_pb2.Status, within: str) -> None:
    for detail in status.details:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        violations = error_details_pb2.BadRequest()
        if detail.Unpack(info):
            # Only a service of ours gives a reason; text without one may tell of addresses and libraries.
            problem.reason, problem.message = info.reason, status.message
            problem.status, problem.code = BY_REASON.get(info.reason, (problem.status, problem.code))
        elif detail.Unpack(retry):
            problem.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
        elif detail.Unpack(violations):
            names = {each.field: camel_path(each.field.removeprefix(within)) for each in violations.field_violations}
            problem.details += [(names[each.field], each.description) for each in violations.field_violations]
            problem.message = _in_camel_case(problem.message, names)


def _in_camel_case(message: str, names: Mapping[str, str]) -> str:
    """The message of an error often begins with the name of a field, as the contract has it."""
    name, colon, text = message.partition(":")
    return f"{names[name]}:{text}" if colon and name in names else message

"""From an error to the gRPC status that tells of it: the one table, and the interceptor that applies it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from chassis import errors
from chassis.interceptors import Call

DOMAIN = "cairn"
# A status travels in metadata, of which clients take 8 KiB: beyond that they would see another error instead.
MAX_TEXT = 200
MAX_VIOLATION_BYTES = 2500

CODES: dict[type[errors.CairnError], int] = {
    errors.InvalidInput: code_pb2.INVALID_ARGUMENT,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.AlreadyExists: code_pb2.ALREADY_EXISTS,
    errors.Conflict: code_pb2.ABORTED,
    errors.PreconditionFailed: code_pb2.FAILED_PRECONDITION,
    errors.Forbidden: code_pb2.PERMISSION_DENIED,
    errors.Unauthenticated: code_pb2.UNAUTHENTICATED,
    errors.LimitReached: code_pb2.RESOURCE_EXHAUSTED,
    errors.Unavailable: code_pb2.UNAVAILABLE,
}


@asynccontextmanager
async def errors_told(call: Call) -> AsyncIterator[None]:
    """Tell the caller of named errors as they are, and of anything else only that it happened."""
    try:
        yield
    except errors.CairnError as error:
        await _abort(call, to_status(error))
    except grpc.aio.AbortError:
        raise
    except NotImplementedError:
        await _abort(call, status_pb2.Status(code=code_pb2.UNIMPLEMENTED, message="Not implemented"))
    except Exception:  # noqa: BLE001 - whatever it is, the caller must not see it
        structlog.get_logger().exception("unexpected error", method=call.method.path)
        await _abort(call, status_pb2.Status(code=code_pb2.INTERNAL, message="Internal error"))


def to_status(error: errors.CairnError) -> status_pb2.Status:
    """The google.rpc.Status of a named error, with its details."""
    code = next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    details = [_packed(each) for each in _details(error)]
    return status_pb2.Status(code=code, message=_short(error.message), details=details)


def _details(error: errors.CairnError) -> list[Message]:
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if error.fields:
        details.append(_bad_request(error.fields))
    if error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(error.retry_after * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if isinstance(error, errors.LimitReached):
        failure = error_details_pb2.QuotaFailure.Violation(subject=error.reason, description=error.message)
        details.append(error_details_pb2.QuotaFailure(violations=[failure]))
    return details


def _bad_request(fields: tuple[errors.FieldViolation, ...]) -> error_details_pb2.BadRequest:
    """The first violations: as many as there is room for."""
    bad = error_details_pb2.BadRequest()
    for each in fields:
        bad.field_violations.add(field=each.field, description=_short(each.message))
        if bad.ByteSize() > MAX_VIOLATION_BYTES:
            break
    return bad


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


async def _abort(call: Call, status: status_pb2.Status) -> None:
    call.code = status.code
    rich = rpc_status.to_status(status)
    trailing = (*rich.trailing_metadata, ("x-request-id", call.request_id))
    await call.context.abort(rich.code, rich.details, trailing)

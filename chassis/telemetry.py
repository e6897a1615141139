"""Structured logs, and the outermost interceptor: one line a call, with its request id and trace id.

Lines carry ids, names of methods and times: never message texts, tokens or request bodies.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import orjson
import structlog
from google.rpc import code_pb2
from structlog.contextvars import bind_contextvars, clear_contextvars
from structlog.typing import Processor

from chassis.interceptors import Call

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class TelemetrySettings:
    """How a process logs."""

    log_format: str = "console"
    log_level: str = "info"

    def __post_init__(self) -> None:
        """Refuse what logging does not know."""
        if self.log_format not in ("console", "json"):
            raise ValueError("CAIRN_LOG_FORMAT must be console or json")
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise ValueError("CAIRN_LOG_LEVEL must be debug, info, warning or error")


def configure(process: str, settings: TelemetrySettings) -> None:
    """Set up logging for the whole process: structlog, and the standard library's loggers through the same door."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _name, event: {"process": process, **event},
    ]
    renderer = _renderer(settings.log_format)
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler.setFormatter(formatter)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _renderer(log_format: str) -> list[Processor]:
    # Tracebacks without the values of local variables, which may be what people wrote to each other.
    if log_format == "console":
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    bare = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(bare), structlog.processors.JSONRenderer(serializer=_dumps)]


def _dumps(value: Any, **options: Any) -> str:
    return orjson.dumps(value, default=options.get("default")).decode()


def request_id(sent: str | None) -> str:
    """The request id a caller sent, if it is one, else a new one: 32 hexadecimal digits."""
    return sent if sent and REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def traceparent(sent: str | None) -> str:
    """The W3C traceparent header that a caller sent, to be passed on; empty where it is none."""
    return sent if sent and TRACEPARENT.fullmatch(sent) else ""


def trace_id(traceparent: str | None) -> str:
    """The trace id in a W3C traceparent header; empty where there is none."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match else ""


@asynccontextmanager
async def traced(call: Call) -> AsyncIterator[None]:
    """Give the call its request id, bind it to every log line below, and log how the call ended."""
    call.metadata = {key: value for key, value in call.context.invocation_metadata() or () if isinstance(value, str)}
    call.request_id = request_id(call.metadata.get("x-request-id"))
    call.context.set_trailing_metadata((("x-request-id", call.request_id),))
    clear_contextvars()
    bind_contextvars(request_id=call.request_id)
    if trace := trace_id(call.metadata.get("traceparent")):
        bind_contextvars(trace_id=trace)
    started = time.perf_counter()
    try:
        yield
    except grpc.aio.AbortError:
        _log(call, started)
        raise
    except BaseException:
        call.code = code_pb2.CANCELLED
        _log(call, started)
        raise
    _log(call, started)


def _log(call: Call, started: float) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    who = {"workspace": call.caller.workspace, "user": call.caller.user} if call.caller else {}
    code = code_pb2.Code.Name(call.code)
    structlog.get_logger().info("call", method=call.method.path, code=code, ms=milliseconds, **who)

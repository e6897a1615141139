"""What is written to the log, and what never is."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from chassis.errors import NotFound
from chassis.telemetry import TelemetrySettings, configure, request_id, trace_id
from tests.chassis.echo import KEY, Client, bearer, service_key, token

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = (("x-request-id", "request-1"), ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"))
SECRET = "what somebody wrote"


class Written(io.StringIO):
    """What was logged; JSON lines can be waited for, since a client has its answer before the server has said so."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def write(self, text: str) -> int:
        self.news.set()
        return super().write(text)

    async def lines(self, number: int) -> list[dict[str, Any]]:
        """The next lines, when there are as many."""
        async with asyncio.timeout(10):
            while len(found := self.getvalue().splitlines()) < number:
                self.news.clear()
                await self.news.wait()
        self.truncate(0)
        self.seek(0)
        return [json.loads(line) for line in found]


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Written]]:
    """Sets up logging for one test, and gives what it writes to."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    def set_up(log_format: str, log_level: str) -> Written:
        written = Written()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", written)
            configure("tests", TelemetrySettings(log_format, log_level))
        return written

    yield set_up
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def log(configured: Callable[..., Written]) -> Written:
    """A log of JSON lines."""
    return configured("json", "info")


async def test_a_call_is_one_line(echo: Client, log: Written) -> None:
    await echo.call("User", metadata=(*bearer(), *SENT))
    (line,) = await log.lines(1)
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "call",
        "level": "info",
        "process": "tests",
        "method": "/echo.v1.Echo/User",
        "code": "OK",
        "request_id": "request-1",
        "trace_id": TRACE,
        "workspace": "w",
        "user": "ann",
    }


@pytest.mark.parametrize("kind", ["User", "Watch", "Gather", "Chat"])
async def test_a_call_that_fails_is_a_line_with_its_code(echo: Client, log: Written, kind: str) -> None:
    echo.echo.failure = NotFound(SECRET)
    refusal = await echo.refused(kind, metadata=(*bearer(), *SENT))
    (line,) = await log.lines(1)
    assert (line["code"], line["request_id"]) == ("NOT_FOUND", "request-1")
    assert refusal.trailing["x-request-id"] == "request-1"


async def test_every_answer_carries_the_request_id(echo: Client, log: Written) -> None:
    for sent in ((), (("x-request-id", "not one"),), (("traceparent", "nonsense"),)):
        refusal = await echo.refused("User", metadata=sent)
        (line,) = await log.lines(1)
        assert refusal.trailing["x-request-id"] == line["request_id"]
        assert len(line["request_id"]) == 32
        assert "trace_id" not in line


async def test_no_line_holds_what_people_write_or_how_they_are_known(echo: Client, log: Written) -> None:
    async def fail(request: Any, _call: Any) -> None:
        inner = f"{SECRET}, and {request.text}"
        raise LookupError(len(inner))

    echo.echo.answering = fail
    sent = token()
    await echo.refused("User", echo.ask(SECRET), metadata=(("authorization", f"Bearer {sent}"),))
    await echo.refused("User", echo.ask(SECRET * 2), metadata=service_key("ann"))
    logged = await log.lines(3)
    assert [line["event"] for line in logged] == ["unexpected error", "call", "call"]
    assert logged[0]["exception"][0]["exc_type"] == "LookupError"
    text = json.dumps(logged)
    for secret in (SECRET, sent, sent.split(".")[2], KEY, "locals"):
        assert secret not in text


async def test_lines_of_one_call_belong_together(echo: Client, log: Written) -> None:
    async def speak(request: Any, call: Any) -> Any:
        structlog.get_logger().info("inside")
        return echo.echo.response(text=call.request_id + request.text)

    echo.echo.answering = speak
    for number in range(2):
        await echo.call("User", metadata=(*bearer(), ("x-request-id", f"request-{number}")))
        assert [line["request_id"] for line in await log.lines(2)] == [f"request-{number}"] * 2


async def test_other_libraries_write_through_the_same_door(log: Written) -> None:
    logging.getLogger("a.library").warning("careful: %s", "hot")
    logging.getLogger("a.library").info("chatter")
    (line,) = await log.lines(1)
    assert (line["event"], line["level"], line["process"]) == ("careful: hot", "warning", "tests")


def test_a_level_says_what_is_written(configured: Callable[..., Written]) -> None:
    written = configured("console", "warning")
    structlog.get_logger().info("quiet")
    structlog.get_logger().error("loud", number=7)
    assert "quiet" not in written.getvalue()
    assert "loud" in written.getvalue()
    assert "number=7" in written.getvalue()


@pytest.mark.parametrize(("log_format", "level"), [("xml", "info"), ("json", "loud"), ("", "info")])
def test_settings_that_logging_does_not_know_are_refused(log_format: str, level: str) -> None:
    with pytest.raises(ValueError, match="CAIRN_LOG_"):
        TelemetrySettings(log_format, level)


@pytest.mark.parametrize("sent", ["a", "A-b_c.9", "x" * 128])
def test_a_request_id_that_is_one_is_kept(sent: str) -> None:
    assert request_id(sent) == sent


@pytest.mark.parametrize("sent", [None, "", "a b", "ü", "a\n", "x" * 129, '"'], ids=repr)
def test_another_gets_a_new_one(sent: str | None) -> None:
    assert len(request_id(sent)) == 32
    assert request_id(sent) != request_id(sent)


def test_a_trace_id_comes_from_its_header() -> None:
    assert trace_id(SENT[1][1]) == TRACE
    for wrong in (None, "", TRACE, f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"00-{TRACE}-00f067aa0ba902b7-01-x"):
        assert trace_id(wrong) == ""

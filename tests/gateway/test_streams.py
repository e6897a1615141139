"""Server streams as events and as lines."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import orjson
import pytest

from gateway import streams
from gateway.settings import EdgeSettings
from tests.gateway.conftest import OPEN_HANDED, Running
from tests.gateway.library import Library

Client = httpx.Client
NDJSON = {"accept": "application/x-ndjson"}


def test_events(client: Client) -> None:
    answer = client.get("/v1/watch?count=2")
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    first, second, rest = answer.text.split("\n\n")
    assert first.split("\n") == [
        "event: snapshot",
        "id: 1",
        'data: {"resumeToken":"1","event":"snapshot","number":1,"padding":""}',
    ]
    assert (second.split("\n")[:2], rest) == (["event: step", "id: 2"], "")


def test_the_last_event_id_resumes(client: Client) -> None:
    answer = client.get("/v1/watch?count=3", headers={"last-event-id": "2"})
    assert [line for line in answer.text.split("\n") if line.startswith("id")] == ["id: 3"]


def test_lines(client: Client) -> None:
    answer = client.get("/v1/watch?count=3", headers=NDJSON)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [orjson.loads(line)["number"] for line in answer.text.splitlines()] == [1, 2, 3]


def test_an_error_at_once_has_its_status(client: Client) -> None:
    answer = client.get("/v1/watch?count=1&failAt=1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert "secret" not in answer.text
    assert client.get("/v1/watch?count=x").status_code == 400


def test_a_later_error_is_the_last_event(client: Client) -> None:
    answer = client.get("/v1/watch?count=3&failAt=3")
    last = answer.text.strip().split("\n\n")[-1].split("\n")
    assert (answer.status_code, last[0]) == (200, "event: error")
    error = orjson.loads(last[1].removeprefix("data: "))["error"]
    assert (error["code"], error["requestId"]) == ("UNAVAILABLE", answer.headers["x-request-id"])
    lines = client.get("/v1/watch?count=3&failAt=3", headers=NDJSON).text.splitlines()
    assert orjson.loads(lines[-1])["status"] == "error"


def test_a_client_that_goes_ends_the_call(client: Client, library: Library) -> None:
    before = library.cancelled
    with client.stream("GET", "/v1/watch?count=1&silent=true") as answer:
        assert next(answer.iter_lines()) == "event: snapshot"
    assert until(lambda: library.cancelled == before + 1)


def test_a_client_that_does_not_read_is_not_read_for(client: Client, library: Library) -> None:
    before = library.sent
    with client.stream("GET", "/v1/watch?count=20000&size=10000") as answer:
        next(answer.iter_lines())
        until(lambda: library.sent > before + 19_000, seconds=1.5)
        assert library.sent - before < 5_000


def test_a_silent_stream_is_kept_open_by_comments(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "COMMENT_SECONDS", 0.05)
    monkeypatch.setattr(streams, "FIRST_SECONDS", 0.05)
    with gateway.client() as client, client.stream("GET", "/v1/watch?silent=true") as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(4)] == [": ", "", ": ", ""]


def test_the_end_of_the_process_ends_streams(
    run_gateway: Callable[[EdgeSettings], AbstractContextManager[Running]],
) -> None:
    path = "/v1/watch?count=1&silent=true"
    with run_gateway(OPEN_HANDED) as running, running.client() as client, client.stream("GET", path) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: snapshot"
        running.loop.call_soon_threadsafe(running.stopping.set)
        assert list(lines)[-2:] == [": the server is stopping", ""]


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()

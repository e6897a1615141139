"""A job is followed to its end over connections that break, and drawn on the way."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console

from cli import following
from cli.following import Bar, events
from cli.gateway import Gateway, Refused
from cli.problems import Unreachable

BEGIN = {"event": "snapshot", "resumeToken": "1"}
GOES_ON = {"event": "progress", "resumeToken": "2"}
END = {"event": "done", "resumeToken": "3"}
STOPPING = {"status": "error", "error": {"message": "The server is stopping", "reason": "DRAINING"}}
BUSY = {"status": "error", "error": {"message": "Away", "code": "UNAVAILABLE"}}


def test_it_goes_on_where_it_broke_off() -> None:
    with server([[BEGIN, STOPPING], [], 503, [GOES_ON], [END]]) as (gateway, asked):
        assert list(events(gateway, "7", pause_seconds=0)) == [BEGIN, GOES_ON, END]
        assert asked == ["", "1", "1", "1", "2"]


@pytest.mark.parametrize(("answers", "error"), [([503], Refused), ([404], Refused), ([[BEGIN], 404], Refused)])
def test_what_is_refused_is_told(answers: list[Any], error: type[Exception]) -> None:
    with server(answers) as (gateway, _), pytest.raises(error):
        list(events(gateway, "7", pause_seconds=0))


def test_it_gives_up_where_nothing_more_comes() -> None:
    with server([[BEGIN], *[[]] * following.TRIES]) as (gateway, asked):
        with pytest.raises(Unreachable, match="cairn jobs show 7"):
            list(events(gateway, "7", pause_seconds=0))
        assert len(asked) == following.TRIES


def test_a_stream_that_says_nothing_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.gateway.LONGEST_SILENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        gateway = Gateway(f"http://127.0.0.1:{deaf.getsockname()[1]}", {})
        with gateway, pytest.raises(Unreachable, match=r"Nothing was heard for 0\.2 seconds"):
            list(events(gateway, "7"))


def test_the_bar_says_how_far_it_is() -> None:
    told = StringIO()
    with Bar(Console(file=told, force_terminal=True, width=100)) as bar:
        bar.show({"status": "running", "progress": {"current": "1200", "total": "5000", "message": "[b]Reading"}})
    assert "[b]Reading" in told.getvalue()
    assert "1,200 of 5,000" in told.getvalue()


def test_nothing_is_drawn_where_it_is_no_terminal() -> None:
    told = StringIO()
    with Bar(Console(file=told)) as bar:
        bar.show({"status": "pending", "progress": None})
    assert told.getvalue() == ""


@contextmanager
def server(answers: list[Any]) -> Iterator[tuple[Gateway, list[str]]]:
    """A gateway that answers with these streams or statuses, one after the other; and which tokens it was sent."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers[len(asked)]
            asked.append(parse_qs(urlsplit(self.path).query).get("resumeToken", [""])[0])
            streams = isinstance(answer, list)
            self.send_response(200 if streams else answer)
            self.end_headers()
            for line in answer if streams else [BUSY]:
                self.wfile.write(json.dumps(line).encode() + b"\n")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http, ThreadPoolExecutor(1) as threads:
        threads.submit(http.serve_forever, 0.01)
        try:
            with Gateway(f"http://127.0.0.1:{http.server_port}", {}) as gateway:
                yield gateway, asked
        finally:
            http.shutdown()

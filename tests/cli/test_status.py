import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Timer
from typing import Any

import pytest
from click.testing import Result

from tests.cli.conftest import Run
from tests.conftest import Stack

WORKSPACE = "cli-status"


@pytest.fixture
def mira(run: Run) -> Iterator[Run]:
    """Commands of Mira, who says nothing at the start."""

    def call(*arguments: str) -> Result:
        return run("status", *arguments, "--user", "mira", "--workspace", WORKSPACE)

    yield call
    call("clear")
    call("pause", "--off")


def test_a_status_shows_to_oneself_and_to_others(run: Run, mira: Run) -> None:
    own = mira("set", "🎯 Focusing", "--for", "25m", "--dnd").stdout
    others = run("status", "show", "mira", "--user", "leif", "--workspace", WORKSPACE).stdout
    for expected in ("🎯 Focusing", "held"):
        assert expected in own
        assert expected in others
    assert "○ offline" in others
    assert mira("clear").stdout == "Cleared.\n"
    assert mira("show").stdout == "No status.\n"
    assert mira("clear").exit_code == 0


def test_for_scripts(mira: Run) -> None:
    data = json.loads(mira("set", "🎯 Focusing", "--for", "25m", "--dnd", "--json").stdout)
    claim = data["effective"]
    assert (claim["emoji"], claim["text"], claim["dnd"], claim["source"]) == ("🎯", "Focusing", True, "manual")
    seen = json.loads(mira("show", "mira", "--json").stdout)
    assert (seen["userId"], seen["dndUntilTime"]) == ("mira", claim["expiresTime"])
    assert json.loads(mira("show", "--json").stdout) == data
    assert json.loads(mira("clear", "--json").stdout) == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["🍵"], ("🍵", "")),
        (["Tea"], ("", "Tea")),
        (["🍵", "Tea", "and", "cake"], ("🍵", "Tea and cake")),
        (["👩‍👩‍👧‍👦 Family"], ("👩‍👩‍👧‍👦", "Family")),
        (["🇸🇪Abroad"], ("🇸🇪", "Abroad")),
        (["5 minutes 🍵"], ("", "5 minutes 🍵")),
        (["--preset", "meeting"], ("📅", "In a meeting")),
        (["--preset", "meeting", "🍵"], ("🍵", "In a meeting")),
    ],
)
def test_words_begin_with_an_emoji_or_not(mira: Run, words: list[str], said: tuple[str, str]) -> None:
    claim = json.loads(mira("set", *words, "--json").stdout)["effective"]
    assert (claim["emoji"], claim["text"]) == said


def test_a_named_end_is_in_the_zone_that_was_given(mira: Run) -> None:
    for zone, hour in (("Asia/Kolkata", "T18:29:59"), ("UTC", "T23:59:59")):
        claim = json.loads(mira("set", "Tea", "--until", "today", "--zone", zone, "--json").stdout)["effective"]
        assert hour in claim["expiresTime"]


def test_notifications_are_paused_and_pass_again(mira: Run) -> None:
    mira("set", "Tea", "--dnd")
    assert mira("pause", "30m").stdout == "Notifications are held, with no end set.\n"
    assert mira("pause", "--off").stdout == "Your status or schedule still holds them, with no end set.\n"
    mira("clear")
    assert mira("pause", "30m").stdout.startswith("Notifications are held until ")
    assert mira("pause", "--off").stdout == "Notifications pass.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("set", "--preset", "party"), 2, "'--preset': 'party' is not one of 'meeting'"),
        (("set", "Tea", "--for", "soon"), 2, "'--for': 'soon' is no length of time"),
        (("set", "Tea", "--for", "400d"), 1, "expiresIn: must be more than nothing and at most 366 days"),
        (("set", "Tea", "--for", "1h", "--until", "today"), 2, "one of --for and --until"),
        (("set", "Tea", "--until", "today", "--zone", "Mars/North"), 1, "timeZone: 'Mars/North' is no IANA time zone"),
        (("set", "🎯🍵 Tea"), 1, "emoji: exactly one emoji"),
        (("set",), 1, "text: emoji, text or dnd is required"),
        (("set", "x" * 101), 1, "text: Status text must be 100 characters or less"),
        (("pause", "soon"), 2, "'soon' is no length of time"),
        (("set", "Tea", "--url", "http://127.0.0.1:1"), 3, "Start it with `cairn up`"),
        (("watch", "--url", "http://127.0.0.1:1"), 3, "See whether `cairn up` is running"),
        (("watch", "--token", "x"), 2, "one of --user and --token"),
        (("watch", *map(str, range(1001))), 1, "userIds: "),
    ],
)
def test_mistakes_are_told_with_what_is_wrong(mira: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = mira(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output
    assert result.stdout == ""
    assert mira("show").stdout == "No status.\n"


def test_nobody_watches_nothing(run: Run) -> None:
    refused = run("status", "watch", "--token", "nonsense")
    assert (refused.exit_code, refused.stdout, "401" in refused.stderr) == (1, "", True)


def test_what_is_watched_comes_line_by_line_until_it_is_interrupted(stack: Stack, mira: Run) -> None:
    command = [sys.executable, "-m", "cli", "status", "watch", "mira", "--user", "leif", "--json"]
    environ = {**os.environ, **stack.environ, "CAIRN_URL": stack.base_url, "CAIRN_WORKSPACE": WORKSPACE}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as watching, ended(watching):
        assert watching.stdout is not None
        events = map(json.loads, watching.stdout)
        assert [next(events)["event"] for _ in range(2)] == ["snapshot", "ready"]
        mira("set", "Tea", "--for", "1s")
        assert next(events)["presence"]["text"] == "Tea"
        assert next(events)["presence"]["text"] == ""
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == 0


@contextmanager
def ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Whatever becomes of the block: a process that says nothing more is ended, so that nobody waits for it."""
    timer = Timer(15, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        process.kill()


def seen(event: str, user: str = "", text: str = "") -> dict[str, Any]:
    """A line of a stream."""
    person = {"userId": user, "emoji": "", "text": text, "dnd": False, "online": "active", "statusExpiresTime": None}
    return {"event": event, "resumeToken": "1", "presence": person if user else None}


AT_FIRST = [seen("snapshot", "ann", "Tea"), seen("snapshot", "bob"), seen("ready")]
STOPPING = {"status": "error", "error": {"message": "The server is stopping", "reason": "DRAINING"}}


@pytest.mark.parametrize(
    ("lines", "whole", "told"),
    [
        ([seen("change", "ann", "Cake")], True, "The stream ended. See whether `cairn up`"),
        ([seen("change", "ann", "Cake"), STOPPING], True, "The stream ended: The server is stopping (DRAINING)."),
        ([seen("change", "ann", "Cake")], False, "broke off (RemoteProtocolError). See whether `cairn up`"),
    ],
)
def test_a_lost_connection_is_told(mira: Run, lines: list[dict[str, Any]], whole: bool, told: str) -> None:
    with streaming([*AT_FIRST, *lines], whole=whole) as url:
        for form in ((), ("--json",)):
            result = mira("watch", *form, "--url", url)
            assert (result.exit_code, told in result.stderr) == (3, True), result.output
            assert "Cake" in result.stdout


def test_the_table_has_everybody_as_they_were_seen_last(mira: Run) -> None:
    with streaming([*AT_FIRST, seen("change", "ann", "Cake"), seen("change", "eve", "Hello")], whole=True) as url:
        rows = [line.split() for line in mira("watch", "--url", url).stdout.splitlines()]
    assert [row for row in rows if "active" in row] == [
        ["ann", "●", "active", "Cake"],
        ["bob", "●", "active"],
        ["eve", "●", "active", "Hello"],
    ]


@contextmanager
def streaming(lines: list[dict[str, Any]], *, whole: bool) -> Iterator[str]:
    """A server that streams these lines to whoever asks, and then ends the stream, or breaks it off; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Connection", "close")
            self.end_headers()
            for chunk in (json.dumps(line).encode() + b"\n" for line in lines):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if whole:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server, ThreadPoolExecutor(1) as threads:
        threads.submit(server.serve_forever, 0.01)
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cli.changes import BYTES_A_CALL, CHANGES_A_CALL, send_changes
from cli.gateway import Gateway
from tests.cli.conftest import Run

USER = '{{"user":{{"id":"u{0}","displayName":"User {0}"}}}}\n'


def test_a_file_goes_in_batches_plain_or_packed(run: Run, tmp_path: Path) -> None:
    text = "".join(USER.format(number) for number in range(2500)).encode()
    plain, packed = tmp_path / "users.ndjson", tmp_path / "users.ndjson.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    for file in (plain, packed):
        assert run("feed", "import", str(file), "--workspace", "feed").stdout == "2,500 changes taken.\n"
    assert run("feed", "import", "-", "--from-line", "2401", stdin=text).stdout == "100 changes taken.\n"


def test_a_bad_line_is_named_with_its_field(run: Run) -> None:
    lines = USER.format(1) + "\n" + USER.format(2) + '{"user":{"id":""}}\n'
    result = run("feed", "import", "-", "--workspace", "feed", stdin=lines.encode())
    assert result.exit_code == 1
    assert "Line 4: user.id: " in result.stderr
    assert "go on with --from-line 1" in result.stderr


def test_what_stands_before_a_line_that_is_no_json_is_taken(run: Run) -> None:
    for bad in ("{oops", "[]", "7"):
        result = run("feed", "import", "-", "--workspace", "feed", stdin=f"{USER.format(1)}{bad}\n".encode())
        assert result.exit_code == 1
        assert "Line 2 is no" in result.stderr
        assert "go on with --from-line 2" in result.stderr


def test_a_file_that_is_not_packed_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "plain.gz"
    file.write_text(USER.format(1))
    result = run("feed", "import", str(file))
    assert (result.exit_code, "no complete gzip file" in result.stderr) == (1, True)


def test_a_busy_gateway_is_tried_again_after_the_time_it_asks_for() -> None:
    said: list[str] = []
    with answering([(503, "0"), (429, "0"), (200, "")]) as (url, received), Gateway(url, {}) as gateway:
        assert sum(send_changes(gateway, [USER.format(1).encode()], 1, said.append)) == 1
    assert len(said) == 2
    assert received == [received[0]] * 3


def test_breaking_off_tells_where_to_go_on(run: Run) -> None:
    result = run(
        "feed", "import", "-", "--from-line", "3", "--url", "nonsense://x", stdin=(USER.format(1) * 3).encode()
    )
    assert (result.exit_code, "CAIRN_URL" in result.stderr) == (1, True)


@given(st.lists(st.integers(1, BYTES_A_CALL), max_size=20))
def test_batches_hold_every_line_once_within_the_limits(sizes: list[int]) -> None:
    lines = [json.dumps({"n": number, "t": "x" * size}).encode() for number, size in enumerate(sizes)]
    caller = Recorder()
    assert sum(send_changes(caller, lines, 1, print)) == len(lines)  # type: ignore[arg-type]
    sent = [change["n"] for body in caller.bodies for change in json.loads(body)["changes"]]
    assert sent == list(range(len(lines)))
    for body in caller.bodies:
        changes = json.loads(body)["changes"]
        assert len(changes) <= CHANGES_A_CALL
        assert len(changes) == 1 or len(body) <= BYTES_A_CALL + 2 * len(changes) + 20


class Recorder:
    """Takes every call."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def call_patiently(self, *_: object, content: bytes, **__: object) -> dict[str, object]:
        self.bodies.append(content)
        return {}


@contextmanager
def answering(answers: list[tuple[int, str]]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, each a status and a Retry-After, in turn; its address and what it got."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, retry_after = answers[len(received)]
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server, ThreadPoolExecutor(1) as threads:
        threads.submit(server.serve_forever, 0.01)
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()

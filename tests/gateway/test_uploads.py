"""A form with a file becomes a client stream: fields first, the file in chunks while it is being read."""

import hashlib
import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from httpx import Client

from gateway import uploads
from gateway.settings import EdgeSettings
from tests.gateway.conftest import OPEN_HANDED, Running
from tests.gateway.library import Library
from tests.gateway.test_streams import until

PATH = "/v1/books/b-1/scans"
FORM = "multipart/form-data; boundary=--x"
HEAD = b'Content-Disposition: form-data; name="%s"\r\n\r\n%s'
LIMIT = 200_000


def part(name: bytes, value: bytes) -> bytes:
    return HEAD % (name, value)


def file(data: bytes = b"data", name: bytes = b"a.png") -> bytes:
    return b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s' % (name, data)


def form(*parts: bytes, end: bytes = b"----x--\r\n") -> bytes:
    return b"".join(b"----x\r\n" + each + b"\r\n" for each in parts) + end


def send(client: Client, body: Any, **headers: str) -> httpx.Response:
    return client.post(PATH, content=body, headers={"content-type": FORM, **headers})


@pytest.fixture(scope="module")
def narrow(run_gateway: Callable[[EdgeSettings], AbstractContextManager[Running]]) -> Iterator[Running]:
    """A gateway that takes small files only."""
    with run_gateway(replace(OPEN_HANDED, upload_limit=LIMIT)) as running:
        yield running


def test_fields_and_file_arrive(client: Client) -> None:
    data = b"\r\n----x--\r\n" + bytes(range(256)) * 1000
    fields = {"title": "Ä b", "pages": "12", "tags": ["x", "y"], "genre": "novel", "author.born": "1800"}
    sent = {"file": ("C/é \u00fc.png", data, "image/PNG; charset=x")}
    answer = client.post(PATH, data=fields, files=sent, headers={"idempotency-key": "k-1"})
    assert answer.status_code == 202, answer.text
    scan = answer.json()["data"]
    told = {"fileName": "é ü.png", "mediaType": "image/png", "requestId": "k-1"}
    written = {"book": "b-1", "title": "Ä b", "pages": 12, "tags": ["x", "y"], "genre": "novel"}
    assert scan["meta"] == {**written, **told, "author": {"name": "", "born": 1800}}
    assert (scan["size"], scan["sha256"]) == (str(len(data)), hashlib.sha256(data).hexdigest())
    assert scan["largestChunk"] <= 64 << 10


def test_json_at_the_same_path_is_the_other_method(client: Client) -> None:
    answer = client.post(PATH, json={"url": "u"})
    assert (answer.status_code, answer.json()["data"]["meta"]["title"]) == (202, "u")
    assert client.post(PATH, content=b"a", headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/v1/covers", json={}).status_code == 415
    assert client.post("/v1/echo", files={"file": b"a"}).status_code == 415
    assert client.get(PATH).headers["allow"] == "OPTIONS, POST"


def test_an_empty_file_is_a_file(client: Client) -> None:
    scan = send(client, form(part(b"title", b"t"), file(b""))).json()["data"]
    assert (scan["size"], scan["chunks"]) == ("0", 0)


TITLE = part(b"title", b"t")
REFUSED = {
    "unknown field": (form(part(b"nope", b"1"), file()), "VALIDATION_FAILED", "nope: is no field here"),
    "field twice": (form(TITLE, TITLE, file()), "VALIDATION_FAILED", "title"),
    "bad value": (form(part(b"pages", b"x"), file()), "VALIDATION_FAILED", "pages"),
    "field of the path": (form(part(b"book", b"x"), file()), "VALIDATION_FAILED", "book: is no field here"),
    "field of the file": (form(part(b"fileName", b"x"), file()), "VALIDATION_FAILED", "fileName: is no field here"),
    "field of no text": (form(part(b"title", b"\xff"), file()), "MALFORMED_FORM", "title"),
    "no file": (form(TITLE), "FILE_MISSING", "file"),
    "nothing": (b"", "MALFORMED_FORM", ""),
    "no parts": (b"----x--\r\n", "FILE_MISSING", ""),
    "two files": (form(TITLE, file(), file()), "PART_AFTER_FILE", "file"),
    "field after the file": (form(file(), TITLE), "PART_AFTER_FILE", "title"),
    "file of another name": (form(file().replace(b'"file"', b'"scan"')), "FILE_UNKNOWN", "scan"),
    "no name": (form(b"Content-Disposition: form-data\r\n\r\na"), "MALFORMED_FORM", "name"),
    "header twice": (form(b"A: b\r\na: c\r\n" + file()), "MALFORMED_FORM", "twice"),
    "encoded": (form(b"Content-Transfer-Encoding: base64\r\n" + file()), "MALFORMED_FORM", "Encoding"),
    "another boundary": (form(TITLE, file()).replace(b"----x", b"----y"), "MALFORMED_FORM", ""),
    "cut off in a field": (form(TITLE)[:-20], "MALFORMED_FORM", "ends"),
    "cut off in the file": (form(TITLE, file(), end=b""), "MALFORMED_FORM", "ends"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_such_form_is_refused(client: Client, library: Library, name: str) -> None:
    body, reason, named = REFUSED[name]
    kept = len(library.kept)
    answer = send(client, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (400, reason)
    assert named in error["message"]
    assert len(library.kept) == kept


def test_what_the_service_says_of_a_field_names_it_as_it_was_sent(client: Client) -> None:
    error = send(client, form(part(b"title", b"Refused"), file())).json()["error"]
    assert (error["reason"], error["message"]) == ("LIBRARY_CLOSED", "title: is closed")
    assert error["details"] == [{"field": "title", "message": "is closed"}]


@pytest.mark.parametrize("value", ["", "; boundary=", "; boundary=" + "x" * 300])
def test_a_boundary_is_needed(client: Client, value: str) -> None:
    answer = client.post(PATH, content=form(TITLE, file()), headers={"content-type": f"multipart/form-data{value}"})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "MALFORMED_FORM")


def test_a_file_beyond_the_limit_is_refused_and_not_kept(narrow: Running) -> None:
    with narrow.client() as client:
        assert send(client, form(TITLE, file(b"x" * LIMIT))).status_code == 202
        kept = len(narrow.library.kept)
        body = form(TITLE, file(b"x" * (LIMIT + 1)))
        answer = send(client, iter([body[:150_000], body[150_000:]]))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["reason"]) == (413, "PAYLOAD_TOO_LARGE", "FILE_TOO_LARGE")
        assert until(lambda: narrow.library.uploading == 0)
        assert len(narrow.library.kept) == kept
        assert send(client, form(part(b"title", b"x" * 70_000), file())).json()["error"]["reason"] == "BODY_TOO_LARGE"


def connected(running: Running, body: bytes, length: int) -> socket.socket:
    """A connection on which a form has begun."""
    url = httpx.URL(running.url)
    connection = socket.create_connection((url.host, url.port or 80), 5)
    head = f"POST {PATH} HTTP/1.1\r\nhost: h\r\ncontent-type: {FORM}\r\ncontent-length: {length}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def test_a_length_beyond_the_limit_is_not_read_at_all(gateway: Running) -> None:
    with connected(gateway, b"", 100_000_000) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_client_that_goes_leaves_nothing(gateway: Running, library: Library) -> None:
    kept = len(library.kept)
    body = form(TITLE, file(b"x" * 100_000), end=b"")
    with connected(gateway, body, len(body) + 100):
        assert until(lambda: library.uploading == 1)
    assert until(lambda: library.uploading == 0)
    assert len(library.kept) == kept


@pytest.mark.parametrize(("title", "status"), [(b"Refused", b"403"), (b"Enough", b"202")])
def test_an_early_answer_is_not_kept_waiting(gateway: Running, title: bytes, status: bytes) -> None:
    body = form(part(b"title", title), file(b"x" * 100_000), end=b"")
    with connected(gateway, body, 10_000_000) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)


def test_a_service_that_does_not_read_is_not_read_for(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 1.0)
    body = form(part(b"title", b"Slow"), file(b""), end=b"")[:-2]
    with connected(gateway, body, 25 << 20) as connection:
        connection.settimeout(0.3)
        sent = list(itertools.takewhile(bool, (attempt(connection) for _ in range(250))))
        assert sum(sent) < 20 << 20
        connection.settimeout(5)
        assert connection.recv(100).startswith(b"HTTP/1.1 504")
    assert until(lambda: gateway.library.uploading == 0)


def attempt(connection: socket.socket) -> int:
    """How much of some data is taken; nothing after a while in which nothing is."""
    try:
        return connection.send(b"x" * 100_000)
    except TimeoutError:
        return 0


@pytest.mark.parametrize(("title", "length", "status"), [(b"t", 10_000, b"408"), (b"Slow", 0, b"504")])
def test_nobody_is_waited_for_without_end(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, title: bytes, length: int, status: bytes
) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 0.2)
    body = form(part(b"title", title), file())
    with connected(gateway, body, len(body) + length) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)
    assert until(lambda: gateway.library.uploading == 0)


def test_a_file_is_answered_as_it_is(client: Client) -> None:
    answer = client.get("/v1/scans/text%2Fplain; charset=utf-8")
    assert (answer.status_code, answer.content) == (200, b"\0\xff<b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment"
    assert (answer.headers["x-content-type-options"], answer.headers["content-length"]) == ("nosniff", "5")
    strange = client.get("/v1/scans/a%2Fb%0D%0AX-Evil: 1")
    assert (strange.headers["content-type"], "x-evil" in strange.headers) == ("application/octet-stream", False)
    error = client.get("/v1/scans/none")
    assert (error.status_code, error.json()["error"]["code"]) == (404, "NOT_FOUND")

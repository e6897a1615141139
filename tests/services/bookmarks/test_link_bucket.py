"""Pictures in a bucket: the same as in a folder."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from services.bookmarks.objects import Objects, ObjectsAway, ObjectsSettings


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is used, without looking at signatures."""

    kept: dict[str, bytes]
    signed: list[str]

    def answer(self, status: int, data: bytes = b"") -> None:
        """With the headers that every object has."""
        self.signed.append(self.headers["Authorization"])
        self.send_response(status)
        for name, value in {"ETag": '"1"', "Last-Modified": "Mon, 04 May 2026 09:30:00 GMT"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self) -> None:
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200)

    def do_GET(self) -> None:
        self.answer(200 if self.path in self.kept else 404, self.kept.get(self.path, b""))

    def do_DELETE(self) -> None:
        self.answer(204 if self.kept.pop(self.path, None) is not None else 404)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def bucket() -> Iterator[tuple[ThreadingHTTPServer, type[Bucket]]]:
    """A store that speaks S3."""
    handler = type("Handler", (Bucket,), {"kept": {}, "signed": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server, handler
        server.shutdown()
        thread.join()


async def test_a_bucket_does_as_well(bucket: tuple[ThreadingHTTPServer, type[Bucket]]) -> None:
    server, handler = bucket
    place = f"http://127.0.0.1:{server.server_port}"
    objects = Objects(ObjectsSettings("s3://pictures/cairn", place, "here", "who", "a secret"))
    await objects.put("ab/1.webp", b"bytes")
    assert handler.kept == {"/pictures/cairn/ab/1.webp": b"bytes"}
    assert await objects.get("ab/1.webp") == b"bytes"
    for _ in range(2):
        await objects.delete("ab/1.webp")
    assert handler.kept == {}
    assert await objects.get("ab/1.webp") is None
    assert all("Credential=who/" in each and "/here/s3/" in each for each in handler.signed)
    server.shutdown()
    server.server_close()
    with pytest.raises(ObjectsAway):
        await objects.put("ab/1.webp", b"bytes")

"""Files: what they are answered with, which may be kept, and those that come in pieces."""

import hashlib

import httpx
import pytest

from gateway.openapi import document
from gateway.upstreams import Backends
from tests.gateway.conftest import Running
from tests.gateway.library import SERVICE, Library

PLATE = "/v1/plates/image%2Fpng"


def test_a_file_runs_nowhere(client: httpx.Client) -> None:
    for path in (PLATE, "/v1/export?count=1"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert (headers["x-content-type-options"], headers["content-disposition"][:10]) == ("nosniff", "attachment")


def test_what_may_be_kept_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(PLATE)
    etag = f'"{hashlib.sha256(first.content).hexdigest()[:32]}"'
    assert (first.headers["etag"], first.headers["cache-control"]) == (etag, "private, max-age=60")
    for known in (etag, f'"x", W/{etag}', "*"):
        again = client.get(PLATE, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "private, max-age=60"
    assert client.get(PLATE, headers={"if-none-match": '"x"'}).content == first.content
    error = client.get("/v1/plates/none", headers={"if-none-match": "*"})
    assert (error.status_code, error.headers["cache-control"]) == (404, "no-store")
    other = client.get("/v1/scans/image%2Fpng", headers={"if-none-match": "*"})
    assert (other.status_code, other.headers["cache-control"], "etag" in other.headers) == (200, "no-store", False)
    counted = client.get("/v1/plates")
    assert (counted.json()["status"], counted.headers["cache-control"]) == ("success", "private, max-age=60")


def test_pieces_make_one_file(client: httpx.Client) -> None:
    answer = client.get("/v1/export?count=2000&size=1000", headers={"accept": "application/x-ndjson"})
    assert answer.text == "".join(f"{number}{'x' * 1000}\n" for number in range(1, 2001))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="books.csv"'
    assert (answer.headers["transfer-encoding"], answer.headers["cache-control"]) == ("chunked", "no-store")
    empty = client.get("/v1/export")
    assert (empty.status_code, empty.content) == (200, b"")


def test_an_error_before_the_file_is_told_and_one_in_it_breaks_it_off(client: httpx.Client) -> None:
    error = client.get("/v1/export?count=1&failAt=1")
    assert (error.status_code, error.json()["error"]["code"]) == (503, "UNAVAILABLE")
    with client.stream("GET", "/v1/export?count=3&failAt=3") as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_a_client_that_goes_ends_the_file(client: httpx.Client, library: Library, gateway: Running) -> None:
    before = library.sent
    with client.stream("GET", "/v1/export?count=20000&size=10000") as answer:
        next(answer.iter_bytes())
    # The next answer comes after the loop has seen that the other client is gone.
    with gateway.client() as other:
        assert other.get("/v1/plates").status_code == 200
    assert library.sent - before < 5_000


def test_they_are_described(gateway: Running) -> None:
    backends = Backends(gateway.library.contract, {SERVICE: ("library",)}, {})
    paths = document(backends, "1")["paths"]
    plate, export = paths["/v1/plates/{contentType}"]["get"], paths["/v1/export"]["get"]
    assert {"ETag", "Cache-Control"} <= plate["responses"]["200"]["headers"].keys()
    assert "304" in plate["responses"]
    assert "If-None-Match" in [each.get("name") for each in plate["parameters"]]
    assert export["responses"]["200"]["content"] == {"*/*": {}}
    assert "ETag" not in export["responses"]["200"]["headers"]
    assert "304" not in export["responses"]

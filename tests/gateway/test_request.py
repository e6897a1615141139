"""What a request becomes: field masks, and headers that stand for fields."""

from typing import Any

import httpx
import pytest

from tests.gateway.library import Library

Client = httpx.Client

MASKS: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"title": "t"}, "", ["title"]),
    ({"title": None, "tags": []}, "", ["title", "tags"]),
    ({"genre": "novel", "addTags": ["a"], "etag": "e"}, "", ["genre"]),
    ({"addTags": ["a"]}, "", []),
    ({}, "", []),
    ({"title": "t", "updateMask": "genre,addTags"}, "", ["genre", "add_tags"]),
    ({"title": "t"}, "updateMask=genre", ["genre"]),
]


@pytest.mark.parametrize(("body", "query", "paths"), MASKS)
def test_the_mask_is_what_the_body_names(
    client: Client, library: Library, body: dict[str, Any], query: str, paths: list[str]
) -> None:
    assert client.patch(f"/v1/books/1?{query}", json=body).status_code == 200
    assert list(library.seen[-1].update_mask.paths) == paths
    assert library.seen[-1].id == "1"


def test_null_clears_a_field(client: Client, library: Library) -> None:
    client.patch("/v1/books/1", json={"title": None})
    assert not library.seen[-1].HasField("title")


@pytest.mark.parametrize(("sent", "etag"), [('"e1"', "e1"), ('W/"e1"', "e1"), ("*", ""), ("e1", "e1")])
def test_if_match_is_the_etag(client: Client, library: Library, sent: str, etag: str) -> None:
    assert client.patch("/v1/books/1", json={"title": "t"}, headers={"if-match": sent}).status_code == 200
    assert library.seen[-1].etag == etag


def test_a_header_and_the_body_must_agree(client: Client, library: Library) -> None:
    headers = {"if-match": '"e1"'}
    assert client.patch("/v1/books/1", json={"etag": "e1"}, headers=headers).status_code == 200
    answer = client.patch("/v1/books/1", json={"etag": "e2"}, headers=headers)
    assert answer.json()["error"]["details"] == [{"field": "etag", "message": "differs from the header if-match"}]
    assert library.seen[-1].etag == "e1"


def test_idempotency_key_is_the_request_id(client: Client, library: Library) -> None:
    client.post("/v1/repeat", json={"id": "1"}, headers={"idempotency-key": "k"})
    assert library.seen[-1].request_id == "k"
    assert client.post("/v1/echo", json={}, headers={"idempotency-key": "k"}).status_code == 200


@pytest.mark.parametrize("sent", ['"e1"', 'W/"e1"', '"e0", "e1"', "*"])
def test_it_is_always_sent_again(client: Client, sent: str) -> None:
    """An etag is of what somebody wrote; whether it may still be seen, and its counts, change without it."""
    for method in ("GET", "HEAD"):
        answer = client.request(method, "/v1/books/1", headers={"if-none-match": sent})
        assert (answer.status_code, answer.headers["etag"], answer.headers["cache-control"]) == (
            200,
            '"e1"',
            "no-store",
        )
    assert client.get("/v1/books/1", headers={"if-none-match": sent}).json()["data"]["title"] == "Emma"


def test_credentials_and_ids_go_on_to_the_service(client: Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = {"authorization": "Bearer x", "x-cairn-workspace": "w", "x-cairn-user": "u", "traceparent": trace}
    data = client.get("/v1/headers", headers={**sent, "x-request-id": "mine", "x-other": "o"}).json()["data"]
    seen = {key: value for key, value in data["metadata"].items() if key != "user-agent"}
    assert seen == {**sent, "x-request-id": "mine"}
    assert 14 < data["secondsLeft"] < 16


def test_a_header_that_grpc_cannot_carry_is_refused(client: Client) -> None:
    answer = client.get("/v1/headers", headers=[(b"x-cairn-user", "é".encode())])
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "HEADER_INVALID")

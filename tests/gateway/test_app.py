"""Requests and answers on real sockets, through a gateway that knows the service only by its contract."""

from typing import Any

import httpx
import pytest

from tests.gateway.library import Library

Client = httpx.Client


def test_a_resource_in_its_envelope(client: Client) -> None:
    answer = client.get("/v1/books/a%2Fb")
    author = {"name": "Jane Austen", "born": None}
    book = {"id": "a/b", "title": "Emma", "genre": "novel", "etag": "e1", "authors": [author]}
    assert answer.json() == {"status": "success", "sys": {"entity": "book", "id": "a/b"}, "data": book}
    assert (answer.status_code, answer.headers["etag"]) == (200, '"e1"')
    assert answer.headers["content-type"] == "application/json"


def test_a_list_in_its_envelope(client: Client) -> None:
    page = client.get("/v1/books", params={"pageSize": 2}).json()
    assert page["sys"] == {"entity": "list"}
    assert [item["sys"] for item in page["data"]] == [{"entity": "book", "id": "b-0"}, {"entity": "book", "id": "b-1"}]
    assert page["page"] == {"nextPageToken": "next", "totalSize": 50}
    assert page["data"][0]["data"]["title"] == "Emma"


def test_nothing_is_204_without_a_body(client: Client) -> None:
    answer = client.delete("/v1/books/1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_created_or_known(client: Client) -> None:
    created = client.post("/v1/shelves/top/books", json={"title": "Emma"})
    assert (created.status_code, created.headers["location"]) == (201, "/v1/books/b%201")
    assert (created.json()["data"]["parent"], created.headers["etag"]) == ("shelves/top", '"e1"')
    known = client.post("/v1/shelves/top/books", json={"title": "Known"})
    assert (known.status_code, "location" in known.headers) == (200, False)


def test_what_is_answered_again_says_so(client: Client) -> None:
    answers = {
        key: client.post("/v1/shelves/top/books", json={"title": "Emma"}, headers={"Idempotency-Key": key})
        for key in ("first", "again")
    }
    assert {answer.status_code for answer in answers.values()} == {201}
    assert answers["again"].headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in answers["first"].headers
    assert "idempotent-replayed" not in client.get("/v1/books/1").headers


def test_what_wraps_one_resource_is_about_it(client: Client) -> None:
    created = client.post("/v1/shelves/top/books", json={"title": "Emma"})
    assert created.json()["sys"] == {"entity": "book", "id": "b 1"}
    nothing = client.post("/v1/shelves/top/books", json={"title": "Refused"})
    assert (nothing.json()["sys"], nothing.json()["data"]["book"]) == ({"entity": "book"}, None)
    assert not {"etag", "location"} & set(nothing.headers)
    assert client.get("/v1/books/count").json()["sys"] == {"entity": "count-books"}
    assert client.get("/v1/echo").json()["sys"] == {"entity": "everything"}


def test_accepted_says_where_and_when_to_look(client: Client) -> None:
    answer = client.post("/v1/books/b-1:archive")
    assert (answer.status_code, answer.headers["location"], answer.headers["retry-after"]) == (
        202,
        "/v1/books/b-1",
        "1",
    )


def test_literals_win_over_variables(client: Client) -> None:
    assert client.get("/v1/books/count").json()["data"] == {"count": "9007199254740993"}
    assert client.delete("/v1/books/count").status_code == 405
    assert client.get("/v1/shelves/s%2F1/books/7").json()["sys"]["id"] == "7"
    assert client.get("/v1/files/a/b%2Fc").json()["data"] == {"path": "a/b%2Fc"}


def test_methods(client: Client) -> None:
    refused = client.put("/v1/books/1")
    assert (refused.status_code, refused.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, PATCH")
    assert refused.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    head = client.head("/v1/books/1")
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        str(len(client.get("/v1/books/1").content)),
    )
    assert client.head("/v1/watch").status_code == 405
    options = client.options("/v1/books/1")
    assert (options.status_code, options.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/books/", "/v1/books/1/", "/v1/hidden", "/library.v1.Library/Hidden"])
def test_nothing_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "ROUTE_NOT_FOUND")


def test_paths_that_are_no_utf8(client: Client) -> None:
    assert client.get("/v1/books/%FF").json()["error"]["reason"] == "MALFORMED_PATH"
    assert client.get("/v1/books?pageToken=%FF").json()["error"]["reason"] == "MALFORMED_QUERY"


QUERIES: dict[str, dict[str, Any]] = {
    "aString=a+b%2Bc&a_string2=": {},
    "aString=a+b%2Bc": {"a_string": "a b+c"},
    "a_string=x": {"a_string": "x"},
    "strings=a&strings=&strings=b": {"strings": ["a", "", "b"]},
    "aGenre=Short_story&genres=novel&genres=GENRE_NOVEL&genres=2": {"a_genre": 2, "genres": [1, 1, 2]},
    "aBool=TRUE&maybeBool=false": {"a_bool": True, "maybe_bool": False},
    "aBook.id=1&aBook.genre=novel&itself.aBook.title=t": {
        "a_book": {"id": "1", "genre": 1},
        "itself": {"a_book": {"title": "t"}},
    },
    "aTime=2026-01-31T12:00:00%2B01:00": {"a_time": {"seconds": 1_769_857_200}},
    "aWrappedInt64=5&aWrappedBool=true&aDuration=1.5s": {
        "a_wrapped_int64": {"value": 5},
        "a_wrapped_bool": {"value": True},
        "a_duration": {"seconds": 1, "nanos": 500_000_000},
    },
    "aBytes=_w&anInt64=-5&aDouble=1e3": {"a_bytes": b"\xff", "an_int64": -5, "a_double": 1000.0},
    "&&maybeString=&": {"maybe_string": ""},
}
del QUERIES["aString=a+b%2Bc&a_string2="]


@pytest.mark.parametrize("query", QUERIES)
def test_query_parameters_are_fields(client: Client, library: Library, query: str) -> None:
    assert client.get(f"/v1/echo?{query}").status_code == 200
    assert library.seen[-1] == library.new("Everything", **QUERIES[query])


REFUSED = {
    "nothing=1": ("nothing", "is no parameter here"),
    "aBook=1": ("aBook", "is no parameter here"),
    "aBook.nothing=1": ("aBook.nothing", "is no parameter here"),
    "books.id=1": ("books.id", "is no parameter here"),
    "names=1": ("names", "is no parameter here"),
    "aStruct=1": ("aStruct", "is no parameter here"),
    "anInt32=x": ("anInt32", "must be a whole number"),
    "aBook.genre=poem": ("aBook.genre", "must be one of: novel, short_story"),
    "aBool=yes": ("aBool", "must be true or false"),
    "anInt32=1&anInt32=2": ("anInt32", "is given twice"),
    "chosenString=a&chosenInt64=1": ("chosenInt64", "cannot be set together with chosenString"),
    "itself.chosenString=a&itself.chosenInt64=1": ("itself.chosenInt64", "cannot be set together with chosenString"),
}


@pytest.mark.parametrize("query", REFUSED)
def test_wrong_parameters_are_named(client: Client, query: str) -> None:
    answer = client.get(f"/v1/echo?{query}")
    field, message = REFUSED[query]
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == [{"field": field, "message": message}]


def test_where_the_body_is_a_field_the_rest_is_in_the_query(client: Client, library: Library) -> None:
    assert client.post("/v1/shelves/s/books?requestId=r", json={"title": "t"}).status_code == 201
    expected = library.new("CreateBookRequest", parent="shelves/s", book={"title": "t"}, request_id="r")
    assert library.seen[-1] == expected
    for query in ("parent=x", "book.title=x"):
        assert client.post(f"/v1/shelves/s/books?{query}", json={}).status_code == 400


def test_where_all_is_in_the_body_the_query_takes_nothing(client: Client) -> None:
    answer = client.post("/v1/echo?aString=x", json={})
    assert answer.json()["error"]["details"][0]["field"] == "aString"
    bound = client.patch("/v1/books/1", json={"id": "2"})
    assert bound.json()["error"]["details"] == [{"field": "id", "message": "is set by the path"}]


BODIES: list[tuple[bytes, str, int, str]] = [
    (b"", "", 200, ""),
    (b"{}", "application/json; charset=utf-8", 200, ""),
    (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", "", 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{", "application/json", 400, "MALFORMED_BODY"),
    (b'{"a":NaN}', "application/json", 400, "MALFORMED_BODY"),
    (b'{"aString":"\xff"}', "application/json", 400, "MALFORMED_BODY"),
    (b'{"aString":"a","aString":"b"}', "application/json", 400, "MALFORMED_BODY"),
    (b"[]", "application/json", 400, "VALIDATION_FAILED"),
    (b"null", "application/json", 400, "VALIDATION_FAILED"),
    (b'{"aString":"\\u0000"}', "application/json", 200, ""),
]


@pytest.mark.parametrize(("body", "content_type", "status", "reason"), BODIES)
def test_bodies(client: Client, body: bytes, content_type: str, status: int, reason: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = client.post("/v1/echo", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("reason", "") == reason

"""Whatever is sent, the gateway answers, and never with a 500."""

from typing import Any

import httpx
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.strategies import JSON


def dumps(value: Any) -> bytes:
    """JSON, where the value has a form in it."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b"{}"


NAMES = ["aString", "anInt32", "aDouble", "aFloat", "aBytes", "aGenre", "aBook", "itself", "names", "counts", "anAny"]
NAMES += ["aTime", "aDuration", "aMask", "aStruct", "aValue", "aList", "books", "genresByNumber", "chosenInt64", "from"]
TYPED = st.sampled_from([{"@type": "type.googleapis.com/library.v1.Book", "title": "t"}, {"@type": 1}, {"@type": ""}])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), JSON, TYPED),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.one_of(st.binary(max_size=80), VALUES.map(dumps))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
LINES = st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_characters="\x7f"), max_size=20)
FUZZ = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(answer: httpx.Response) -> None:
    """The answer is one of ours."""
    assert answer.status_code < 500, answer.text
    if answer.content and answer.headers["content-type"] == "application/json":
        assert answer.json()["status"] == ("success" if answer.is_success else "error")


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3).map(dumps) | BODIES)
@FUZZ
def test_bodies(client: httpx.Client, body: bytes) -> None:
    check(client.post("/v1/echo", content=body, headers={"content-type": "application/json"}))


FIELDS = ["title", "pages", "tags", "genre", "author.born", "author", "book", "fileName", "request_id", "file"]
PARTS = st.tuples(st.sampled_from(FIELDS) | LINES, st.none() | LINES, st.binary(max_size=20))


@given(st.lists(PARTS, max_size=4))
@settings(FUZZ, max_examples=40)
def test_forms(client: httpx.Client, parts: list[tuple[str, str | None, bytes]]) -> None:
    check(client.post("/v1/books/b/scans", files=[(name, (file, data)) for name, file, data in parts]))


@given(st.lists(st.tuples(st.sampled_from(NAMES) | TEXTS, TEXTS), max_size=4))
@FUZZ
def test_queries(client: httpx.Client, pairs: list[tuple[str, str | int | float | bool | None]]) -> None:
    check(client.get("/v1/echo", params=pairs))


@given(st.binary(max_size=30))
@FUZZ
def test_raw_queries_and_paths(client: httpx.Client, raw: bytes) -> None:
    escaped = "".join(chr(byte) if 33 < byte < 127 and chr(byte) not in "#?" else f"%{byte:02X}" for byte in raw)
    check(client.get(f"/v1/echo?{escaped}"))
    check(client.get(f"/v1/books/{escaped}"))


@given(st.dictionaries(st.sampled_from(["if-match", "if-none-match", "x-request-id", "authorization"]), LINES))
@FUZZ
def test_headers(client: httpx.Client, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.strip().encode()) for name, value in headers.items()]
    check(client.patch("/v1/books/1", json={"title": "t"}, headers=sent))

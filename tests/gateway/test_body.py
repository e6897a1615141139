import pytest

from gateway.body import MAX_DEPTH, BodyError, parse

REFUSED = {
    "malformed": b'{"a": }',
    "cut off": b'{"a": "b',
    "more after it": b"{} {}",
    "no number": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "invalid UTF-8": b'{"a": "\xff"}',
    "lone surrogate": rb'{"a": "\ud800"}',
    "surrogate as bytes": b'{"a": "\xed\xa0\x80"}',
    "key twice": b'{"a": 1, "a": 2}',
    "key twice, inside": b'{"b": [{"a": 1, "c": ":", "a": 1}]}',
    "key twice, hidden colon": rb'{"a": "\u003a", "a": "\u003A:"}',
    "nested": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "absurdly nested": b"[" * 100_000 + b"]" * 100_000,
    "byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_json_of_one_meaning_is_refused(body: bytes) -> None:
    with pytest.raises(BodyError):
        parse(body)


def test_nothing_is_an_empty_object() -> None:
    assert parse(b"") == parse(b" \n") == {}


def test_escapes_and_colons_are_no_repeated_keys() -> None:
    assert parse(rb'{"a": ":\u003a\u0022", "b": {"a": "::"}, "c\u003a": 1}') == {"a": '::"', "b": {"a": "::"}, "c:": 1}


def test_depth_counts_only_what_is_nested() -> None:
    wide = b"[" + b",".join([b"[]"] * 500) + b"]"
    assert len(parse(wide)) == 500
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)

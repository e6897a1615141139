"""However a form comes in pieces, it is the same form; and what is none is refused, whatever it is."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import HttpError
from gateway.forms import FormReader

TYPE = "multipart/form-data; boundary=b-1"
# What looks like the end of a part, and nearly does.
MARKS = [b"\r\n--b-1", b"--b-", b"\r\n--b-1-", b"\r", b"\r\n", b"\n", b"--", b"b-1--", b"\r\r\n--b-1x", b"\0"]
DATA = st.lists(st.sampled_from(MARKS) | st.binary(max_size=5), max_size=8).map(b"".join)
# Where the body is cut, in parts of a thousand.
CUTS = st.lists(st.integers(0, 1000), max_size=12).map(sorted)
PIECES = [
    *(b"--b-1", b"--b-1--", b"\r\n", b"\r\n\r\n", b": ", b"x", b"\xff", b"\0", b" ", b"Content-Type: a/b"),
    *(b'Content-Disposition: form-data; name="title"', b'Content-Disposition: form-data; name="file"; filename="f"'),
]


def encoded(fields: list[tuple[str, str]], data: bytes) -> bytes:
    """A form with a file."""
    head = b"--b-1\r\nContent-Disposition: form-data; name="
    parts = [head + b'"%s"\r\n\r\n%s\r\n' % (name.encode(), text.encode()) for name, text in fields]
    last = head + b'"file"; filename="f.wav"\r\nContent-Type: audio/WAV\r\n\r\n' + data + b"\r\n--b-1--\r\n"
    return b"".join([*parts, last])


def fed(body: bytes, cuts: list[int]) -> FormReader:
    """A reader that got the body in these pieces."""
    reader = FormReader(TYPE, 1000)
    places = [0, *(len(body) * cut // 1000 for cut in cuts), len(body)]
    for start, end in itertools.pairwise(places):
        reader.feed(body[start:end])
    reader.end()
    return reader


FIELDS = st.lists(st.tuples(st.sampled_from(["a", "bcd"]), st.text("ab\r\n-\u00e9 ", max_size=8)), max_size=3)


@given(FIELDS, DATA.filter(lambda data: b"\r\n--b-1" not in b"\r\n" + data), CUTS)
@settings(max_examples=150)
def test_any_pieces_make_the_same_form(fields: list[tuple[str, str]], data: bytes, cuts: list[int]) -> None:
    form = fed(encoded(fields, data), cuts).form
    assert (form.fields, bytes(form.data)) == (fields, data)
    assert form.file == {"file_name": "f.wav", "media_type": "audio/wav"}


@given(st.lists(st.sampled_from(PIECES) | DATA, max_size=15).map(b"".join), CUTS)
@settings(max_examples=150)
def test_anything_is_a_form_or_refused_alike_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    assert outcome(body, cuts) == outcome(body, [])


def outcome(body: bytes, cuts: list[int]) -> Any:
    try:
        form = fed(body, cuts).form
    except HttpError as error:
        return error.status
    return form.fields, form.file, bytes(form.data)


@pytest.mark.parametrize("size", [0, 1000])
def test_a_file_within_the_limit_is_read(size: int) -> None:
    assert len(fed(encoded([], b"x" * size), [500]).form.data) == size

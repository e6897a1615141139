"""Nothing gets lost between our own export and import of links."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.bookmarks.domain import tidy_tags
from services.bookmarks.domain_export import Exported
from services.bookmarks.domain_export import Format as Written
from services.bookmarks.encode_export import from_pages
from services.jobs.domain_imports import Link
from services.jobs.import_files import links

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID = UUID(int=1)
# What the contract lets people write, by the patterns on its fields.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
RISKY = st.sampled_from(
    ["=1+1", "'", "'=x", "@a", "-", "\tx", "[", '["a"]', " x ", "a,b", "</A>", "&amp;", "\r\n", "\r"]
)
WORDS = st.one_of(TEXT, RISKY)
SEEN = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e"),
        max_size=30,
    ),
    st.sampled_from(["a,b", "[", '["a"]', "'", "=1", "A / B", "<i>"]),
).filter(lambda each: not re.search("[\u2028-\u202e\u2066-\u2069]", each))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 31, 23), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def exported(draw: st.DrawFn) -> Exported:
    """A link as somebody may have it."""
    name = draw(SEEN).strip()
    return Exported(
        ID,
        "link",
        "key",
        note=draw(WORDS),
        tags=[each for each in tidy_tags(draw(st.lists(SEEN, max_size=4))) if len(each) <= 64],
        collection=name if any(each.isprintable() and not each.isspace() for each in name) else "",
        state=draw(st.sampled_from(["open", "done", "archived"])),
        due_time=draw(st.none() | TIMES),
        create_time=draw(TIMES),
        update_time=draw(TIMES),
        url="https://a.example/" + draw(st.sampled_from(["", "?a=1&b=%22", "'x", "a,b;c"])),
        title=(title := draw(WORDS)),
        description=(description := draw(WORDS)),
        own_title=title,
        own_description=description,
        other_urls=draw(
            st.lists(st.sampled_from(["http://a.example/?a='%20,b", "=1", "https://b.example/"]), unique=True)
        ),
    )


def micros(moment: datetime | None) -> int | None:
    return (moment - EPOCH) // timedelta(microseconds=1) if moment else None


def as_read(each: Exported) -> Link:
    words = (each.url, each.title, each.description, each.note, tuple(each.tags), each.collection, each.state)
    return Link(*words, micros(each.due_time), micros(each.create_time), tuple(each.other_urls))


async def file_of(form: Written, *pages: Sequence[Exported]) -> bytes:
    async def given_() -> AsyncIterator[Sequence[Exported]]:
        for page in pages:
            yield page

    return b"".join([piece.data async for piece in from_pages(form, given_())])


@settings(max_examples=150, deadline=None)
@given(st.lists(exported(), max_size=5), st.lists(exported(), max_size=2))
def test_what_is_exported_is_imported_as_it_was(one: list[Exported], two: list[Exported]) -> None:
    for form in Written:
        found = list(links(asyncio.run(file_of(form, one, two))))
        assert found == [as_read(each) for each in (*one, *two)], form


async def test_what_was_found_does_not_become_the_persons_own() -> None:
    found = Exported(ID, "link", "k", "", [], "", "open", None, EPOCH, EPOCH, url="https://a.example/", title="Found")
    assert [each.title for each in links(await file_of(Written.JSON, [found]))] == [""]


async def test_messages_and_files_are_in_json_only() -> None:
    of_host: dict[str, Any] = {"note": "n", "tags": ["t"], "collection": "c", "state": "done", "due_time": None}
    of_host |= {"create_time": EPOCH, "update_time": EPOCH}
    message = Exported(ID, "message", "m-1", **of_host)
    written = json.loads(await file_of(Written.JSON, [message]))
    [told] = written["bookmarks"]
    assert {name: told[name] for name in ("type", "target_id", "collection")} == {
        "type": "message",
        "target_id": "m-1",
        "collection": "c",
    }
    assert list(links(json.dumps(written).encode())) == []


async def test_no_cell_is_a_formula() -> None:
    risky = Exported(ID, "link", "k", "=1+1", ["-x"], "@c", "open", None, EPOCH, EPOCH, url="https://a.example/")
    text = (await file_of(Written.CSV, [risky])).decode("utf-8-sig")
    assert text.split("\r\n")[1] == "https://a.example/,,,'=1+1,'-x,'@c,1970-01-01T00:00:00+00:00,open,,"

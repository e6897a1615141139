"""What files of links say, whoever wrote them; and that nothing gets lost between our own export and import."""

import asyncio
import json
import re
import resource
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.bookmarks.domain import tidy_tags
from services.bookmarks.domain_export import Exported
from services.bookmarks.domain_export import Format as Written
from services.bookmarks.encode_export import from_pages
from services.jobs import import_files
from services.jobs.domain import JobFailed
from services.jobs.domain_imports import IMPORT_BREAKS, IMPORT_TOO_LONG, MAX_LINKS, Format, Link
from services.jobs.import_files import links

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID = UUID(int=1)
BROWSER = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file. -->
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1700000000" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
    <DL><p>
        <DT><A HREF="https://a.example/?x=1&amp;y=2" ADD_DATE="1700000001" ICON="data:,x">A &amp; <b>B</b></A>
        <DD>Line one
two
        <DT><H3>Deep</H3>
        <DD>Of the folder
        <DL><p>
            <DT><A HREF="https://b.example/" ADD_DATE="1700000002000" PRIVATE="1" TOREAD="1" TAGS="b, a ,,b">B</A>
            <HR>
            <DT><A HREF="javascript:alert(1)" ADD_DATE="1700000003000000">J</A>
        </DL><p>
        <DT><A FEED="true" ADD_DATE="x">Nothing</A>
    </DL><p>
    <DT><A HREF="https://c.example/" ADD_DATE="0"></A>
</DL>
"""
IN_BROWSER = [
    Link(
        "https://a.example/?x=1&y=2", "A & B", "Line one\ntwo", collection="Bookmarks bar", created=1700000001 * 10**6
    ),
    Link(
        "https://b.example/",
        "B",
        tags=("b", "a"),
        collection="Bookmarks bar / Deep",
        state="open",
        created=1700000002 * 10**6,
    ),
    Link("javascript:alert(1)", "J", collection="Bookmarks bar / Deep", created=1700000003 * 10**6),
    Link("", "Nothing", collection="Bookmarks bar"),
    Link("https://c.example/"),
]
TABLES = {
    "raindrop": (
        '''id,title,note,excerpt,url,folder,tags,created,cover
1,"A, ""b""",mine,"theirs
more",https://a.example/,Read / Now,"x, y",2023-11-14T22:13:20.000Z,

''',
        Link(
            "https://a.example/",
            'A, "b"',
            "theirs\nmore",
            "mine",
            ("x", "y"),
            "Read / Now",
            created=1700000000 * 10**6,
        ),
    ),
    "pocket": (
        "title,url,time_added,tags,status\nA,https://a.example/,1700000000,x|y,archive\n",
        Link("https://a.example/", "A", tags=("x", "y"), state="archived", created=1700000000 * 10**6),
    ),
    "semicolons": ("\ufeffTitle;URL\n=A;https://a.example/;more\n", Link("https://a.example/", "=A")),
    "short": ("url\thardly\nhttps://a.example/\n", Link("https://a.example/")),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bookmarks_of_a_browser(encoding: str) -> None:
    assert list(links(BROWSER.encode(encoding))) == IN_BROWSER


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str) -> None:
    text, found = TABLES[name]
    assert list(links(text.encode())) == [found]


def test_lists_in_json_and_what_a_link_cannot_have() -> None:
    pin = {"href": "https://a.example/", "description": "A", "extended": "N", "tags": "x y", "toread": "yes"}
    odd = {"url": " https://b.example/ ", "title": "t\0" * 1001, "tags": [1, "\u202ea", *"bcdefghijklmnopqrstuvwxyz"]}
    found = list(links(json.dumps([pin, odd, 7, {"url": 5}, {"url": "x" * 5000, "note": "\ud800"}]).encode()))
    assert found[0] == Link("https://a.example/", "A", note="N", tags=("x", "y"), state="open")
    assert found[1] == Link("https://b.example/", "t" * 1000, tags=tuple("abcdefghijklmnopqrst"))
    assert found[2:4] == [Link(""), Link("")]
    assert (len(found[4].url), found[4].note) == (2049, "?")


def test_old_encodings() -> None:
    head = '<META CONTENT="text/html; charset=windows-1251"><A HREF="https://a.example/">'
    assert [each.title for each in links(f"{head}Привет</A>".encode("cp1251"))] == ["Привет"]
    assert [each.title for each in links("url,title\nhttps://a.example/,é".encode("latin-1"))] == ["é"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Line 1: "),
        ("<html>\n<p>Not found</p>", "Line 1: "),
        ('[\n{"url": 1},\n{"url": 2,]', "Line 3: "),
        ('{"other": []}', "Line 1: "),
        ("[" * 100_000, "Line 1: "),
        ("[" + "9" * 5000 + "]", "Line 1: "),
        ("name,address\nA,B", "column `url`"),
    ],
)
async def test_what_cannot_be_read_says_where(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "source").write_text(text)
    with pytest.raises(JobFailed) as caught:
        await import_files.read(tmp_path / "source", tmp_path / "links", Format.UNKNOWN)
    assert (caught.value.failure.reason, caught.value.failure.retryable) == ("IMPORT_UNREADABLE", False)
    assert told in caught.value.failure.message


async def test_a_file_is_read_apart_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, to = tmp_path / "source", tmp_path / "links"
    source.write_text("url\n" + "https://a.example/\n" * MAX_LINKS)
    assert await import_files.read(source, to, Format.CSV) == MAX_LINKS
    assert import_files.batch(to, MAX_LINKS - 2, 100) == [Link("https://a.example/")] * 2
    for form in ("url\n" + "https://a.example/\n" * (MAX_LINKS + 1), "<A HREF='https://a.example/'>" * (MAX_LINKS + 1)):
        source.write_text(form)
        with pytest.raises(JobFailed) as caught:
            await import_files.read(source, to, Format.UNKNOWN)
        assert caught.value.failure == IMPORT_TOO_LONG
    monkeypatch.setattr(import_files, "written", busy)
    with pytest.raises(JobFailed) as caught:
        await import_files.read(source, to, Format.UNKNOWN)
    assert caught.value.failure == IMPORT_BREAKS


def busy(*_: str) -> None:
    """A child that takes all the time that it may."""
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    while True:
        pass


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
    )


def micros(moment: datetime | None) -> int | None:
    return (moment - EPOCH) // timedelta(microseconds=1) if moment else None


def as_read(each: Exported) -> Link:
    words = (each.url, each.title, each.description, each.note, tuple(each.tags), each.collection, each.state)
    return Link(*words, micros(each.due_time), micros(each.create_time))


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

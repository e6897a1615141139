"""What files of links say, whoever wrote them."""

import json
import resource
from pathlib import Path

import pytest

from services.jobs import import_files
from services.jobs.domain import JobFailed
from services.jobs.domain_imports import IMPORT_BREAKS, IMPORT_DISTURBED, IMPORT_TOO_LONG, MAX_LINKS, Format, Link
from services.jobs.import_files import links

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


def test_addresses_as_chrome_writes_them() -> None:
    url = "https://a.example/?a=1&section=2&copy=3&timestamp=4&reg&amp"
    [link] = links(
        f'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF="{url}">Salt &amp; &lt;fog&gt; &#39;</A>'.encode()
    )
    assert (link.url, link.title) == (url, "Salt & <fog> '")


def test_what_others_leave_before_the_head_and_behind_the_point() -> None:
    assert [each.url for each in links(b"\r\nurl\nhttps://a.example/")] == ["https://a.example/"]
    [link] = links(b'[{"url": "https://a.example/", "created": 1700000000.0}]')
    assert link.created == 1700000000 * 10**6


def test_what_is_named_otherwise_is_found() -> None:
    pocket = b'<ul><li><a href="https://a.example/" time_added="1700000000" tags="x,y">The <script> tag</a></li>'
    found = [*links(pocket + b'<li><a href="https://b.example/">B</a>'), *links(b'[{"HREF": "https://c.example/"}]')]
    assert [each.url for each in found] == ["https://a.example/", "https://b.example/", "https://c.example/"]
    assert (found[0].created, found[0].tags) == (1700000000 * 10**6, ("x", "y"))
    other = {"href": "https://a.example/", "title": "T", "notes": "n", "createdAt": 1700000000, "folder": "F"}
    [link] = links(json.dumps([other]).encode())
    assert (link.title, link.note, link.created, link.collection) == ("T", "n", 1700000000 * 10**6, "F")


def test_old_encodings() -> None:
    assert [each.title for each in links("url,title\nhttps://a.example/,It\u2019s 5€".encode("cp1252"))] == [
        "It\u2019s 5€"
    ]
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
    for fails in (busy, broken):
        monkeypatch.setattr(import_files, "written", fails)
        with pytest.raises(JobFailed) as caught:
            await import_files.read(source, to, Format.UNKNOWN)
        assert caught.value.failure == IMPORT_BREAKS


async def test_a_disk_that_fails_is_not_the_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("url\nhttps://a.example/")
    with pytest.raises(JobFailed) as caught:
        await import_files.read(tmp_path / "source", tmp_path / "missing" / "links", Format.CSV)
    assert caught.value.failure == IMPORT_DISTURBED


def broken(*_: str) -> None:
    """A child that meets what nobody thought of."""
    raise ZeroDivisionError


def busy(*_: str) -> None:
    """A child that takes all the time that it may."""
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    while True:
        pass

"""Writers of exports, piece by piece. What they write, the import of links reads without a loss."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Protocol

import orjson
from google.api.httpbody_pb2 import HttpBody

from cairn.bookmarks.v1 import link_service_pb2 as pb
from services.bookmarks.domain_export import Exported, Format

# Of a file, in a message: gateway and services take them up to a size, and people may have written much.
PIECE = 1 << 20
COLUMNS = ("url", "title", "description", "note", "tags", "folder", "created", "state", "due_time", "other_urls")
# A spreadsheet takes a cell that begins so for a formula; and ours begins with an apostrophe then.
RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""


class Writer(Protocol):
    """Writes one file. `content_type` has its name in it, too."""

    content_type: str

    def begin(self) -> str:
        """What stands before the first."""

    def page(self, found: Sequence[Exported]) -> str:
        """Some more."""

    def end(self) -> str:
        """What stands after the last."""


class Json:
    """An object with a list of everything there is."""

    content_type = "application/json; name=bookmarks.json"

    def __init__(self) -> None:
        """Nothing is written yet."""
        self._between = "\n"

    def begin(self) -> str:
        """The head."""
        return '{"bookmarks":['

    def page(self, found: Sequence[Exported]) -> str:
        """A line for each."""
        pieces = []
        for each in found:
            pieces += [self._between, orjson.dumps(_fields(each)).decode()]
            self._between = ",\n"
        return "".join(pieces)

    def end(self) -> str:
        """The end of the list."""
        return "\n]}\n"


class Csv:
    """A table of links."""

    content_type = "text/csv; charset=utf-8; name=bookmarks.csv"

    def begin(self) -> str:
        """The head; the mark before it tells spreadsheets that this is UTF-8."""
        return "\ufeff" + _lines([COLUMNS])

    def page(self, found: Sequence[Exported]) -> str:
        """A row for each."""
        return _lines([[_guarded(cell) for cell in _cells(each)] for each in found])

    def end(self) -> str:
        """Nothing."""
        return ""


class Html:
    """Bookmarks as browsers read them; it wants those of a collection one after another."""

    content_type = "text/html; charset=utf-8; name=bookmarks.html"

    def __init__(self) -> None:
        """No folder is open."""
        self._folder = ""

    def begin(self) -> str:
        """The head."""
        return HEAD

    def page(self, found: Sequence[Exported]) -> str:
        """A link for each, in the folder of its collection."""
        return "".join(self._moved(each.collection) + _anchor(each) for each in found)

    def end(self) -> str:
        """The end of the last folder, and of the whole."""
        return self._moved("") + "</DL><p>\n"

    def _moved(self, folder: str) -> str:
        if folder == self._folder:
            return ""
        end = "</DL><p>\n" if self._folder else ""
        self._folder = folder
        return end + (f"<DT><H3>{escape(folder)}</H3>\n<DL><p>\n" if folder else "")


WRITERS: dict[Format, type[Json | Csv | Html]] = {Format.JSON: Json, Format.CSV: Csv, Format.HTML: Html}
FORMATS = {
    pb.ExportBookmarksRequest.FORMAT_UNSPECIFIED: Format.JSON,
    pb.ExportBookmarksRequest.FORMAT_JSON: Format.JSON,
    pb.ExportBookmarksRequest.FORMAT_CSV: Format.CSV,
    pb.ExportBookmarksRequest.FORMAT_HTML: Format.HTML,
}


def to_format(request: pb.ExportBookmarksRequest) -> Format:
    """The format that is asked for."""
    return FORMATS[request.format]


async def from_pages(form: Format, pages: AsyncIterator[Sequence[Exported]]) -> AsyncIterator[HttpBody]:
    """The file, a piece for each page; the first says of what type it is."""
    writer = WRITERS[form]()
    type_, begin = writer.content_type, writer.begin()
    async for found in pages:
        for piece in _pieces((begin + writer.page(found)).encode()):
            yield HttpBody(content_type=type_, data=piece)
            type_ = begin = ""
    yield HttpBody(content_type=type_, data=(begin + writer.end()).encode())


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))


def _fields(each: Exported) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": str(each.id), "type": each.type}
    if each.type == "link":
        fields |= {name: getattr(each, name) for name in ("url", "final_url", "title", "description", "own_title")}
        fields |= {"own_description": each.own_description, "other_urls": list(each.other_urls)}
        about = ("site", "site_name", "media_type", "media_class", "caption")
        fields |= {name: getattr(each, name) for name in about}
    else:
        fields |= {"target_id": each.target_id}
    words = {"note": each.note, "tags": list(each.tags), "collection": each.collection, "state": each.state}
    times = {name: _iso(getattr(each, name)) for name in ("due_time", "create_time", "update_time")}
    return fields | words | times


def _cells(each: Exported) -> list[str]:
    words = [each.url, each.title, each.description, each.note, _joined(each.tags), each.collection]
    return [*words, _iso(each.create_time), each.state, _iso(each.due_time), " ".join(each.other_urls)]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RISKY) else cell


def _anchor(each: Exported) -> str:
    attributes = {"HREF": each.url, "ADD_DATE": _seconds(each.create_time), "LAST_MODIFIED": _seconds(each.update_time)}
    attributes |= {"TAGS": _joined(each.tags)} if each.tags else {}
    # Browsers have no place for these; and would take the space away round these texts.
    attributes |= {"CAIRN-CREATED": _iso(each.create_time), "CAIRN-STATE": each.state}
    attributes |= {"CAIRN-DUE": _iso(each.due_time)} if each.due_time else {}
    attributes |= {"CAIRN-OTHER-URLS": " ".join(each.other_urls)} if each.other_urls else {}
    attributes |= {"CAIRN-NOTE": each.note} if each.note else {}
    shown = each.description or each.note
    exact = {"TITLE": (each.title, each.title), "DESCRIPTION": (each.description, shown)}
    attributes |= {f"CAIRN-{name}": text for name, (text, said) in exact.items() if text != said.strip()}
    written = " ".join(f'{name}="{_escaped(value)}"' for name, value in attributes.items())
    description = f"<DD>{_escaped(shown)}\n" if shown else ""
    return f"<DT><A {written}>{_escaped(each.title)}</A>\n{description}"


def _joined(tags: Sequence[str]) -> str:
    """With commas between; where that would be read otherwise, as JSON."""
    joined = ",".join(tags)
    clear = not joined.startswith("[") and not any("," in tag for tag in tags)
    return joined if clear else orjson.dumps(list(tags)).decode()


def _escaped(text: str) -> str:
    # What reads HTML makes another end of line of this one.
    return escape(text).replace("\r", "&#13;")


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""

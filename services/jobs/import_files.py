"""Reads a file of links, in a child process: what it is given may be made to do harm.

Each link becomes a line of JSON in another file, so that nobody has to hold all of them.
"""

import codecs
import csv
import io
import json
import re
import resource
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NoReturn

import orjson

from services.jobs import import_html
from services.jobs.child import ChildFailed, run_in_child
from services.jobs.domain import JobFailed
from services.jobs.domain_imports import (
    IMPORT_BREAKS,
    IMPORT_DISTURBED,
    IMPORT_TOO_LONG,
    MAX_LINKS,
    Format,
    Link,
    unreadable,
)
from services.jobs.import_fields import URL, to_link

# Of the child: address space, and of one processor.
MEMORY_BYTES, CPU_SECONDS = 1 << 30, 60
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Windows wrote, also where it says iso-8859-1.
OLD = "cp1252"
CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.ASCII)
LISTS = ("bookmarks", "items", "links")
DELIMITERS = ",;\t"
# Columns that only our own export has: there, an apostrophe stands before what a spreadsheet would take for a formula.
OURS = {"due_time", "state", "other_urls"}
GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")


async def read(source: Path, to: Path, form: Format) -> int:
    """Write the links of a file, and tell how many they are; raises JobFailed."""
    try:
        return int(await run_in_child(written, str(source), str(to), form.value))
    except ChildFailed as error:
        raise JobFailed(IMPORT_BREAKS) from error


def batch(file: Path, start: int, count: int) -> list[Link]:
    """So many of the links that were written, from one on; they are counted from 0."""
    with file.open("rb") as lines:
        return [_link(line) for line in islice(lines, start, start + count)]


def written(source: str, to: str, form: str) -> int:
    """The child's part."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    try:
        with Path(to).open("wb") as file:
            return _write(links(Path(source).read_bytes(), Format(form)), file)
    except OSError as error:
        raise JobFailed(IMPORT_DISTURBED) from error
    except (MemoryError, RecursionError) as error:
        raise JobFailed(unreadable("it is nested too deeply, or takes too much memory.", 1)) from error


def _write(found: Iterable[Link], file: IO[bytes]) -> int:
    count = 0
    for count, link in enumerate(found, 1):
        if count > MAX_LINKS:
            raise JobFailed(IMPORT_TOO_LONG)
        file.write(orjson.dumps(tuple(link), option=orjson.OPT_APPEND_NEWLINE))
    return count


def links(data: bytes, form: Format = Format.UNKNOWN) -> Iterable[Link]:
    """The links of a file."""
    content = decoded(data)
    match form or _found_out(content):
        case Format.HTML:
            return import_html.links(content)
        case Format.JSON:
            return _from_json(content)
    return _from_csv(content)


def decoded(data: bytes) -> str:
    """The text of a file: as its first bytes say, else UTF-8, else as it says itself, else as it was usual once."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        named = CHARSET.search(data[:4096])
    try:
        name = codecs.lookup(named[1].decode()).name if named else OLD
    except (LookupError, ValueError):
        name = OLD
    return data.decode(OLD if name == "iso8859-1" else name, errors="replace")


def _found_out(content: str) -> Format:
    match re.search(r"\S", content):
        case None:
            raise JobFailed(unreadable("there is nothing in it.", 1))
        case found if found[0] == "<":
            return Format.HTML
        case found if found[0] in "[{":
            return Format.JSON
    return Format.CSV


def _from_json(content: str) -> Iterator[Link]:
    try:
        found = json.loads(content, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise JobFailed(unreadable(f"it is not JSON from here on: {error.msg}.", error.lineno)) from error
    except ValueError as error:  # a number with thousands of digits
        raise JobFailed(unreadable("it is not JSON.", 1)) from error
    if isinstance(found, dict):
        found = next((found[name] for name in LISTS if name in found), None)
    if not isinstance(found, list):
        raise JobFailed(unreadable("this is JSON, but neither a list nor an object with a list `bookmarks`.", 1))
    return (_from_object(each) for each in found if not _of_host(each))


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _of_host(each: object) -> bool:
    """Whether it is a message or a file: only the host has these."""
    return isinstance(each, dict) and each.get("type") in ("message", "file")


def _from_object(each: object) -> Link:
    if not isinstance(each, dict):
        return Link("")
    each = {name.lower(): value for name, value in each.items()}
    if isinstance(each.get("href"), str) and {"extended", "toread"} & each.keys():
        # Pinboard: its words are other ones, and tags have spaces between them.
        words = {"title": each.get("description"), "note": each.get("extended"), "url": each["href"]}
        unread = {"state": "open"} if each.get("toread") == "yes" else {}
        return to_link({"created": each.get("time"), "tags": each.get("tags"), **words, **unread}, " ")
    # In what we export, the words that were shown stand beside the person's own, which alone are kept.
    own = {name: each[f"own_{name}"] or "" for name in ("title", "description") if f"own_{name}" in each}
    return to_link({**each, **own})


def _from_csv(content: str) -> Iterator[Link]:
    # A cell may be as long as the file.
    csv.field_size_limit(len(content) + 1)
    # Some leave a line empty before the head.
    content = content.lstrip("\r\n")
    delimiter, head = _head(content)
    ours = set(head) >= OURS
    between = "|" if "time_added" in head else ","
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    next(rows)
    try:
        for row in rows:
            if any(row):
                yield to_link(dict(zip(head, map(_bare, row) if ours else row, strict=False)), between)
    except csv.Error as error:
        raise JobFailed(unreadable(f"{error}.", rows.line_num)) from error


def _head(content: str) -> tuple[str, list[str]]:
    for delimiter in DELIMITERS:
        try:
            first = next(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter), [])
        except csv.Error:
            continue
        names = [name.strip().lower().replace(" ", "_") for name in first]
        if any(name in URL for name in names):
            return delimiter, names
    raise JobFailed(unreadable("the head of a table is missed, with a column `url`; nor is it HTML or JSON.", 1))


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(GUARDED) else cell


def _link(line: bytes) -> Link:
    read = Link(*orjson.loads(line))
    return read._replace(tags=tuple(read.tags), other_urls=tuple(read.other_urls))

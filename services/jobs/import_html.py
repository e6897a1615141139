"""Bookmarks as browsers write them (NETSCAPE-Bookmark-file-1): no HTML that nests, but a row of tags."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from services.jobs.domain import JobFailed
from services.jobs.domain_imports import (
    IMPORT_TOO_LONG,
    LONGEST_COLLECTION,
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    MAX_LINKS,
    Link,
    unreadable,
)
from services.jobs.import_fields import to_link

# Of our own export: what the format has no place for. They win over what stands where others look.
OWN = {
    "cairn-title": "title",
    "cairn-created": "created",
    "cairn-note": "note",
    "cairn-description": "description",
    "cairn-due": "due",
    "cairn-state": "state",
    "cairn-other-urls": "other_urls",
}
DOCTYPE = "netscape-bookmark-file-1"
# Chrome writes the & of an address as it is. What follows one is no letter then, unless a semicolon says so: some names
# of letters, such as copy or sect, would else be found in those of parameters.
BARE = re.compile(r"&(?=[A-Za-z][A-Za-z0-9]*+(?!;))", re.ASCII)
# More folders in each other than these are taken for one.
DEEPEST = 100


def links(content: str) -> Sequence[Link]:
    """The links of such a file."""
    reader = _Reader()
    reader.feed(BARE.sub("&amp;", content))
    reader.close()
    reader.end()
    if not reader.found and not reader.announced:
        raise JobFailed(unreadable("here begins HTML that has no bookmarks in it.", 1))
    return reader.found


class _Reader(HTMLParser):
    """Links as they end; folders are a path of names, each with those before it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.announced = False
        self.found: list[Link] = []
        self._paths: list[str] = []
        # The folder whose name was read last; it begins with the next list.
        self._next = ""
        self._fields: dict[str, str] | None = None
        # Where text goes, if anywhere: the name of a field, or of a folder.
        self._into = ""
        self._text: list[str] = []
        self._room = 0

    def end(self) -> None:
        """A link ends where the next thing begins, not with its own tag: a description may follow it."""
        self._stop()
        if self._fields is not None:
            self.found.append(_link(self._fields, self._paths[-1] if self._paths else ""))
            if len(self.found) > MAX_LINKS:
                raise JobFailed(IMPORT_TOO_LONG)
            self._fields = None

    def set_cdata_mode(self, elem: str, **_: object) -> None:
        """Never: some write titles as they are, and what is named like a script would swallow all that follows."""

    def handle_decl(self, decl: str) -> None:
        """What it says that it is."""
        self.announced = self.announced or DOCTYPE in decl.lower()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link, its description, or a folder."""
        if tag in ("dt", "dl", "a", "h3"):
            self.end()
        if tag == "a":
            self._fields = {name: value or "" for name, value in attrs}
            self._listen("text", LONGEST_TITLE)
        elif tag == "dd" and self._fields is not None:
            self._listen("dd", LONGEST_DESCRIPTION)
        elif tag == "h3":
            self._next = ""
            self._listen("h3", LONGEST_COLLECTION)
        elif tag == "dl":
            self._enter()

    def handle_endtag(self, tag: str) -> None:
        """The end of a name, or of a folder."""
        if tag in ("a", "h3"):
            self._stop()
        elif tag == "dl":
            self.end()
            if self._paths:
                self._paths.pop()

    def handle_data(self, data: str) -> None:
        """Text; of what goes on for too long, the beginning."""
        if self._into and self._room > 0:
            self._text.append(data[: self._room])
            self._room -= len(data)

    def _listen(self, into: str, room: int) -> None:
        self._stop()
        # Something for what surrounds it.
        self._into, self._text, self._room = into, [], 2 * room + 100

    def _stop(self) -> None:
        said = "".join(self._text).strip()
        if self._into == "h3":
            self._next = said
        elif self._into and self._fields is not None:
            self._fields[self._into] = said
        self._into, self._text = "", []

    def _enter(self) -> None:
        above = self._paths[-1] if self._paths else ""
        path = f"{above} / {self._next}" if above and self._next else above or self._next
        if len(self._paths) < DEEPEST:
            self._paths.append(path[:LONGEST_COLLECTION])
        self._next = ""


def _link(fields: dict[str, str], folder: str) -> Link:
    named = {
        "url": fields.get("href", ""),
        "title": fields.get("text", ""),
        "description": fields.get("dd", ""),
        "created": fields.get("add_date") or fields.get("time_added", ""),  # as browsers write it, and as Pocket did
        "collection": folder,
        "state": "open" if fields.get("toread") == "1" else "",
        "tags": fields.get("tags", ""),
    }
    own = {name: fields[attribute] for attribute, name in OWN.items() if attribute in fields}
    return to_link({**named, **own})

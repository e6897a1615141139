"""What a saved item is, and the rules it keeps. No database and no wire format here.

state of a bookmark:   OPEN <-> DONE <-> ARCHIVED      (any to any; the person's own business)
its target:            available <-> ACCESS_LOST       (membership ends and comes back)
                       available  -> DELETED           (a deletion stays, unless the host dates a change after it)
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chassis.errors import AlreadyExists, Conflict, InvalidInput, LimitReached, NotFound, PreconditionFailed

MAX_TAGS = 20
MAX_COLLECTIONS = 1000
PREVIEW_LENGTH = 80


class TargetType(StrEnum):
    """What kind of thing is saved."""

    MESSAGE = "message"
    FILE = "file"


class State(StrEnum):
    """What the person still means to do with it."""

    OPEN = "open"
    DONE = "done"
    ARCHIVED = "archived"


class Unavailable(StrEnum):
    """Why a saved target cannot be shown."""

    DELETED = "deleted"
    ACCESS_LOST = "access_lost"


class TargetNotFound(NotFound):
    """Target not found or access denied"""

    reason = "TARGET_NOT_FOUND"

    @classmethod
    def of(cls, target: "Target") -> "TargetNotFound":
        """Say the kind, and nothing that tells a missing one from a forbidden one."""
        return cls(f"{target.type.capitalize()} not found or access denied")


class BookmarkNotFound(NotFound):
    """Bookmark not found"""

    reason = "BOOKMARK_NOT_FOUND"


class CollectionNotFound(NotFound):
    """Collection not found"""

    reason = "COLLECTION_NOT_FOUND"


class CollectionExists(AlreadyExists):
    """You have a collection of that name"""

    reason = "COLLECTION_EXISTS"


class TooManyCollections(LimitReached):
    """You have 1,000 collections, which is the most there can be"""

    reason = "TOO_MANY_COLLECTIONS"


class TooManyTags(InvalidInput):
    """A bookmark carries at most 20 tags"""

    reason = "TOO_MANY_TAGS"


class EtagMismatch(PreconditionFailed):
    """It was changed since you read it"""

    reason = "ETAG_MISMATCH"


class ToggleContended(Conflict):
    """The same item is being toggled by too many at once"""

    reason = "TOGGLE_CONTENDED"


class Target(NamedTuple):
    """What is saved; the id is the host's own."""

    type: TargetType
    id: str


class Person(NamedTuple):
    """Someone shown beside a saved item. The name is empty once they are deleted."""

    id: str
    name: str


class Conversation(NamedTuple):
    """Where a client jumps to. The kind is 0 until the feed introduces it."""

    id: str
    kind: int
    name: str


class SavedMessage(NamedTuple):
    """A message as a list shows it."""

    id: str
    preview: str
    author: Person
    conversation: Conversation
    sent_time: datetime


class SavedFile(NamedTuple):
    """A file as a list shows it."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    uploader: Person


@dataclass(slots=True)
class Bookmark:
    """One saved item of one person. `message` and `file` are there only while it is available."""

    id: UUID
    target: Target
    note: str | None
    tags: list[str]
    collection_id: UUID | None
    state: State
    due_time: datetime | None
    create_time: datetime
    update_time: datetime
    version: int
    unavailable: Unavailable | None
    message: SavedMessage | None
    file: SavedFile | None


@dataclass(frozen=True, slots=True)
class Words:
    """What a person writes on a bookmark."""

    note: str | None = None
    tags: tuple[str, ...] = ()
    collection_id: UUID | None = None
    state: State = State.OPEN
    due_time: datetime | None = None

    def tidied(self) -> "Words":
        """As it is stored: no empty note, each tag once."""
        return replace(self, note=self.note or None, tags=tidy_tags(self.tags))

    def changed(self, edit: "Edit") -> "Words":
        """With the fields of an edit; tags to take away win over those to add."""
        values = {name: getattr(edit.words, name) for name in edit.fields}
        words = replace(self, **values)
        tags = tidy_tags((*words.tags, *edit.add_tags))
        removed = set(tidy_tags(edit.remove_tags))
        return replace(words, note=words.note or None, tags=tuple(tag for tag in tags if tag not in removed)).checked()

    def checked(self) -> "Words":
        """Itself, if it is within the limits."""
        if len(self.tags) > MAX_TAGS:
            raise TooManyTags
        return self


EDITABLE = frozenset({"note", "tags", "collection_id", "state", "due_time"})


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a bookmark: the fields named are taken from `words`; tags can also come and go one by one."""

    words: Words
    fields: frozenset[str]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which bookmarks a list shows; None or empty leaves a question open."""

    type: TargetType | None = None
    collection_id: UUID | None = None
    tags: tuple[str, ...] = ()
    text: str | None = None
    available: bool | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A person's own folder."""

    id: UUID
    name: str
    name_key: str
    bookmark_count: int
    create_time: datetime
    update_time: datetime
    version: int


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Trimmed and case-folded, each once, in order of the alphabet; empty ones dropped."""
    return tuple(sorted({tidy for tag in tags if (tidy := tag.strip().casefold())}))


def preview(text: str) -> str:
    """The first 80 characters, with three dots where there are more."""
    return text if len(text) <= PREVIEW_LENGTH else text[:PREVIEW_LENGTH] + "..."


def etag_of(version: int) -> str:
    """Changes with every change."""
    return str(version)


def check_etag(asked: str | None, version: int) -> None:
    """Refuse a change that was made from an older reading."""
    if asked and asked != etag_of(version):
        raise EtagMismatch

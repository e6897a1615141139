"""What a saved item is, and the rules it keeps. No database and no wire format here.

A link is always available; what is known of it is in domain_links.py.

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
from services.bookmarks.domain_links import Canonical, Link
from services.bookmarks.domain_shown import SavedFile, SavedMessage

MAX_TAGS = 20
MAX_NOTE = 2000
MAX_COLLECTIONS = 1000


class TargetType(StrEnum):
    """What kind of thing is saved."""

    MESSAGE = "message"
    FILE = "file"
    LINK = "link"


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
    """What is saved; the id is the host's own, and of a link the key of its canonical form."""

    type: TargetType
    id: str


Wanted = Target | Canonical


def target_of(wanted: Wanted) -> Target:
    """What an address is as a target."""
    return Target(TargetType.LINK, wanted.key) if isinstance(wanted, Canonical) else wanted


@dataclass(slots=True)
class Bookmark:
    """One saved item of one person. `message` and `file` are there only while it is available; `link` always is."""

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
    link: Link | None = None


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
        values = {name: getattr(edit.words, name) for name in edit.fields - OF_LINKS}
        words = replace(self, **values)
        tags = tidy_tags((*words.tags, *edit.add_tags))
        removed = set(tidy_tags(edit.remove_tags))
        return replace(words, note=words.note or None, tags=tuple(tag for tag in tags if tag not in removed)).checked()

    def over(self, before: "Words") -> "Words":
        """What is said now, and where nothing is said, what was said before; tags of before as far as there is room."""
        others = [tag for tag in before.tags if tag not in self.tags]
        return Words(
            self.note or before.note,
            tidy_tags((*self.tags, *others[: MAX_TAGS - len(self.tags)])),
            self.collection_id or before.collection_id,
            before.state if self.state is State.OPEN else self.state,
            self.due_time or before.due_time,
        )

    def checked(self) -> "Words":
        """Itself, if it is within the limits."""
        if len(self.tags) > MAX_TAGS:
            raise TooManyTags
        return self


OF_LINKS = frozenset({"title", "description"})
EDITABLE = frozenset({"note", "tags", "collection_id", "state", "due_time"}) | OF_LINKS


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a bookmark: the fields named are taken from `words`; tags can also come and go one by one."""

    words: Words
    fields: frozenset[str]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    # Of a link; empty shows what was found.
    title: str = ""
    description: str = ""

    @property
    def of_link(self) -> dict[str, str]:
        """What it changes of a link itself."""
        return {name: getattr(self, name) for name in sorted(self.fields & OF_LINKS)}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which bookmarks a list shows; None or empty leaves a question open."""

    type: TargetType | None = None
    collection_id: UUID | None = None
    tags: tuple[str, ...] = ()
    text: str | None = None
    available: bool | None = None
    state: State | None = None
    # Of links only.
    media_class: str | None = None
    site: str | None = None
    modified_since: datetime | None = None


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


def etag_of(version: int) -> str:
    """Changes with every change."""
    return str(version)


def check_etag(asked: str | None, version: int) -> None:
    """Refuse a change that was made from an older reading."""
    if asked and asked != etag_of(version):
        raise EtagMismatch

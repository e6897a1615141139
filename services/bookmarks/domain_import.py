"""Links of an import, and what becomes of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.bookmarks.domain import Words


@dataclass(frozen=True, slots=True)
class Imported:
    """One link as it was read from a file; `collection` is a name."""

    row: int
    url: str
    words: Words
    title: str = ""
    description: str = ""
    collection: str = ""
    create_time: datetime | None = None
    # Addresses that are this link, too.
    other_urls: tuple[str, ...] = ()


class Row(NamedTuple):
    """What became of one: saved, already_saved, restored or, with a reason, invalid."""

    row: int
    outcome: str
    bookmark_id: UUID | None = None
    reason: str = ""

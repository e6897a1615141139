"""What an export tells of a bookmark: what its owner wrote, and of a link what was found. No content of the host's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Format(StrEnum):
    """What a file is written in."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Exported:
    """A bookmark. What concerns links only is empty for others."""

    id: UUID
    # message, file or link, and the host's id of the first two.
    type: str
    target_id: str
    note: str
    tags: Sequence[str]
    # The name of its collection.
    collection: str
    state: str
    due_time: datetime | None
    create_time: datetime
    update_time: datetime
    url: str = ""
    final_url: str = ""
    other_urls: Sequence[str] = ()
    # As they are shown; and what of it is the person's own.
    title: str = ""
    description: str = ""
    own_title: str | None = None
    own_description: str | None = None
    site: str = ""
    site_name: str = ""
    media_type: str = ""
    media_class: str = ""
    caption: str = ""

"""Imports of links: what a file holds, and what becomes of each link. No database and no wire format here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chassis.errors import InvalidInput
from services.jobs.domain import Failure, Kind, Queue

# A result lasts as long as the list of its rows.
IMPORT = Kind("link-import", Queue.BULK, run_seconds=1800.0, result_seconds=7 * 24 * 3600, max_attempts=10)

MAX_BYTES = 25 << 20
MAX_LINKS = 20_000
# Saved at a time.
BATCH = 100
# Of what is kept of a link, in characters; more is cut off, but of a URL, which would be another then.
LONGEST_URL, LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_NOTE = 2048, 1000, 4000, 2000
LONGEST_COLLECTION, LONGEST_TAG, MAX_TAGS = 100, 64, 20
MAX_OTHER_URLS = 50

URL_TOO_LONG, URL_INVALID = "URL_TOO_LONG", "URL_INVALID"
IMPORT_GONE = Failure("IMPORT_GONE", "The upload is no longer kept. Send it again.", False)
IMPORT_TOO_LONG = Failure("IMPORT_TOO_LONG", "It has more than 20,000 links. Send it in parts.", False)
IMPORT_DISTURBED = Failure("IMPORT_DISTURBED", "Reading it was disturbed on our side, such as by a full disk.", True)
IMPORT_BREAKS = Failure("IMPORT_UNREADABLE", "It is broken: reading it takes more time or memory than it may.", False)


class ImportEmpty(InvalidInput):
    """The file is empty"""

    reason = "IMPORT_EMPTY"


class ImportTooLarge(InvalidInput):
    """A file to import has at most 25 MiB"""

    reason = "IMPORT_TOO_LARGE"


class Format(StrEnum):
    """What a file is written in; empty where it is to be found out."""

    UNKNOWN = ""
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class Outcome(StrEnum):
    """What became of a link. A link is restored that lay in the trash."""

    SAVED = "saved"
    ALREADY_SAVED = "already_saved"
    RESTORED = "restored"
    INVALID = "invalid"


class Wanted(NamedTuple):
    """A file to be imported. `upload` is where it is kept."""

    upload: UUID | None
    format: Format
    dry_run: bool
    name: str


class Link(NamedTuple):
    """A link of a file, as it was read. Times are microseconds since 1970; None where it has none that makes sense."""

    url: str
    title: str = ""
    description: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    collection: str = ""
    # open, done, archived, or empty.
    state: str = ""
    due: int | None = None
    created: int | None = None
    # Addresses that turned out to be the same, from an export of ours.
    other_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A link of an import, and what became of it; the reason is that of an invalid one."""

    number: int
    url: str
    outcome: Outcome
    reason: str = ""
    bookmark_id: UUID | None = None


def unreadable(why: str, line: int) -> Failure:
    """The file is none of those that are read here; people are told where it fails."""
    return Failure("IMPORT_UNREADABLE", f"Line {line}: {why}", False)


def problem(link: Link) -> str:
    """Why a link need not be sent; empty where it seems well."""
    if len(link.url) > LONGEST_URL:
        return URL_TOO_LONG
    return "" if link.url else URL_INVALID

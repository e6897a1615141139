"""From the words that files have for things to the fields of a link: nothing here fails, what is odd is left out."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.jobs.domain_imports import (
    LONGEST_COLLECTION,
    LONGEST_DESCRIPTION,
    LONGEST_NOTE,
    LONGEST_TAG,
    LONGEST_TITLE,
    LONGEST_URL,
    MAX_OTHER_URLS,
    MAX_TAGS,
    Link,
)

# What others call it; the first that is there and not empty counts.
URL = ("url", "href", "link", "uri")
TITLE = ("title", "name")
DESCRIPTION = ("description", "excerpt")
NOTE = ("note", "notes", "selection", "extended")
COLLECTION = ("collection", "folder")
TAGS = ("tags", "labels")
CREATED = (
    "create_time",
    "created",
    "time_added",
    "timestamp",
    "add_date",
    "time",
    "created_at",
    "createdat",
    "dateadded",
)
DUE = ("due_time", "due")
STATE = ("state", "status")
STATES = {"open": "open", "done": "done", "archived": "archived", "unread": "open", "archive": "archived"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Numbers from here on count milliseconds, and microseconds: seconds would be of a time after the year 5000.
MILLISECONDS, MICROSECONDS = 10**11, 10**14
# As names of tags and collections may not have them.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def to_link(fields: Mapping[str, Any], between: str = ",") -> Link:
    """A link from fields by their names in lower case; tags in a text are parted by `between`."""
    return Link(
        # One character more than is taken, so that it is seen that there are more.
        url=text(_first(fields, URL)).strip()[: LONGEST_URL + 1],
        title=text(_first(fields, TITLE))[:LONGEST_TITLE],
        description=text(_first(fields, DESCRIPTION))[:LONGEST_DESCRIPTION],
        note=text(_first(fields, NOTE))[:LONGEST_NOTE],
        tags=tags(_first(fields, TAGS), between),
        collection=collection(_first(fields, COLLECTION)),
        state=STATES.get(text(_first(fields, STATE)).strip().lower(), ""),
        due=moment(_first(fields, DUE)),
        created=moment(_first(fields, CREATED)),
        other_urls=urls(fields.get("other_urls", "")),
    )


def text(value: object) -> str:
    """A string that can be stored: without null characters, and halves of pairs."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode(errors="replace").decode()


def collection(value: object) -> str:
    """The name of a collection; empty where there is nothing to be seen in it."""
    name = UNSEEN.sub(" ", text(value)).strip()[:LONGEST_COLLECTION].strip()
    return name if any(each.isprintable() and not each.isspace() for each in name) else ""


def tags(value: object, between: str) -> tuple[str, ...]:
    """Tags from a list, or from a text that is a list in JSON or has something between them; the first twenty."""
    found = value if isinstance(value, list) else _split(text(value), between)
    tidy = (UNSEEN.sub("", text(each)).strip()[:LONGEST_TAG].strip() for each in found)
    return tuple(dict.fromkeys(each for each in tidy if each))[:MAX_TAGS]


def urls(value: object) -> tuple[str, ...]:
    """Addresses from a list, or from a text with spaces between them; the first fifty."""
    found = [text(each).strip() for each in (value if isinstance(value, list) else text(value).split(" "))]
    return tuple(dict.fromkeys(each for each in found if 0 < len(each) <= LONGEST_URL))[:MAX_OTHER_URLS]


def moment(value: object) -> int | None:
    """A time, from a number of seconds, milliseconds or microseconds, or as ISO 8601 has it."""
    if isinstance(value, str):
        value = value.strip()
        if not re.fullmatch(r"\d{1,18}", value, re.ASCII):
            return _iso(value)
        value = int(value)
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    if value < MILLISECONDS:
        value *= 10**6
    elif value < MICROSECONDS:
        value *= 10**3
    return value if value <= (LAST - EPOCH) // MICROSECOND else None


def _iso(value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return (at - EPOCH) // MICROSECOND if EPOCH <= at <= LAST else None


def _split(value: str, between: str) -> Sequence[object]:
    if value.startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return found
    return value.split(between)


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), "")

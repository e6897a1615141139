"""What people say they are doing: claims, and the one that shows. No database and no wire format here.

A status is a stack of claims. The effective one is the live claim of the highest priority, the newest among equals, so
claims may end in any order and what is left is right. A claim is live until it is cleared or its time has come.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import emoji

from chassis.errors import FieldViolation, InvalidInput, LimitReached

MANUAL = "manual"
MANUAL_PRIORITY = 50
MAX_CLAIMS = 20
MAX_RECENTS = 10
LONGEST = timedelta(days=366)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
SHORTHANDS = {"30m": timedelta(minutes=30), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}
# A day ends so long before the next.
LAST_SECOND = 1
SUNDAY = 6
# Emoji in the tables of Unicode, but they only colour others.
SKIN_TONES = ("🏻", "🏼", "🏽", "🏾", "🏿")


class Online(StrEnum):
    """Whether a person is there."""

    ACTIVE = "active"
    AWAY = "away"
    OFFLINE = "offline"


class StatusEmpty(InvalidInput):
    """A status needs an emoji, a text or dnd; to have none, clear it"""

    reason = "STATUS_EMPTY"


class EmojiInvalid(InvalidInput):
    """Exactly one emoji"""

    reason = "EMOJI_INVALID"


class ExpiryInvalid(InvalidInput):
    """The expiry is not valid"""

    reason = "EXPIRY_INVALID"


class PresetUnknown(InvalidInput):
    """There is no such preset"""

    reason = "PRESET_UNKNOWN"


class TooManyClaims(LimitReached):
    """A person has at most 20 claims"""

    reason = "TOO_MANY_CLAIMS"


class TooManyDevices(LimitReached):
    """A person has at most 20 devices"""

    reason = "TOO_MANY_DEVICES"


class Expiry(NamedTuple):
    """When something ends: at a moment, after a time from now on, or (neither) when it is cleared."""

    at: datetime | None = None
    after: timedelta | None = None
    # The field that said so.
    field: str = "expires_time"


class Saying(NamedTuple):
    """What a claim says."""

    emoji: str
    text: str
    dnd: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's word on what a person is doing."""

    id: str
    source: str
    priority: int
    saying: Saying
    expires_time: datetime | None
    set_time: datetime
    expiry_id: UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim that is to be made."""

    id: str
    source: str
    priority: int
    saying: Saying
    expiry: Expiry


class Recent(NamedTuple):
    """A manual status that was used before."""

    emoji: str
    text: str
    used_time: datetime


class Deletion(NamedTuple):
    """Somebody was deleted; without a time, just now."""

    user: str
    at: datetime | None


class Presence(NamedTuple):
    """One person, as somebody may see them."""

    user_id: str
    emoji: str = ""
    text: str = ""
    status_expires_time: datetime | None = None
    dnd: bool = False
    dnd_until_time: datetime | None = None
    online: Online = Online.OFFLINE
    last_active_time: datetime | None = None
    # When a window of their schedule begins, if that is soon. Nobody is shown this; it is when to look again.
    dnd_begins_time: datetime | None = None


PRESETS = {
    "meeting": Saying("📅", "In a meeting", dnd=False),
    "sick": Saying("🤒", "Out sick", dnd=False),
    "vacation": Saying("🌴", "On vacation", dnd=False),
    "focusing": Saying("🎯", "Focusing", dnd=False),
}


def checked(saying: Saying) -> Saying:
    """Itself, tidied, if it says anything and its emoji is one."""
    text = unicodedata.normalize("NFC", saying.text.strip())
    # What nobody can see says nothing.
    seen = any(unicodedata.category(letter)[0] not in "CZ" for letter in text)
    tidy = saying._replace(emoji=saying.emoji.strip(), text=text if seen else "")
    if tidy.emoji and (tidy.emoji in SKIN_TONES or not emoji.is_emoji(tidy.emoji)):
        raise EmojiInvalid(fields=(FieldViolation("emoji", "exactly one emoji"),))
    if not (tidy.emoji or tidy.text or tidy.dnd):
        raise StatusEmpty(fields=(FieldViolation("text", "emoji, text or dnd is required"),))
    return tidy


def preset(key: str) -> Saying:
    """What a preset says."""
    if key not in PRESETS:
        known = ", ".join(PRESETS)
        raise PresetUnknown(fields=(FieldViolation("preset", f"must be one of: {known}"),))
    return PRESETS[key]


def effective(claims: Iterable[Claim]) -> list[Claim]:
    """The claims in the order in which they count; the first one shows."""
    return sorted(claims, key=lambda claim: (-claim.priority, -claim.set_time.timestamp(), claim.id, claim.source))


def changed(claim: Claim | None, draft: Draft, fields: frozenset[str]) -> Draft:
    """A draft with only the named fields, of `emoji`, `text`, `dnd` and `expiry`; the rest as it was."""
    before = claim.saying if claim else Saying("", "", dnd=False)
    saying = before._replace(**{name: getattr(draft.saying, name) for name in fields - {"expiry"}})
    kept = Expiry(claim.expires_time if claim else None)
    return replace(draft, saying=checked(saying), expiry=draft.expiry if "expiry" in fields else kept)


def duration(text: str, field: str) -> timedelta:
    """`25m` and its like; at most 366 days."""
    length = timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])
    if not timedelta(0) < length <= LONGEST:
        raise invalid_expiry(field, "must be more than nothing and at most 366 days")
    return length


def named_expiry(name: str, zone: ZoneInfo, now: datetime) -> Expiry:
    """30m, 1h, 4h, today, this_week or never; `now` is aware of its zone."""
    if name == "never":
        return Expiry()
    if name in SHORTHANDS:
        return Expiry(after=SHORTHANDS[name], field="expires")
    today = now.astimezone(zone).date()
    days = 0 if name == "today" else SUNDAY - today.weekday()
    # A day ends one second before the next begins: by the clock on the wall, whatever its hours are moved to.
    midnight = datetime.combine(today + timedelta(days=days + 1), time(), zone)
    # Counted as seconds: taking one from a wall-clock time would miss an hour that the clocks skip.
    end = midnight.timestamp() - LAST_SECOND
    # In its last second a day ends with the next one.
    end = end if end > now.timestamp() else midnight.timestamp()
    return Expiry(at=datetime.fromtimestamp(end, zone), field="expires")


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name; UTC where it is empty."""
    if name and name not in _zones():
        raise invalid_expiry("time_zone", f"'{name}' is no IANA time zone")
    return ZoneInfo(name or "UTC")


@lru_cache
def _zones() -> frozenset[str]:
    """The names of the IANA database. What else a machine may have in that folder is no zone, or means another time."""
    listed = resources.files("tzdata").joinpath("zones").read_text().split()
    return frozenset(listed) - {"Factory"}


def invalid_expiry(field: str, message: str) -> ExpiryInvalid:
    """The error that names the field."""
    return ExpiryInvalid(fields=(FieldViolation(field, message),))

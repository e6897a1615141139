"""Do-Not-Disturb: when notifications are held, until when, and who passes. A weekly schedule follows the wall clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chassis.errors import FieldViolation, InvalidInput
from services.presence.domain import ExpiryInvalid, zone_of

# In minutes, as are the weeks of schedules.
DAY = 24 * 60
WEEK = 7 * DAY
# Windows so near to a moment may be around it, whatever clocks are moved by.
NEAR = 180
SECOND = timedelta(seconds=1)
# Nobody will be here to ask what comes after.
LAST_YEAR = 9999
# The week of a schedule that holds without an end.
ALWAYS = ((0, WEEK),)
# Schedules that are remembered as weeks.
REMEMBERED = 4096


class ScheduleInvalid(InvalidInput):
    """The schedule is not valid"""

    reason = "SCHEDULE_INVALID"


class Kind(StrEnum):
    """What somebody wants to notify of."""

    MESSAGE = "message"
    MENTION = "mention"
    REMINDER = "reminder"
    URGENT = "urgent"


class Reason(StrEnum):
    """Why a notification passes or is held."""

    NOT_DISTURBED = "not_disturbed"
    URGENT = "urgent"
    MENTION_ALLOWED = "mention_allowed"
    PERSON_ALLOWED = "person_allowed"
    STATUS = "status"
    SNOOZED = "snoozed"
    SCHEDULED = "scheduled"


class Window(NamedTuple):
    """A weekly window; days count from Monday, 0. One that ends before it starts ends on the next day."""

    days: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person set. Snoozed without a time: until switched off."""

    snoozed: bool = False
    snooze_until: datetime | None = None
    schedule: tuple[Window, ...] = ()
    time_zone: str = ""
    allow_mentions: bool = False
    allow_user_ids: tuple[str, ...] = ()

    def checked(self) -> "Settings":
        """Itself, if the schedule makes sense."""
        if self.schedule and not self.time_zone:
            raise _invalid("time_zone", "a schedule needs a time zone")
        try:
            zone_of(self.time_zone)
        except ExpiryInvalid as error:
            raise ScheduleInvalid(fields=error.fields) from error
        for index, window in enumerate(self.schedule):
            if window.start == window.end:
                raise _invalid(f"schedule[{index}].end", "must differ from the start")
        return self


# Of those who have not set anything, most of all.
UNSET = Settings()


class Hold(NamedTuple):
    """Notifications are held; without a time, until something is switched off."""

    reason: Reason
    until: datetime | None


class Decision(NamedTuple):
    """Whether to notify, why, and while held, until when that is known."""

    notify: bool
    reason: Reason
    held_until: datetime | None = None


def hold(settings: Settings, status: Hold | None, now: datetime) -> Hold | None:
    """What holds now for longest, and the end of all that follows it without a gap."""
    if status is None and not settings.snoozed and not settings.schedule:
        return None
    held = [each for each in (status, _snooze(settings), _scheduled(settings, now)) if each and _lasts(each, now)]
    if not held:
        return None
    longest = max(held, key=lambda each: (each.until is None, each.until and each.until.timestamp()))
    if longest.until is None or longest.until.year >= LAST_YEAR:
        return longest
    # Of the others nothing is left then; and the windows of a schedule that touch are one.
    following = _scheduled(settings, longest.until)
    return longest._replace(until=following.until) if following else longest


def begins(settings: Settings, now: datetime, within: timedelta) -> datetime | None:
    """When a window of the schedule begins next, if that is soon."""
    starts = [start for start, _ in _windows(settings, now) if now < start <= now + within]
    return min(starts, default=None)


def decide(settings: Settings, held: Hold | None, kind: Kind, sender: str) -> Decision:
    """The one rule for every sender."""
    if kind is Kind.URGENT:
        return Decision(True, Reason.URGENT)
    if held is None:
        return Decision(True, Reason.NOT_DISTURBED)
    if kind is Kind.MENTION and settings.allow_mentions:
        return Decision(True, Reason.MENTION_ALLOWED)
    if sender and sender in settings.allow_user_ids:
        return Decision(True, Reason.PERSON_ALLOWED)
    return Decision(False, held.reason, held.until)


def _lasts(each: Hold, now: datetime) -> bool:
    return each.until is None or each.until > now


def _snooze(settings: Settings) -> Hold | None:
    return Hold(Reason.SNOOZED, settings.snooze_until) if settings.snoozed else None


def _scheduled(settings: Settings, at: datetime) -> Hold | None:
    """The window that a moment lies in, if any."""
    if settings.schedule and _week(settings.schedule) == ALWAYS:
        return Hold(Reason.SCHEDULED, None)
    ends = [end for start, end in _windows(settings, at) if start <= at < end]
    return Hold(Reason.SCHEDULED, max(ends)) if ends else None


def _windows(settings: Settings, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The windows that a moment may lie in, or shortly before, as moments."""
    if not settings.schedule:
        return
    zone = ZoneInfo(settings.time_zone)
    local = at.astimezone(zone)
    monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time())
    minute = int((local.replace(tzinfo=None) - monday).total_seconds() // 60)
    for start, end in _week(settings.schedule):
        # Those of this week, and those of the week before and the next one that reach into it.
        for week in (-WEEK, 0, WEEK):
            if start + week - NEAR <= minute <= end + week + NEAR:
                yield _moment(monday, start + week, zone), _moment(monday, end + week, zone)


@lru_cache(REMEMBERED)
def _week(schedule: tuple[Window, ...]) -> tuple[tuple[int, int], ...]:
    """A schedule as minutes since the beginning of a week, in order, with what touches made one."""
    own = [_span(window, day) for window in schedule for day in window.days]
    spans = sorted((start + week, end + week) for start, end in own for week in (-WEEK, 0, WEEK))
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    if any(end - start >= WEEK for start, end in merged):
        return ALWAYS
    return tuple(span for span in merged if 0 <= span[0] < WEEK)


def _span(window: Window, day: int) -> tuple[int, int]:
    start, end = (day * DAY + each.hour * 60 + each.minute for each in (window.start, window.end))
    return start, end if end > start else end + DAY


def _moment(monday: datetime, minute: int, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a moment: of a double one the first, of a skipped one the moment of the jump."""
    wall = monday + timedelta(minutes=minute)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)


def _invalid(field: str, message: str) -> ScheduleInvalid:
    return ScheduleInvalid(fields=(FieldViolation(field, message),))


def parse_time(text: str) -> time:
    """`HH:MM`."""
    return time(int(text[:2]), int(text[3:]))


def days_of(numbers: Sequence[int]) -> tuple[int, ...]:
    """Days counted from Monday, 1, as they are on the wire, to days counted from 0."""
    return tuple(sorted(number - 1 for number in numbers))

"""The day that a sentence names, in English, as seen from the day on which it was written."""

import calendar
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

WEEKDAYS = [name.lower() for name in calendar.day_name]
MONTHS = [name.lower() for name in calendar.month_name]
MONTH = "sept|" + "|".join(f"{name}|{name[:3]}" for name in MONTHS if name)
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
# No plan is made for later than that.
FARTHEST = timedelta(days=3660)


def named_day(text: str, today: date) -> date | None:
    """The first day that is named in one of the known ways, or None."""
    for pattern, day_of in WAYS:
        if found := pattern.search(text):
            with suppress(ValueError, OverflowError):
                day = day_of(found, today)
                return day if abs(day - today) <= FARTHEST else None
    return None


def _written(found: re.Match[str], today: date) -> date:
    month = [name[:3] for name in MONTHS].index(found["month"].lower()[:3])
    if found["year"]:
        return date(int(found["year"]), month, int(found["day"]))
    this_year = date(today.year, month, int(found["day"]))
    return this_year if this_year >= today else date(today.year + 1, month, int(found["day"]))


def _weekday(found: re.Match[str], today: date) -> date:
    ahead = (WEEKDAYS.index(found["weekday"].lower()) - today.weekday()) % 7
    return today + timedelta(days=ahead or 7)


def _end(found: re.Match[str], today: date) -> date:
    match found["span"].lower():
        case "week":
            return today + timedelta(days=6 - today.weekday())
        case "month":
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    return date(today.year, 12, 31)


def _in(found: re.Match[str], today: date) -> date:
    number = 1 if found["number"].lower() in ("a", "one") else int(found["number"])
    return today + timedelta(days=number * {"day": 1, "week": 7, "month": 30}[found["unit"].lower()])


def _way(pattern: str, day_of: Callable[[re.Match[str], date], date]) -> tuple[re.Pattern[str], Callable[..., date]]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), day_of


WAYS = (
    _way(r"(?P<iso>\d{4}-\d{2}-\d{2})", lambda found, _: date.fromisoformat(found["iso"])),
    _way(rf"(?P<month>{MONTH})\.?\s+{DAY}{YEAR}", _written),
    _way(rf"{DAY}\s+(?:of\s+)?(?P<month>{MONTH})\b{YEAR}", _written),
    _way(r"today|tonight|this (?:morning|afternoon|evening)", lambda _, today: today),
    _way(r"tomorrow", lambda _, today: today + timedelta(days=1)),
    _way(r"end of (?:the |this )?(?P<span>week|month|year)", _end),
    _way(r"next week", lambda _, today: today + timedelta(days=7)),
    _way(r"next month", lambda _, today: today + timedelta(days=30)),
    _way(r"in (?P<number>a|one|\d{1,3}) (?P<unit>day|week|month)s?", _in),
    _way(rf"(?P<weekday>{'|'.join(WEEKDAYS)})", _weekday),
)

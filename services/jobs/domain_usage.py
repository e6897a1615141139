"""What people spent on models, by day. Days are those of UTC."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from chassis.errors import FieldViolation, InvalidInput
from services.jobs.domain_model import Usage

# As long as counts are kept.
KEPT_DAYS = 365


class UsageDaysInvalid(InvalidInput):
    """The days are none of the calendar, or the last is before the first"""

    reason = "USAGE_DAYS_INVALID"


class Spent(NamedTuple):
    """On a day, by jobs of a kind, with a model."""

    day: date
    kind: str
    model: str
    calls: int
    usage: Usage


class Report(NamedTuple):
    """What a person spent, and what they may spend a day: 0 for any number of tokens."""

    spent: Sequence[Spent]
    daily_tokens: int
    tokens_today: int
    reset_time: datetime


def next_day(day: date) -> datetime:
    """When the day after it begins."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def to_days(first: str, last: str, today: date) -> tuple[date, date]:
    """The days that are asked for: today where none is, and the first one only where no last one is named."""
    begin = _day("first_day", first) if first else today
    end = _day("last_day", last) if last else begin
    if end < begin:
        raise UsageDaysInvalid(fields=(FieldViolation("last_day", "is before the first day"),))
    return begin, end


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageDaysInvalid(fields=(FieldViolation(field, "is no day of the calendar"),)) from None

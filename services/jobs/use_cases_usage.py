"""What a person may know of what they spent on models."""

from collections.abc import Callable
from datetime import datetime

from chassis.database import Queries
from services.jobs import store_usage
from services.jobs.domain import Owner
from services.jobs.domain_usage import Report, next_day, to_days


class UsageReports:
    """The use case of usage."""

    def __init__(self, queries: Queries, daily_tokens: int, now: Callable[[], datetime]) -> None:
        """`daily_tokens` is what a person may spend in a UTC day, 0 for any number."""
        self._queries = queries
        self._daily_tokens = daily_tokens
        self._now = now

    async def report(self, owner: Owner, first: str, last: str) -> Report:
        """What the person spent from one day to another, empty for today, and what they may spend."""
        today = self._now().date()
        spent = await store_usage.between(self._queries, owner, *to_days(first, last, today))
        tokens = await store_usage.tokens(self._queries, owner, today)
        return Report(spent, self._daily_tokens, tokens, next_day(today))

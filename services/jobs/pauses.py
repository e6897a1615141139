"""How long a server has asked us to wait: read from Retry-After, and kept to."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 300.0


class Pauses:
    """While a server has asked us to wait, it is not asked."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` tells seconds since 1970."""
        self._now = now
        self._not_before = 0.0

    @property
    def left(self) -> float:
        """Seconds to wait yet; 0: it may be asked."""
        # No longer than it can have asked for, in case our clock was put back since.
        return min(max(self._not_before - self._now(), 0.0), LONGEST_PAUSE)

    def told(self, retry_after: str) -> float | None:
        """Take note of a header, of seconds or a date; tells the seconds, unless it is neither."""
        pause = _pause(retry_after, self._now())
        if pause is not None:
            self._not_before = self._now() + pause
        return pause


def _pause(retry_after: str, now: float) -> float | None:
    try:
        seconds = float(retry_after) if retry_after.strip().isdigit() else _until(retry_after, now)
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def _until(date: str, now: float) -> float:
    return parsedate_to_datetime(date).timestamp() - now

"""Removed links."""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.bookmarks.domain import Bookmark

KEPT = timedelta(days=30)


class Trashed(NamedTuple):
    """A link in the trash, and since when."""

    bookmark: Bookmark
    time: datetime

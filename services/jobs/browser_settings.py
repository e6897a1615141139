"""Which browser takes pictures of pages, and how much memory it may take."""

from dataclasses import dataclass
from typing import Annotated

from chassis.settings import Rule

# An empty page takes half of it.
LEAST_MB = 256
Megabytes = Annotated[int, Rule(lambda number: number >= LEAST_MB, f"must be at least {LEAST_MB}")]


@dataclass(frozen=True)
class BrowserSettings:
    """The browser."""

    # The program; empty: the first one that is found.
    browser: str = ""
    # The page and the browser that shows it together.
    browser_memory_mb: Megabytes = 1024

"""A terminal that shows what others wrote, and obeys none of it."""

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# Codes that move the cursor, set titles, clear the screen or turn the direction of writing round.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Terminal(Console):
    """A console without markup: square brackets are square brackets."""

    def __init__(self, *, soft_wrap: bool = False) -> None:
        """With `soft_wrap` long lines are left to the terminal."""
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=soft_wrap)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Draw, with a sign in the place of every code."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=OBEYED.sub("\ufffd", segment.text))

"""Work that many wait for, done once for all who were waiting when it began."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

import structlog

from chassis.errors import CairnError, Unavailable

RETRY_SECONDS = 0.5
# At most, between two rounds; else as long as the first of them took, so that there is time for other things.
REST_SECONDS = 1.0

Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
Mark: TypeAlias = "asyncio.Future[None]"


class PeopleAway(Unavailable):
    """People cannot be read right now"""

    reason = "PEOPLE_AWAY"


def new_mark() -> Mark:
    """Something to wait for; it may be that nobody does."""
    mark: Mark = asyncio.get_running_loop().create_future()
    mark.add_done_callback(lambda done: done.cancelled() or done.exception())
    return mark


def settle(mark: Mark, error: CairnError | None) -> None:
    """Let those go on who wait."""
    if mark.done():
        return
    if error is None:
        mark.set_result(None)
    else:
        mark.set_exception(error)


class Rounds:
    """One round after the other, as long as somebody waits for one."""

    def __init__(self, work: Callable[[], Awaitable[object]], spawn: Spawn) -> None:
        """`work` is one round."""
        self._work = work
        self._spawn = spawn
        self._next: Mark | None = None
        self._task: asyncio.Task[None] | None = None

    def next(self) -> Mark:
        """Done at the end of the first round that begins after now."""
        if self._next is None:
            self._next = new_mark()
        mark = self._next
        if self._task is None or self._task.done():
            self._task = self._spawn(self._run())
        return mark

    async def _run(self) -> None:
        rest = 0.0
        while self._next is not None:
            await asyncio.sleep(rest)
            mark, self._next = self._next, None
            begun = time.monotonic()
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                structlog.get_logger().warning("watchers wait: a round failed", exc_info=error)
                settle(mark, error if isinstance(error, CairnError) else PeopleAway(retry_after=RETRY_SECONDS))
            else:
                settle(mark, None)
            rest = min(time.monotonic() - begun, REST_SECONDS)

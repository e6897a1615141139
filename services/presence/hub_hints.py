r"""Where it is heard that somebody may have changed. A hint may be lost or come twice; it is only a reason to look.

Whatever listens calls `heard` with "workspace\nuser" and `lost` whenever it may have missed something: each time that
it starts to listen, too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias

import asyncpg
import structlog

from services.presence import store

Heard: TypeAlias = Callable[[str], None]
Lost: TypeAlias = Callable[[], None]

# After so long a silence the connection is asked whether it is there.
SILENCE_SECONDS = 10.0
ANSWER_SECONDS = 5.0
BACKOFF_LEAST, BACKOFF_MOST = 0.1, 5.0


class Listener(Protocol):
    """Something to listen to, for ever."""

    async def run(self, heard: Heard, lost: Lost) -> None:
        """Listen."""


class PostgresListener:
    """LISTEN on a connection of its own, not through a pooler that shares connections by transaction."""

    def __init__(self, database_url: str) -> None:
        """Which PostgreSQL."""
        self._url = database_url

    async def run(self, heard: Heard, lost: Lost) -> None:
        """Listen, and come back when cut off."""
        pause = BACKOFF_LEAST
        while True:
            try:
                async with self._listening(heard) as (connection, closed):
                    lost()
                    pause = BACKOFF_LEAST
                    await _alive(connection, closed)
            except Exception as error:  # noqa: BLE001 - whatever it was, listening goes on
                structlog.get_logger().warning("not listening to postgresql", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF_MOST)

    @asynccontextmanager
    async def _listening(self, heard: Heard) -> AsyncIterator[tuple[Any, asyncio.Event]]:
        connection = await asyncpg.connect(
            self._url,
            timeout=ANSWER_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": "cairn-presence-watch"},
        )
        closed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: closed.set())
            await connection.add_listener(store.CHANNEL, lambda *said: heard(said[3]))
            yield connection, closed
        finally:
            connection.terminate()


async def _alive(connection: Any, closed: asyncio.Event) -> None:
    """Return when the connection is lost."""
    while not closed.is_set():
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await closed.wait()
        except TimeoutError:
            await connection.execute("SELECT 1")

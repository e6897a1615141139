"""The worker process of presence: deletes claims whose time has come, when the timekeeper rings."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
import uvloop

from chassis import settings, telemetry
from chassis.database import Database, DatabaseSettings, Queries
from chassis.doorbell import Doorbell
from chassis.settings import Port
from chassis.worker import WorkerSettings, work
from services.presence import store_expiry
from services.presence.timekeeper import EXPIRE, QUEUE

# Before the second and the third attempt; after that there is none.
DELAYS = (1.0, 2.0, None)


@dataclass(frozen=True)
class Settings:
    """What the worker reads from the environment."""

    worker: WorkerSettings
    database: DatabaseSettings
    presence_worker_port: Port = 50056


class Expiry:
    """The task."""

    def __init__(self, queries: Queries, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """`sleep` waits between attempts."""
        self._queries = queries
        self._sleep = sleep

    async def expire(self, keys: list[list[str]]) -> None:
        """Delete those of the claims that are due; each key is workspace, user, claim and expiry id.

        After the third failure it is logged, and left to the next look of a timekeeper.
        """
        parsed = [(workspace, user, claim, UUID(expiry)) for workspace, user, claim, expiry in keys]
        for delay in DELAYS:
            try:
                await store_expiry.expire(self._queries, parsed)
            except Exception as error:
                if delay is None:
                    raise
                structlog.get_logger().warning("expiry failed", claims=len(parsed), error=type(error).__name__)
                await self._sleep(delay)
            else:
                return


async def run(config: Settings) -> None:
    """Work until told to stop."""
    database = await Database.connect(config.database, "cairn-presence-worker")
    doorbell = Doorbell(config.worker.redis_url, QUEUE)
    doorbell.answer(EXPIRE, Expiry(database).expire)
    await work(doorbell, config.worker, config.presence_worker_port)
    await database.aclose()


def main() -> None:
    """Start."""
    try:
        config = settings.load(Settings, os.environ)
        telemetry.configure("presence-worker", config.worker.telemetry)
        uvloop.run(run(config))
    except settings.SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()

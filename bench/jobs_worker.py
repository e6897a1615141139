"""A worker process of jobs with kinds for measuring: naps, and jobs that fail once."""

import asyncio

from services.jobs import worker
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Failure, JobFailed, Kind, Queue

NAP, FLAKY = Kind("nap", Queue.INTERACTIVE), Kind("flaky", Queue.INTERACTIVE)
RETRY_SECONDS = 1.0
AWAY = Failure("UPSTREAM_AWAY", "The other side does not answer.", True)


async def nap(given: bytes, _context: Context) -> bytes:
    """Sleep for so many seconds."""
    await asyncio.sleep(float(given))
    return b""


async def flaky(_given: bytes, context: Context) -> bytes:
    """Fail the first time."""
    if context.job.attempt == 1:
        raise JobFailed(AWAY, RETRY_SECONDS)
    return b""


if __name__ == "__main__":
    worker.main(lambda _: [Action(NAP, nap), Action(FLAKY, flaky)])

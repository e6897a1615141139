"""One attempt at a job: its action runs until it ends, or until it is told to stop."""

import asyncio
import random
from enum import Enum, auto

import structlog

from services.jobs import encode
from services.jobs.actions import Action
from services.jobs.child import GRACE_SECONDS, NO_GRACE
from services.jobs.context import Context
from services.jobs.domain import INTERNAL, MAX_RESULT_BYTES, RESULT_TOO_LARGE, TIMEOUT, Failure, JobFailed, delay
from services.jobs.store_lease import Done, Failed, Outcome, Stopped

# How long an action may take to stop; a child process is killed by then.
STOP_SECONDS = GRACE_SECONDS + 1.0


class Stop(Enum):
    """Why an attempt is stopped."""

    CANCELED = auto()
    TIMED_OUT = auto()
    # This worker ends.
    DRAINED = auto()
    # Somebody else may run the job from now on.
    LOST = auto()
    # Soon somebody else may, since its lease could not be renewed.
    UNRENEWED = auto()


GONE = (Stop.LOST, Stop.UNRENEWED)


class Execution:
    """An action at work."""

    def __init__(self, action: Action, context: Context) -> None:
        """It is at work from now on."""
        self.context = context
        self.job = context.job
        self._action = action
        self._stop: Stop | None = None
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger().bind(job=str(self.job.id), kind=self.job.kind, attempt=self.job.attempt)
        self._working = asyncio.create_task(self._work())
        # What an action raises while it is stopped is of no interest.
        self._working.add_done_callback(lambda working: working.cancelled() or working.exception())

    @property
    def ours(self) -> bool:
        """Whether what it says still counts, as far as it was told."""
        return self._stop not in GONE

    @property
    def unrenewed(self) -> bool:
        """Whether it has ended since its lease could not be renewed: so nobody needs to wait for the end of that."""
        return self._stop is Stop.UNRENEWED and self._working.done()

    def stop(self, why: Stop) -> None:
        """Stop it, unless it has ended. That it is lost matters more than what it was told before."""
        if self._working.done() or self._stop is why or (self._stop and why not in GONE):
            return
        self._log.info("stopping", why=why.name)
        self._stop = why
        self.context.cancelled = True
        self._stopping.set()
        self._working.cancel(NO_GRACE if why in GONE else None)

    async def outcome(self) -> Outcome | None:
        """Wait for its end; tells what is to be written, if anything."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._action.kind.run_seconds, self.stop, Stop.TIMED_OUT)
        await self._end()
        timer.cancel()
        match self._stop:
            case None:
                return self._result()
            case Stop.CANCELED:
                return Stopped()
            case Stop.TIMED_OUT:
                return self.failed(TIMEOUT)
        return None

    def failed(self, failure: Failure, retry_after: float | None = None) -> Failed:
        """The outcome of a failure."""
        again = failure.retryable and self.job.attempt < self.job.max_attempts
        return Failed(failure, delay(self.job.attempt, retry_after, random.SystemRandom()) if again else None)

    async def _work(self) -> bytes:
        result = await self._action.run(self.job.input, self.context)
        if len(result) <= MAX_RESULT_BYTES:
            encode.check_result(result)
        return result

    async def _end(self) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({self._working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await asyncio.wait({self._working}, timeout=STOP_SECONDS)
        if not self._working.done():
            self._log.error("the action does not stop")

    def _result(self) -> Outcome:
        working = self._working
        error = asyncio.CancelledError() if working.cancelled() else working.exception()
        if isinstance(error, JobFailed):
            self._log.info("failed", reason=error.failure.reason)
            return self.failed(error.failure, error.retry_after)
        if error is not None:
            self._log.error("failed", exc_info=error)
            return self.failed(INTERNAL)
        result = working.result()
        return Done(result) if len(result) <= MAX_RESULT_BYTES else self.failed(RESULT_TOO_LARGE)

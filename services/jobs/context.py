"""What an action has besides its input: it says here how far it is, and keeps what must not be done twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson
import structlog

from chassis.database import DatabaseFault
from chassis.errors import Unavailable
from services.jobs.domain import MAX_RESULT_BYTES, RESULT_TOO_LARGE, Claimed, JobFailed, Progress, Step, StepStatus
from services.jobs.store_lease import Report

WRITES_APART_SECONDS = 0.25
MAX_COUNT = 2**63 - 1
# Of what an action says on the way: lists show it, many at a time.
MAX_WORDS_BYTES = 4096


# Tells whether the job is still ours.
Write: TypeAlias = Callable[[Report], Awaitable[bool]]


class Context:
    """What one attempt at a job knows and says. Of what it says in a quarter of a second the latest counts."""

    def __init__(self, job: Claimed, write: Write, lost: Callable[[], None]) -> None:
        """`lost` is called when a report is refused, since the job is no longer ours."""
        self.job = job
        # For what cannot be cancelled and looks here instead, such as a thread.
        self.cancelled = False
        self._write, self._lost = write, lost
        self._progress: Progress | None = None
        self._checkpoint: dict[str, object] = dict(job.checkpoint)
        # So many of its steps are in the database. What is kept of a step never changes, so the number says it all.
        self._kept = len(self._checkpoint)
        self._steps = {name: Step(name, StepStatus.DONE) for name in self._checkpoint}
        self._unsaid = self._closed = False
        self._next_at = 0.0
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    async def progress(self, current: int, total: int = 0, message: str = "", step: str = "") -> None:
        """Say how far it is. This waits for nothing. Who says too much has failed."""
        _check(f"{message}{step}".encode(errors="replace"), MAX_WORDS_BYTES)
        at, of = (min(max(number, 0), MAX_COUNT) for number in (current, total))
        self._progress = Progress(at, of, message, step)
        self._say()
        await asyncio.sleep(0)  # an action that only counts must not keep others from running

    async def step(self, name: str, work: Callable[[], Awaitable[object]]) -> Any:
        """The outcome of a step, as JSON has it: what an earlier attempt kept, or else what the work comes to.

        It is kept before this returns, unless the database is away. A step that raises is done again next time. All
        that is kept of a job must be at most as large as a result, and is written anew after each step: steps are for
        work that is worth it.
        """
        if name in self._checkpoint:
            return self._checkpoint[name]
        self.mark(name, StepStatus.RUNNING)
        try:
            outcome = orjson.loads(orjson.dumps(await work()))
            _check(orjson.dumps({**self._checkpoint, name: outcome}), MAX_RESULT_BYTES)
        except BaseException as error:
            self._mark_ended(name, error)
            raise
        self._checkpoint[name] = outcome
        self.mark(name, StepStatus.DONE)
        await self._write_now()
        return outcome

    def plan(self, *names: str) -> None:
        """Name the steps that are to come, so that people see them."""
        for name in names:
            self._steps.setdefault(name, Step(name))
        self._say()

    def skip(self, name: str, reason: str) -> None:
        """Say that a step is not needed or not possible, and why."""
        self.mark(name, StepStatus.SKIPPED, reason)

    def mark(self, name: str, status: StepStatus, reason: str = "") -> None:
        """Say how a step stands, where nothing of it is kept here."""
        self._steps[name] = Step(name, status, reason)
        self._say()

    async def ended(self, name: str, status: StepStatus, reason: str = "") -> None:
        """Keep how a step ended, the first time; what it came to is kept elsewhere."""
        self._checkpoint.setdefault(name, [status.value, reason])
        self.mark(name, status, reason)
        await self._write_now()

    async def close(self, *, ours: bool) -> None:
        """Say the last, if the job is still ours, and no more."""
        self._closed = True
        async with self._writing:
            if self._writer is not None:
                self._writer.cancel()  # it only waits
        if ours and self._unsaid:
            await self._write_now()

    def _mark_ended(self, name: str, error: BaseException) -> None:
        if isinstance(error, JobFailed):
            self.mark(name, StepStatus.FAILED, error.failure.reason)
        elif isinstance(error, Exception):
            self.mark(name, StepStatus.FAILED, "INTERNAL")
        else:
            self.mark(name, StepStatus.PENDING)

    def _say(self) -> None:
        self._unsaid = True
        if not self._closed and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._unsaid:
            await asyncio.sleep(self._next_at - asyncio.get_running_loop().time())
            await self._write_now()

    async def _write_now(self) -> None:
        async with self._writing:
            self._unsaid = False
            done = len(self._checkpoint)
            checkpoint = dict(self._checkpoint) if done > self._kept else None
            report = Report(self._progress, tuple(self._steps.values()), checkpoint)
            try:
                held = await self._write(report)
            except Unavailable:
                self._unsaid = True  # and said again with what comes next, or with the outcome
                return
            except DatabaseFault:
                structlog.get_logger().exception("report refused")
                return
            except asyncio.CancelledError:
                self._unsaid = True
                raise
            finally:
                self._next_at = asyncio.get_running_loop().time() + WRITES_APART_SECONDS
        if not held:
            self._lost()
            return
        self._kept = done


def _check(said: bytes, most: int) -> None:
    if len(said) > most:
        raise JobFailed(RESULT_TOO_LARGE)

"""Works off one queue: claims what is due, up to its free slots, runs it, and writes what came of it.

The rows are looked at each second and at the moment the next one is due; a ring only makes that sooner.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from chassis.database import Database, DatabaseFault
from chassis.errors import CairnError, Unavailable
from chassis.outage import Outage
from chassis.telemetry import trace_id
from services.jobs import store_claim, store_lease
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import INTERNAL, Caps, Claimed, Queue, Status
from services.jobs.execution import STOP_SECONDS, Execution, Stop
from services.jobs.heart import Heart, News
from services.jobs.store_claim import Claims, Worker
from services.jobs.store_lease import Held, Outcome

LOOK_SECONDS = 1.0
# Added to the moment at which the next one is due, lest it be looked for too early by the clock of the database.
MARGIN_SECONDS = 0.001
RELEASE_SECONDS = 3.0
# For so long after its lease, what came of a job is offered to a database that was away.
AFTER_SECONDS = 60.0
STOPS = {News.CANCELING: Stop.CANCELED, News.LOST: Stop.LOST, News.UNRENEWED: Stop.UNRENEWED}

Tell: TypeAlias = Callable[[UUID, Status], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a runner works off, and how."""

    queue: Queue
    # Unique among the workers.
    name: str
    slots: int
    caps: Caps
    lease_seconds: float
    # How long jobs may go on after the worker was told to stop.
    drain_seconds: float


class Runner:
    """Everything that a worker process does with jobs."""

    def __init__(self, database: Database, heart: Heart, actions: Sequence[Action], plan: Plan, tell: Tell) -> None:
        """`tell` hints that a job has changed, and must neither wait nor raise."""
        self._database = database
        self._heart = heart
        self._plan = plan
        self._tell = tell
        self._actions = {action.kind.name: action for action in actions if action.kind.queue is plan.queue}
        kinds = [action.kind for action in self._actions.values()]
        self._worker = Worker(plan.name, plan.queue, kinds, plan.caps, plan.lease_seconds)
        self._executions: dict[UUID, Execution] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._outage = Outage(f"the database, for {plan.queue.value} jobs")
        self._stopping = False
        # More is due than could be claimed.
        self._more = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def well(self) -> bool:
        """Whether the database can be reached."""
        return not self._outage.on

    async def rung(self) -> None:
        """Something may be due. As long as all slots are taken this waits, so that others hear the next ring."""
        await self._room.wait()
        self._wake.set()

    def hinted(self, job_id: UUID, status: Status) -> None:
        """A job may have changed. If one of ours may be canceled, the row is asked."""
        if status is Status.CANCELING and any(execution.job.id == job_id for execution in self._executions.values()):
            self._heart.beat_soon()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until told to stop; then let jobs come to their end, hand back those that do not, and return."""
        self._heart.start(self._hear)
        looking = asyncio.create_task(self._look_on())
        told = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({looking, told}, return_when=asyncio.FIRST_COMPLETED)
            self._look_no_more()
            await self._wait_for_all(self._plan.drain_seconds)
            await looking
        finally:  # whatever it was: what is held is handed back, or each job would count a crash
            told.cancel()
            self._look_no_more()
            await asyncio.wait({looking}, timeout=STOP_SECONDS)
            await self._drain()
            await self._heart.end()

    def _look_no_more(self) -> None:
        self._stopping = True
        self._wake.set()
        self._room.set()

    async def _look_on(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self._look()
                self._outage.ended()
            except CairnError as error:
                pause = self._outage.began(error)
            except DatabaseFault as error:  # such as before its tables are made
                if not self._outage.on:
                    structlog.get_logger().exception("look refused")
                pause = self._outage.began(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _look(self) -> float:
        """Claim what there is room for; tells how many seconds to wait until the next look."""
        free = self._plan.slots - len(self._executions)
        claims = await self._claim(free) if free > 0 else Claims([], 0.0)
        for job in claims.jobs:
            self._start(job, claims.since)
        if free > 0 and len(claims.jobs) == free:
            self._more = True
            return LOOK_SECONDS
        # Asked also where there is no room: else nobody would know whether the database is there.
        left = await store_lease.next_due(self._database, self._worker.queue, self._worker.kinds)
        if free <= 0:
            return LOOK_SECONDS
        # Held up by a cap, or just come: the latter is seen at the second look.
        surprise, self._more = left.due and not self._more, left.due
        return 0.0 if surprise else min(LOOK_SECONDS, (left.seconds or LOOK_SECONDS) + MARGIN_SECONDS)

    async def _claim(self, free: int) -> Claims:
        async with self._database.begin() as queries:
            return await store_claim.claim(queries, self._worker, free)

    def _start(self, job: Claimed, since: float) -> None:
        action = self._actions[job.kind]
        longest = action.kind.run_seconds + STOP_SECONDS + self._plan.lease_seconds
        self._heart.hold(job.id, job.token, since, since + longest)
        if self._stopping:  # it is handed back with the others
            return
        report = partial(store_lease.progress, self._database, job.id, job.token)
        context = Context(job, report, partial(self._hear, job.token, News.LOST))
        with bound_contextvars(job=str(job.id), trace_id=trace_id(job.traceparent)):
            execution = self._executions[job.token] = Execution(action, context)
            task = asyncio.create_task(self._see_through(execution))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, job))
        if len(self._executions) >= self._plan.slots:
            self._room.clear()
        self._tell(job.id, Status.RUNNING)

    async def _see_through(self, execution: Execution) -> None:
        outcome = await execution.outcome()
        await execution.context.close(ours=execution.ours)
        if outcome is not None:
            await self._finish(execution, outcome)
        elif execution.unrenewed:
            await self._hand_back(lambda: [(execution.job.id, execution.job.token)], AFTER_SECONDS)

    def _ended(self, job: Claimed, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        del self._executions[job.token]
        if not self._stopping:  # else it may be held until it is handed back
            self._heart.drop(job.token)
            self._room.set()
            if self._more:
                self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            structlog.get_logger().error("a job was left", job=str(job.id), exc_info=error)

    async def _finish(self, execution: Execution, outcome: Outcome) -> None:
        """Write the outcome, as long as the lease may stand, and for a while after: perhaps nobody has the job yet."""
        job, outage = execution.job, Outage("the database, for an outcome")
        give_up = time.monotonic() + AFTER_SECONDS
        while True:
            try:
                status = await store_lease.finish(self._database, job.id, job.token, outcome)
            except Unavailable as error:
                pause = outage.began(error)
            except DatabaseFault as error:
                structlog.get_logger().exception("outcome refused")
                outcome, pause = execution.failed(INTERNAL), outage.began(error)
            else:
                self._finished(job, status)
                return
            if time.monotonic() > give_up and not self._heart.holds(job.token):
                return
            await asyncio.sleep(pause)

    def _finished(self, job: Claimed, status: Status | None) -> None:
        self._heart.drop(job.token)
        if status is None:
            structlog.get_logger().warning("outcome dropped")
            return
        self._tell(job.id, status)
        if status is Status.PENDING:
            self._wake.set()  # to see when it is due

    async def _drain(self) -> None:
        for execution in self._executions.values():
            execution.stop(Stop.DRAINED)
        await self._wait_for_all(STOP_SECONDS + 1.0)
        await self._hand_back(self._heart.held, RELEASE_SECONDS)

    async def _wait_for_all(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _hand_back(self, held: Callable[[], Sequence[Held]], seconds: float) -> None:
        """Let others have what is held, as soon as the database answers, and as if it had not been tried here."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._released(held), seconds)

    async def _released(self, held: Callable[[], Sequence[Held]]) -> None:
        outage = Outage("the database, for what is handed back")
        while leases := held():
            try:
                count = await store_lease.release(self._database, leases)
            except Unavailable as error:
                await asyncio.sleep(outage.began(error))
            else:
                structlog.get_logger().info("handed back", jobs=count)
                return

    def _hear(self, token: UUID, news: News) -> None:
        if execution := self._executions.get(token):
            execution.stop(STOPS[news])

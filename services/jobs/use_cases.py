"""What a person may do with their jobs. Somebody else's is as one that never was."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from uuid import UUID

from chassis.database import Database, Queries
from chassis.errors import UserRequired
from chassis.identity import Caller
from chassis.watch import Draining, Waiting, Watch
from services.jobs import store, store_create, store_events
from services.jobs.domain import (
    FINAL,
    Caps,
    Job,
    JobComplete,
    JobNotFound,
    JobNotRetryable,
    Kind,
    Owner,
    Queue,
    Status,
)
from services.jobs.domain_views import Position, Told, Wanted
from services.jobs.store_create import Created, New

EVENTS_AT_ONCE = 100
OVER = (*FINAL, Status.EXPIRED)


@dataclass(frozen=True)
class Effects:
    """What is done after a commit. Both are hints: they may get lost, and must not raise."""

    ring: Callable[[Queue], Awaitable[object]]
    tell: Callable[[UUID, Status], object]


# Makes of what a job keeps as its result what its owner may see now.
Shown: TypeAlias = Callable[[Owner, Job], Awaitable[Job]]


class Kinds(NamedTuple):
    """What there is to do, how much of it one person may ask for, and kinds that do not keep all that they tell."""

    by_name: Mapping[str, Kind]
    caps: Caps
    shown: Mapping[str, Shown] = MappingProxyType({})


class Asked(NamedTuple):
    """A job that somebody asks for. `request_id`: sent again, it means the same job."""

    kind: str
    input: bytes
    request_id: str = ""
    dedupe_key: str = ""
    traceparent: str = ""
    # What the request id stands for, where the input has more in it than what was asked for.
    request: bytes = b""


class Jobs:
    """The use cases of jobs."""

    def __init__(
        self, database: Database, watch: Watch, effects: Effects, kinds: Kinds, new_id: Callable[[], UUID]
    ) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._watch = watch
        self._effects = effects
        self._kinds = kinds.by_name
        self._caps = kinds.caps
        self._shown = kinds.shown
        self._new_id = new_id

    async def start(self, caller: Caller, asked: Asked, retried_from: UUID | None = None) -> Created:
        """Make a job, or find the one that this request made before."""
        async with self._database.begin() as queries:
            created = await self.make(queries, caller, asked, retried_from)
        return await self.made(caller, created)

    async def make(self, queries: Queries, caller: Caller, asked: Asked, retried_from: UUID | None = None) -> Created:
        """As `start`, in a transaction of the caller's, after whose commit `made` is to be called."""
        kind = self._kinds[asked.kind]
        whole = f"{kind.name}\n{retried_from or ''}\n".encode() + (asked.request or asked.input)
        new = New(
            owner=owner_of(caller),
            kind=kind,
            input=asked.input,
            request_id=asked.request_id,
            fingerprint=hashlib.sha256(whole).digest(),
            id=self._new_id(),
            dedupe_key=asked.dedupe_key,
            retried_from=retried_from,
            traceparent=asked.traceparent,
        )
        return await store_create.create(queries, new, self._caps)

    async def made(self, caller: Caller, created: Created) -> Created:
        """Tell the workers of what was made, and the caller what it is."""
        if not created.replayed:
            await self._effects.ring(self._kinds[created.job.kind].queue)
        return created._replace(job=await self._whole(owner_of(caller), created.job))

    async def get(self, caller: Caller, id_: UUID, seconds: float = 0.0) -> Job:
        """A job; waits so long for its end."""
        job = await self._get(caller, id_)
        if job.status in OVER or seconds <= 0:
            return job
        return await self._ended(caller, job, seconds)

    async def list(self, caller: Caller, wanted: Wanted, after: Position | None, size: int) -> Sequence[Job]:
        """The caller's jobs, newest first."""
        return await store.list_(self._database, owner_of(caller), wanted, after, size)

    async def cancel(self, caller: Caller, id_: UUID) -> None:
        """Cancel a job, unless it is over."""
        status = await store.cancel(self._database, owner_of(caller), id_)
        if status is None:
            raise JobNotFound
        if status in (Status.COMPLETE, Status.EXPIRED):
            raise JobComplete
        self._effects.tell(id_, status)

    async def retry(self, caller: Caller, id_: UUID, request_id: str, traceparent: str = "") -> Created:
        """Start a new job with the input of one that failed or was canceled."""
        before = await store.input_of(self._database, owner_of(caller), id_)
        if before is None:
            raise JobNotFound
        if before.status not in (Status.ERROR, Status.CANCELED) or before.kind not in self._kinds:
            raise JobNotRetryable
        again = Asked(before.kind, before.input, request_id, traceparent=traceparent)
        return await self.start(caller, again, id_)

    async def watch(self, caller: Caller, id_: UUID, seq: int | None) -> AsyncGenerator[Told, None]:
        """The job as it is, or what happened after that event; then every change, the last of which is its end."""
        owner = owner_of(caller)
        with self._watch.waiting(owner, id_) as waiting:
            job = await self._get(caller, id_)
            known = seq if seq is not None and await self._known(owner, job, seq) else None
            waiting.seq = job.seq if known is None else known
            if known is None:
                yield Told(job, gap=seq is not None)
            while True:
                # Of a job that was over before, all events are there, unless it was archived with them.
                over = job.status in OVER
                events = await store_events.after(self._database, owner, id_, waiting.seq, EVENTS_AT_ONCE)
                waiting.seq = events[-1].seq if events else waiting.seq
                for event in (each for each in events if each.status not in FINAL):
                    yield Told(job, event)
                if over and len(events) < EVENTS_AT_ONCE:
                    yield Told(job, gap=waiting.seq < job.seq, last=True)
                    return
                if not events or events[-1].status in FINAL:
                    job = await self._get(caller, id_)
                if job.status not in OVER and len(events) < EVENTS_AT_ONCE:
                    await _change(waiting)

    async def _known(self, owner: Owner, job: Job, seq: int) -> bool:
        """Whether everything after that event is still there to be told."""
        if not 0 <= seq <= job.seq:
            return False
        following = await store_events.after(self._database, owner, job.id, seq, 1)
        return seq == job.seq or (bool(following) and following[0].seq == seq + 1)

    async def _ended(self, caller: Caller, job: Job, seconds: float) -> Job:
        now = asyncio.get_running_loop().time
        deadline = now() + seconds
        with self._watch.waiting(owner_of(caller), job.id) as waiting:
            while True:
                job = await self._get(caller, job.id)
                waiting.seq, left = job.seq, deadline - now()
                if job.status in OVER or left <= 0 or waiting.draining:
                    return job
                await waiting.change(left)

    async def _get(self, caller: Caller, id_: UUID) -> Job:
        owner = owner_of(caller)
        job = await store.get(self._database, owner, id_)
        if job is None:
            raise JobNotFound
        return await self._whole(owner, job)

    async def _whole(self, owner: Owner, job: Job) -> Job:
        shown = None if job.result is None else self._shown.get(job.kind)
        return await shown(owner, job) if shown else job


async def _change(waiting: Waiting) -> None:
    """Wait for something new, for as long as we serve."""
    await waiting.change()
    if waiting.draining:
        raise Draining(retry_after=1)


def owner_of(caller: Caller) -> Owner:
    """Whose jobs a call is about; a service must say for whom it acts."""
    if not caller.user:
        raise UserRequired
    return Owner(caller.workspace, caller.user)

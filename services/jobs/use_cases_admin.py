"""What operators may do: look at the queues, the archive and the dead letters of a workspace, and redrive these."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from chassis.database import Database
from chassis.identity import Caller
from services.jobs import store_admin, store_embedding
from services.jobs.domain import Job, JobNotFound, Kind
from services.jobs.domain_views import DeadLetter, Position, Redrive, Stats, Wanted
from services.jobs.use_cases import Effects


class Admin:
    """The use cases of operators."""

    def __init__(
        self, database: Database, effects: Effects, kinds: Mapping[str, Kind], model: str, new_id: Callable[[], UUID]
    ) -> None:
        """`kinds` by name; `model` is the one that searches use; `new_id` makes a UUIDv7."""
        self._database = database
        self._effects = effects
        self._kinds = kinds
        self._model = model
        self._new_id = new_id

    async def stats(self) -> Stats:
        """What waits and runs."""
        reading = await store_embedding.reading(self._database, self._model)
        kinds = await store_admin.stats(self._database)
        return Stats(kinds, reading.waiting, sum(reading), reading.refused)

    async def archive(self, caller: Caller, wanted: Wanted, after: Position | None, size: int) -> Sequence[Job]:
        """Jobs that have ended, the latest first."""
        return await store_admin.ended(self._database, caller.workspace, wanted, after, size)

    async def dead_letters(
        self, caller: Caller, kind: str | None, after: Position | None, size: int
    ) -> Sequence[DeadLetter]:
        """Jobs that failed for good, the latest first."""
        return await store_admin.dead_letters(self._database, caller.workspace, kind, after, size)

    async def redrive(self, caller: Caller, id_: UUID) -> DeadLetter:
        """Start a dead letter again, as another job."""
        letter = await store_admin.redrive(self._database, caller.workspace, id_, self._new_id())
        if letter is None:
            raise JobNotFound
        if kind := self._kinds.get(letter.job.kind):
            await self._effects.ring(kind.queue)
        return letter

    async def redrive_many(self, caller: Caller, wanted: Redrive) -> Sequence[UUID]:
        """Start many dead letters again, the oldest first; the jobs that were started instead."""
        letters = await store_admin.to_redrive(self._database, caller.workspace, *wanted)
        made = []
        for id_, _ in letters:
            letter = await store_admin.redrive(self._database, caller.workspace, id_, self._new_id())
            if letter and letter.redriven_as:
                made.append(letter.redriven_as)
        for queue in {self._kinds[kind].queue for _, kind in letters if kind in self._kinds}:
            await self._effects.ring(queue)
        return made

    async def purge(self, caller: Caller, id_: UUID) -> None:
        """Take a job off the dead letters."""
        await store_admin.purge(self._database, caller.workspace, id_)

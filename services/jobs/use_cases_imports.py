"""What a person may do with imports of links."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from chassis.database import Database
from chassis.identity import Caller
from services.jobs import store_imports
from services.jobs.domain import JobNotFound
from services.jobs.domain_imports import IMPORT, MAX_BYTES, ImportEmpty, ImportTooLarge, Outcome, Row, Wanted
from services.jobs.store_create import Created
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_uploads import Limits, Uploads

LIMITS = Limits(MAX_BYTES, ImportEmpty, ImportTooLarge)


@dataclass(frozen=True, slots=True)
class StartImport:
    """An import that is asked for; `job` makes the job of it, and of the fingerprint of its file."""

    wanted: Wanted
    job: Callable[[Wanted, bytes], Asked]


class Imports:
    """The use cases of imports."""

    def __init__(self, database: Database, jobs: Jobs, new_id: Callable[[], UUID]) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._jobs = jobs
        self._uploads = Uploads(database, jobs, LIMITS)
        self._new_id = new_id

    async def upload(self, caller: Caller, start: StartImport, chunks: AsyncIterator[bytes]) -> Created:
        """Make a job of a file that is sent along. Both are kept, or neither is."""
        id_ = self._new_id()
        return await self._uploads.start(caller, id_, chunks, partial(start.job, start.wanted._replace(upload=id_)))

    async def rows(self, caller: Caller, job_id: UUID, outcome: Outcome | None, span: tuple[int, int]) -> Sequence[Row]:
        """What became of links of one of the caller's imports: those after a number, and how many of them."""
        job = await self._jobs.get(caller, job_id)
        if job.kind != IMPORT.name:
            raise JobNotFound
        return await store_imports.page(self._database, owner_of(caller), job_id, outcome, span)

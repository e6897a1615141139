"""What a person may do with interviews. Somebody else's are as those that never were."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from chassis.database import Database, Queries
from chassis.identity import Caller
from services.jobs import store_allowances, store_create, store_interviews
from services.jobs.domain import Owner
from services.jobs.domain_interviews import Interview, InterviewNotFound, Wanted
from services.jobs.domain_plans import Share
from services.jobs.domain_views import Position
from services.jobs.store_allowances import Used
from services.jobs.store_create import Created
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_admission import admitted, own_job_info, spent


@dataclass(frozen=True, slots=True)
class Start:
    """An interview that is asked for; `job` makes the job that prepares the interview of an id."""

    wanted: Wanted
    request_id: str
    job: Callable[[UUID], Asked]


class Interviews:
    """The use cases of interviews."""

    def __init__(self, database: Database, jobs: Jobs, some_interviews: int, new_id: Callable[[], UUID]) -> None:
        """The smaller plan has `some_interviews`. `new_id` makes a UUIDv7."""
        self._database = database
        self._jobs = jobs
        self._some = some_interviews
        self._new_id = new_id

    async def start(self, caller: Caller, start: Start) -> Created:
        """Make an interview and the job that prepares it; what is sent again answers with the same job."""
        owner, share, wanted = owner_of(caller), Share.of(caller.features, self._some), start.wanted
        share.check_questions(wanted.question_count)

        async def owned(queries: Queries) -> None:
            await own_job_info(queries, owner, wanted.job_info_id)

        async def limit(queries: Queries) -> None:
            # One after the other for each person, from here on.
            used = await store_allowances.lock(queries, owner)
            if not await store_create.known(queries, owner, start.request_id):
                await store_allowances.save(queries, owner, spent(used, share))

        async def write(queries: Queries) -> Created:
            id_ = self._new_id()
            created = await self._jobs.make(queries, caller, start.job(id_))
            if not created.replayed:
                await store_interviews.create(queries, owner, id_, created.job.id, wanted)
            return created

        return await self._jobs.made(caller, await admitted(self._database, owned=owned, limit=limit, write=write))

    async def get(self, caller: Caller, id_: UUID) -> Interview:
        """One of the caller's, with its questions."""
        return await whole(self._database, owner_of(caller), id_)

    async def list(self, caller: Caller, job_info_id: UUID, after: Position | None, size: int) -> Sequence[Interview]:
        """The interviews about one of the caller's jobs, the one that was changed last first."""
        owner = owner_of(caller)

        async def owned(queries: Queries) -> None:
            await own_job_info(queries, owner, job_info_id)

        async def read(queries: Queries) -> Sequence[Interview]:
            return await store_interviews.page(queries, owner, job_info_id, after, size)

        return await admitted(self._database, owned=owned, write=read)

    async def set_duration(self, caller: Caller, id_: UUID, duration: timedelta) -> Interview:
        """Say how long one took."""
        owner = owner_of(caller)

        async def write(queries: Queries) -> Interview:
            if not await store_interviews.set_duration(queries, owner, id_, duration):
                raise InterviewNotFound
            return await whole(queries, owner, id_)

        return await admitted(self._database, write=write)

    async def delete(self, caller: Caller, id_: UUID) -> None:
        """Delete one."""
        if not await store_interviews.remove(self._database, owner_of(caller), id_):
            raise InterviewNotFound

    async def allowance(self, caller: Caller) -> tuple[Share, Used]:
        """What the caller's plan gives, and what they have used."""
        return Share.of(caller.features, self._some), await store_allowances.get(self._database, owner_of(caller))


async def whole(queries: Queries, owner: Owner, id_: UUID) -> Interview:
    """One of a person's, with its questions."""
    found = await store_interviews.get(queries, owner, id_)
    if found is None:
        raise InterviewNotFound
    return replace(found, questions=await store_interviews.asked(queries, owner, id_))

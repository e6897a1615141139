"""What a person may do with job descriptions. Somebody else's are as those that never were."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.database import Database, Queries
from chassis.identity import Caller
from services.jobs import store_job_infos
from services.jobs.domain import Owner
from services.jobs.domain_interviews import Described, JobInfo, JobInfoNotFound, TooManyJobInfos
from services.jobs.domain_views import Position
from services.jobs.use_cases import owner_of
from services.jobs.use_cases_admission import admitted


class JobInfos:
    """The use cases of job descriptions."""

    def __init__(self, database: Database, most: int, new_id: Callable[[], UUID]) -> None:
        """A person has `most` at most. `new_id` makes a UUIDv7."""
        self._database = database
        self._most = most
        self._new_id = new_id

    async def create(self, caller: Caller, described: Described) -> JobInfo:
        """Write one down."""
        owner = owner_of(caller)

        async def limit(queries: Queries) -> None:
            if await store_job_infos.count(queries, owner) >= self._most:
                raise TooManyJobInfos(f"You have {self._most} job descriptions, which is all you may have")

        async def write(queries: Queries) -> JobInfo:
            return await store_job_infos.create(queries, owner, self._new_id(), described)

        return await admitted(self._database, limit=limit, write=write)

    async def get(self, caller: Caller, id_: UUID) -> JobInfo:
        """One of the caller's."""
        found = await store_job_infos.get(self._database, owner_of(caller), id_)
        if found is None:
            raise JobInfoNotFound
        return found

    async def list(self, caller: Caller, after: Position | None, size: int) -> Sequence[JobInfo]:
        """The caller's, the one that was changed last first."""
        return await store_job_infos.page(self._database, owner_of(caller), after, size)

    async def change(
        self, caller: Caller, id_: UUID, etag: str | None, changed: Callable[[JobInfo], Described]
    ) -> JobInfo:
        """Make of one what `changed` says."""
        owner = owner_of(caller)

        async def write(queries: Queries) -> JobInfo:
            found = await _held(queries, owner, id_, etag)
            return await store_job_infos.change(queries, owner, id_, changed(found))

        return await admitted(self._database, write=write)

    async def delete(self, caller: Caller, id_: UUID, etag: str | None) -> None:
        """Delete one, with its interviews."""
        owner = owner_of(caller)

        async def owned(queries: Queries) -> None:
            await _held(queries, owner, id_, etag)

        async def write(queries: Queries) -> None:
            await store_job_infos.remove(queries, owner, id_)

        await admitted(self._database, owned=owned, write=write)


async def _held(queries: Queries, owner: Owner, id_: UUID, etag: str | None) -> JobInfo:
    """One of the person's, locked, if it has that etag."""
    found = await store_job_infos.lock(queries, owner, id_)
    if found is None:
        raise JobInfoNotFound
    found.check_etag(etag)
    return found

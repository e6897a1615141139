"""In which order interviews and what they are about are asked for: whose it is, what is left, and then the write.

Who calls, what their plan has and whether the request is valid was asked before, by the chain.
"""

import math
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar
from uuid import UUID

from chassis.database import Database, Queries
from chassis.limits import RateLimited
from services.jobs import store_job_infos
from services.jobs.domain import Owner
from services.jobs.domain_interviews import JobInfoNotFound
from services.jobs.domain_plans import CAPACITY, Share
from services.jobs.store_allowances import Used

T = TypeVar("T")
Step: TypeAlias = Callable[[Queries], Awaitable[T]]


async def admitted(
    database: Database, *, write: Step[T], owned: Step[object] | None = None, limit: Step[object] | None = None
) -> T:
    """What `write` comes to, in one transaction with what is asked before it: where a step raises, nothing is spent."""
    async with database.begin() as queries:
        if owned:
            await owned(queries)
        if limit:
            await limit(queries)
        return await write(queries)


async def own_job_info(queries: Queries, owner: Owner, id_: UUID) -> None:
    """Raise JobInfoNotFound where the person has none of that id."""
    if await store_job_infos.get(queries, owner, id_) is None:
        raise JobInfoNotFound


def spent(used: Used, share: Share) -> Used:
    """After one more interview, which takes a token; raises where there is none left of either."""
    share.check_used(used.interviews)
    bucket = used.bucket
    if not bucket.tokens:
        assert bucket.next_at is not None, "what is empty is not full"
        wait = math.ceil((bucket.next_at - bucket.now).total_seconds())
        reset = f"{bucket.full_at:%Y-%m-%dT%H:%M:%SZ}"
        message = f"You have no token left: the next one comes at {bucket.next_at:%Y-%m-%dT%H:%M:%SZ}"
        raise RateLimited(
            f"{message}, all {CAPACITY} are there at {reset}", metadata={"reset_time": reset}, retry_after=wait
        )
    return used._replace(interviews=used.interviews + 1, bucket=bucket.taken())

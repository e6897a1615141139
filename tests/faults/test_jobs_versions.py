"""Workers of two versions at once (F22): nothing is lost, and what only the newer one knows waits for it.

The service is of the old version, and shows what it does not know.
"""

import json
import signal
from collections.abc import Callable
from uuid import UUID

import pytest
import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2 as pb
from services.jobs import store_admin, store_create
from services.jobs.domain import Caps, Owner, Status
from services.jobs.store_create import New
from tests.faults.jobs_more import More, Told, at_work, becomes, check, job_of, notes
from tests.faults.jobs_people import People, gathered
from tests.faults.jobs_site import Site
from tests.faults.newer import NEWER
from tests.faults.world import Killable

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def make_newer(people: People, user: str) -> UUID:
    """A job of a kind that comes with the next version."""
    id_ = uuid_utils.compat.uuid7()
    words = json.dumps({"notes": str(people.folder / str(id_)), "dream": "dreamt"}).encode()
    async with people.database.begin() as queries:
        await store_create.create(queries, New(Owner("w", user), NEWER, words, "", b"", id_), Caps())
    people.accepted[id_] = user
    return id_


async def some(people: People, step: int) -> list[UUID]:
    """Jobs of an old kind, with a field that its old action does not know."""
    wishes = [(f"user-{number}", str(people.folder / f"{step}-{number}")) for number in range(8)]
    return [await people.make(user, "nap", notes=path, dream="dreamt", seconds=0.3) for user, path in wishes]


async def test_a_rolling_deploy_loses_nothing(
    jobs_site: Site, keep: Callable[[Killable], Killable], free_port: Callable[[], int]
) -> None:
    await at_work(jobs_site)
    user, more = Told(jobs_site.address, "user-0"), More(jobs_site, keep, free_port)
    async with gathered(jobs_site) as people:
        newer = [await make_newer(people, f"user-{number}") for number in range(4)]
        made = await some(people, 0)
        await becomes(people, made)  # so that the old ones have looked again and again
        waiting = [await job_of(people, id_) for id_ in newer]
        for step, worker in enumerate(jobs_site.workers, start=1):
            made += await some(people, step)
            if step == 1:
                await more.start("newer", "tests.faults.newer")
            jobs_site.signal(worker, signal.SIGTERM)
        jobs = await becomes(people, [*made, *newer])
        stats = await store_admin.stats(people.database)
        listed, seen = await user.ids(), await user.job(newer[0])
        await check(jobs_site, people)
    assert {(job.status, job.attempt) for job in waiting} == {(Status.PENDING, 0)}
    assert {(job.status, job.attempt) for job in jobs} == {(Status.COMPLETE, 1)}
    assert not any(each.dead for each in stats)
    assert all(notes(people, str(id_)) == ["begin 1", "dreamt 1", "begin 1", "end 1"] for id_ in newer)
    assert newer[0] in listed
    assert (seen.kind, seen.status) == (NEWER.name, pb.Job.STATUS_COMPLETE)

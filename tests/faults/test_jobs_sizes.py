"""Jobs that say or come to too much, or what cannot be kept (F17): they fail at once, and are shown as all others."""

from collections.abc import Callable

import pytest
import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2 as pb
from services.jobs import store_create
from services.jobs.domain import Caps, Owner
from services.jobs.store_create import New
from tests.faults.jobs_more import More, Told, becomes, check
from tests.faults.jobs_people import gathered
from tests.faults.jobs_site import Site
from tests.faults.oversized import OVERSIZED, WAYS
from tests.faults.world import Killable

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_what_is_too_large_fails_once_and_is_shown(
    jobs_site: Site, keep: Callable[[Killable], Killable], free_port: Callable[[], int]
) -> None:
    async with gathered(jobs_site) as people:
        await More(jobs_site, keep, free_port).start("oversized", "tests.faults.oversized")
        made = {}
        for way in WAYS:
            id_ = made[way] = uuid_utils.compat.uuid7()
            async with people.database.begin() as queries:
                await store_create.create(queries, New(Owner("w", "ann"), OVERSIZED, way, "", b"", id_), Caps())
            people.accepted[id_] = "ann"
        await becomes(people, list(made.values()), seconds=15)
        told = Told(jobs_site.address)
        jobs = {way: await told.job(id_) for way, id_ in made.items()}
        assert await told.ids() == list(made.values())[::-1]
        await check(jobs_site, people)
    assert {job.status for job in jobs.values()} == {pb.Job.STATUS_ERROR}
    for way, job in jobs.items():
        # What is no data is a mistake in the action, which is tried again as after any other.
        expected = ("RESULT_TOO_LARGE", 1) if b"large" in way else ("INTERNAL", 3)
        assert (job.error.reason, job.attempt) == expected, way

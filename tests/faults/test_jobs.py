"""Jobs while everything falls (F27), jobs that kill workers (F16), and jobs that no worker knows (F22)."""

import os
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
import structlog
import uuid_utils.compat

from services.jobs import store, store_admin, store_create
from services.jobs.domain import POISON, Caps, Job, Kind, Owner, Queue, Status
from services.jobs.store_create import New
from tests.faults.jobs_people import People, gathered
from tests.faults.jobs_site import Site, built
from tests.faults.soak_jobs import soak
from tests.faults.world import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 20.0
GOOD, POISON_AT = 100, (5, 40, 75)
NEWER = Kind("newer", Queue.INTERACTIVE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> AsyncIterator[Site]:
    """A service and two workers, which are kept running."""
    async with built(tmp_path_factory.mktemp("site"), free_port) as site:
        yield site


async def make_newer(people: People) -> None:
    """A job of a kind that comes with the next version."""
    new = New(Owner("w", "newer"), NEWER, b"", "", b"", uuid_utils.compat.uuid7())
    async with people.database.begin() as queries:
        await store_create.create(queries, new, Caps())


async def jobs(people: People) -> list[Job]:
    """All that were accepted, as they are."""
    found = [await store.get(people.database, Owner("w", user), id_) for id_, user in people.accepted.items()]
    return [job for job in found if job is not None]


async def test_everything_falls(site: Site) -> None:
    """F27, briefly; a long run is `make soak`. A failure shows the seed, with which SEED does the same again."""
    seed = int(os.environ.get("SEED", time.time_ns() % 10**9))
    structlog.get_logger().info("soak", seed=seed)
    seen = await soak(site, SECONDS, seed)
    structlog.get_logger().info("soaked", **seen)
    assert seen["ended"]["complete"] > seen["jobs"] / 2
    assert seen["busiest person"] > 1


async def test_what_kills_workers_takes_no_other_job_along(site: Site) -> None:
    """F16, and F22: a job that no worker knows waits through all that, for everybody to see."""
    async with gathered(site) as people:
        before = site.restarts.total()
        await make_newer(people)
        for number in range(GOOD + len(POISON_AT)):
            await people.make(f"user-{number % 40}", "abort" if number in POISON_AT else "nap", seconds=0.1)

        async def over() -> bool:
            return all(job.completed_time for job in await jobs(people))

        await until(over, 90)
        ended = await jobs(people)
        stats = {each.kind: each for each in await store_admin.stats(people.database)}
    assert all((job.status is Status.COMPLETE) is (job.kind == "nap") for job in ended)
    assert [(job.error, job.attempt) for job in ended if job.kind == "abort"] == [(POISON, 2)] * len(POISON_AT)
    assert site.restarts.total() - before >= 2 * len(POISON_AT)
    assert stats["abort"].dead == len(POISON_AT)
    newer = stats[NEWER.name]
    assert (newer.waiting, newer.running, newer.dead, newer.oldest_due > 1) == (1, 0, 0, True)

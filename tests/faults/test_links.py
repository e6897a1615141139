"""Links while those fall that look them up: each comes to its end, its pictures are kept once, no browser stays."""

import shutil
import signal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from services.jobs.browser import PROGRAMS
from tests.faults.cairn import Cairn
from tests.faults.world import Killable, until
from tests.web import HOST, Web, serving

# Longer than the longest pause before another attempt, which is two minutes.
SECONDS, GONE_SECONDS = 240.0, 2.0
# A job whose worker was killed is taken up by the next this soon.
SOONER = {"CAIRN_JOBS_LEASE_SECONDS": "2", "CAIRN_JOBS_BEAT_SECONDS": "0.5", "CAIRN_OUTGOING_ALLOW": HOST}
# Those in whose midst a worker was killed are done one after the other, and those with two such deaths are given up.
PAGES, MISSING = 3, 17
BROWSER = any(map(shutil.which, PROGRAMS))
ENDS = {"done", "failed", "skipped"}
SILENT = """
    UPDATE bookmarks.links SET looked_up_at = now() - interval '2 minutes' FROM jobs.jobs
    WHERE enrichment IN ('pending', 'running') AND jobs.id = links.job_id AND jobs.completed_at IS NOT NULL
"""
STATES = """
    SELECT l.url, l.enrichment, l.round, j.status, j.attempt, j.reason,
           array(SELECT (step, state, attempts, reason, next_at)::text FROM bookmarks.link_steps s
                 WHERE s.bookmark_id = l.bookmark_id)
    FROM bookmarks.links l LEFT JOIN jobs.jobs j ON j.id = l.job_id WHERE enrichment IN ('pending', 'running')
"""
LINKS = """
    SELECT url, enrichment, title, array(SELECT reason FROM bookmarks.link_steps s WHERE s.bookmark_id = l.bookmark_id),
           array(SELECT object FROM bookmarks.link_images i WHERE i.bookmark_id = l.bookmark_id)
    FROM bookmarks.links l
"""


async def fetched(cairn: Cairn, statement: str) -> list[Any]:
    """What the database answers."""
    connection = await asyncpg.connect(cairn.settings.database_url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def ended(cairn: Cairn) -> bool:
    """Whether all that was saved is looked up. What no job works at any more was silent for a minute."""
    await fetched(cairn, SILENT)
    states = await fetched(cairn, "SELECT enrichment FROM bookmarks.links")
    return bool(states) and {state for (state,) in states} <= ENDS


def kept(cairn: Cairn) -> set[str]:
    """The names of all that lies in the store."""
    folder = Path(cairn.environ["CAIRN_OBJECTS_URL"])
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def save(client: httpx.AsyncClient, url: str) -> None:
    """Save a link; it is promised."""
    answer = await client.post("/api/v1/bookmarks", json={"target": {"url": url}})
    assert answer.status_code == 201, answer.text


def below(worker: Killable) -> list[psutil.Process]:
    """All that a worker has started, and what that has."""
    assert worker.process is not None
    found: list[psutil.Process] = psutil.Process(worker.process.pid).children(recursive=True)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether it still does anything."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_browser(process: psutil.Process) -> bool:
    """Whether it is one, as far as it is still there."""
    try:
        return "chrom" in process.name()
    except psutil.NoSuchProcess:
        return False


async def kill_at_work(worker: Killable) -> None:
    """Kill it while it has a browser, if there are any, or else any child; none of them stays."""
    seen: list[psutil.Process] = []

    def works() -> bool:
        seen[:] = below(worker)
        return any(is_browser(each) or not BROWSER for each in seen)

    await until(works, SECONDS)
    await worker.end(signal.SIGKILL)
    # Not only when they have done what they were at.
    await until(lambda: not any(map(alive, seen)), GONE_SECONDS)


async def started(cairn: Cairn, *names: str) -> list[Killable]:
    """Processes that may look at the tests' web, and are up."""
    processes = [cairn.process(name, **SOONER) for name in names]
    for process in processes:
        await process.start()
    return processes


@pytest.mark.slow
async def test_the_worker_is_killed_while_it_looks_up(cairn: Cairn) -> None:
    *_, worker = await started(cairn, "bookmarks", "jobs", "gateway", "jobs_bulk")
    with serving() as web:
        async with cairn.client() as client:
            for name in (*(f"page{n}" for n in range(PAGES)), *(f"missing{n}" for n in range(MISSING))):
                await save(client, f"{web.url}/{name}")
        for _ in range(2):
            await kill_at_work(worker)
            await worker.start()
        try:
            await until(lambda: ended(cairn), SECONDS)
        except AssertionError as late:
            raise AssertionError(await fetched(cairn, STATES)) from late
    await assert_kept_once(cairn, web)


async def assert_kept_once(cairn: Cairn, web: Web) -> None:
    """Each page was found, unless it was given up, with all of its pictures; nothing else lies in the store."""
    links = await fetched(cairn, LINKS)
    assert len(links) == PAGES + MISSING
    given_up = {url for url, _, _, reasons, _ in links if "WORKER_LOST" in reasons}
    assert len(given_up) <= 1, links
    for url, state, title, _, images in links:
        name = url.rpartition("/")[2]
        if url not in given_up:
            whole = ("done", f"{name} & lamp", 1 + BROWSER)
            assert (state, title, len(images)) == (("failed", "", 0) if "missing" in url else whole), links
    await until(lambda: kept(cairn) == {name for *_, images in links for name in images})
    # Once, with the browser, and once more after each kill.
    assert max(web.asked.values()) <= 3 * (1 + BROWSER), web.asked


async def test_h20_what_was_promised_is_looked_up_after_a_kill(cairn: Cairn) -> None:
    service, _ = await started(cairn, "bookmarks", "gateway")
    with serving() as web:
        async with cairn.client() as client:
            await save(client, f"{web.url}/missing")
        await service.end(signal.SIGKILL)
        await started(cairn, "jobs", "jobs_bulk")
        # As if the half minute were over for which the relay that was killed has taken it.
        assert len(await fetched(cairn, "UPDATE bookmarks.outbox SET next_at = now() RETURNING id")) == 1
        await service.start()
        await until(lambda: ended(cairn), SECONDS)
    assert web.asked["/missing"] == 1

"""What becomes of jobs whose worker lives, while the database is away for longer than a lease or something fails."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.jobs import store_upkeep
from services.jobs.domain import Status
from tests.chassis.gate import gated
from tests.services.jobs.crew import Crew, assembled, until
from tests.services.jobs.standins import RESTED


@pytest.fixture
async def crew(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Crew]:
    """Nobody yet."""
    async with assembled(database_url, redis_url, tmp_path) as crew:
        yield crew


async def nobody(*_: object) -> list[object]:
    """Nothing is taken from anybody."""
    return []


async def test_a_failure_beside_the_runner_is_no_crash_of_its_jobs(crew: Crew) -> None:
    id_ = await crew.add("nap", seconds=60)

    async def failing() -> None:
        async with crew.runner():
            await crew.begun(id_)
            raise OSError("beside the runner")

    with pytest.raises(ExceptionGroup):
        await failing()
    left = await crew.job(id_)
    assert (left.status, left.attempt, left.attempts) == (Status.PENDING, 0, ())


async def test_a_worker_that_is_full_knows_whether_its_database_is_there(crew: Crew, database_url: str) -> None:
    id_ = await crew.add("nap", seconds=60)
    async with gated(database_url) as gate, crew.runner(slots=1, through=gate.url) as runner:
        await crew.begun(id_)
        await gate.shut()
        await until(lambda: not runner.well())
        await gate.open()
        await until(runner.well)


async def test_what_a_living_worker_had_to_let_go_is_handed_back_uncounted(
    crew: Crew, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_upkeep, "reap", nobody)
    long, done = await crew.add("nap", seconds=60), await crew.add("nap", seconds=0.7)
    async with gated(database_url) as gate, crew.runner(through=gate.url):
        await crew.begun(long)
        await crew.begun(done)
        await gate.shut()
        await until(lambda: crew.notes(long) == ["begin 1", "cancelled 1"])
        assert (await crew.job(done)).status is Status.RUNNING
        await gate.open()
        assert (await crew.ended(done)).result == RESTED
        await until(lambda: crew.notes(long)[2:] == ["begin 1"])
        assert (await crew.job(long)).attempts == ()


async def test_what_does_not_stop_is_not_handed_back(
    crew: Crew, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_upkeep, "reap", nobody)
    monkeypatch.setattr("services.jobs.execution.STOP_SECONDS", 0.3)
    id_ = await crew.add("deaf")
    async with gated(database_url) as gate, crew.runner(through=gate.url) as runner:
        await crew.begun(id_)
        await gate.shut()
        await until(lambda: not runner._executions)
        await gate.open()
        await until(runner.well)
        status = (await crew.job(id_)).status
        (crew.folder / str(id_)).unlink()
    assert status is Status.RUNNING

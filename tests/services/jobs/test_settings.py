"""What the processes of jobs refuse to start with: limits with which nothing would ever be done."""

import pytest

from chassis.database import Database, DatabaseSettings
from chassis.settings import SettingsError, load
from services.jobs.__main__ import check_language
from services.jobs.settings import JobsSettings, WorkerProcess

GOOD = {
    "CAIRN_DATABASE_URL": "postgresql://localhost/cairn",
    "CAIRN_REDIS_URL": "redis://localhost",
    "CAIRN_JOBS_QUEUE": "bulk",
}


@pytest.mark.parametrize("number", ["0", "-1"])
@pytest.mark.parametrize("name", ["SLOTS", "USER_RUNNING", "USER_UNFINISHED"])
def test_at_least_one(name: str, number: str) -> None:
    name = f"CAIRN_JOBS_{name}"
    load(WorkerProcess, {**GOOD, name: "1"})
    with pytest.raises(SettingsError, match=f"{name} must be at least 1"):
        load(WorkerProcess, {**GOOD, name: number})


@pytest.mark.parametrize(("beat", "lease"), [("0", "15"), ("8", "15"), ("-1", "-15"), ("nan", "15")])
def test_a_lost_beat_ends_no_lease(beat: str, lease: str) -> None:
    environ = {"CAIRN_JOBS_BEAT_SECONDS": beat, "CAIRN_JOBS_LEASE_SECONDS": lease}
    with pytest.raises(SettingsError, match="CAIRN_JOBS_BEAT_SECONDS must be above 0 and at most half"):
        load(JobsSettings, environ)


@pytest.mark.parametrize(("name", "bad"), [("TIMEOUT_SECONDS", "0"), ("TIMEOUT_SECONDS", "-1"), ("THREADS", "-1")])
def test_a_model_that_would_never_answer(name: str, bad: str) -> None:
    with pytest.raises(SettingsError, match=f"CAIRN_EMBEDDINGS_{name} must be"):
        load(WorkerProcess, {**GOOD, f"CAIRN_EMBEDDINGS_{name}": bad})


async def test_a_language_that_the_database_does_not_know(database_url: str) -> None:
    database = await Database.connect(DatabaseSettings(database_url), "test")
    try:
        await check_language(database, "german")
        with pytest.raises(SettingsError, match=r"CAIRN_SEARCH_LANGUAGE: .* no text search configuration 'klingon'"):
            await check_language(database, "klingon")
    finally:
        await database.aclose()

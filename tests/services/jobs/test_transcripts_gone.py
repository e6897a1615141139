"""A conversation that goes, or is left, while something is written down for it, does not get the transcript."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from services.jobs import store_transcripts
from services.jobs.domain import JobFailed
from services.jobs.domain_transcription import Transcript
from tests.services.jobs.hearing import NOW, Hearing, Script, taken
from tests.services.jobs.library import Library, conversation, membership
from tests.services.jobs.sounds import wav
from tests.services.jobs.stage import Stage

Change: TypeAlias = dict[str, Any]
COUNT = "select count(*) from jobs.transcripts where conversation_id = $1"


def left(where: str) -> Change:
    """Ann goes."""
    return membership(where, "ann", removed=True)


def deleted(where: str) -> Change:
    """It goes."""
    return {"conversation_deleted": {"id": where}}


async def told(stage: Stage, *changes: Change) -> None:
    """Tell the service facts."""
    await Library(stage.database, workspace="w").feed(*changes)


@pytest.mark.parametrize("change", [left, deleted])
async def test_nobody_adds_to_a_conversation_that_they_are_no_longer_in(
    stage: Stage, tmp_path: Path, change: Callable[[str], Change]
) -> None:
    where, file, hearing = change.__name__, tmp_path / "a.wav", Hearing(stage)
    file.write_bytes(wav())
    await told(stage, membership(where, "ann"))
    job = await hearing.claimed(replace(await hearing.keep(file), conversation_id=where))
    await told(stage, change(where))
    with pytest.raises(JobFailed) as failed:
        await hearing.run(job, Script())
    assert (failed.value.failure.reason, failed.value.failure.retryable) == ("CONVERSATION_NOT_FOUND", False)
    assert await stage.sql(COUNT, where) == [(0,)]


async def test_what_is_written_while_its_conversation_is_deleted_goes_with_it(stage: Stage) -> None:
    where = "written"
    await told(stage, conversation(where), membership(where, "ann"))
    job = await taken(stage, "ann")
    made = Transcript(job.id, "ann", where, "a.ogg", "en", 1.0, "one", (), "script", NOW)
    async with stage.database.begin() as queries:
        await store_transcripts.write(queries, job, made)
        deleting = asyncio.create_task(told(stage, deleted(where)))
        await stage.blocked()
    assert await stage.sql(COUNT, where) == [(1,)]
    await deleting
    assert await stage.sql(COUNT, where) == [(0,)]

"""What jobs show that keep only what they found, not what stands in it: what its owner may see when they read it."""

from dataclasses import replace

from chassis.database import Database
from services.jobs import encode_interviews, encode_search, encode_transcription, store, store_transcripts
from services.jobs.domain import Job, Owner
from services.jobs.domain_interviews import InterviewNotFound
from services.jobs.use_cases import Shown
from services.jobs.use_cases_interviews import whole
from services.jobs.use_cases_search import Searches


def search_shown(database: Database, searches: Searches) -> Shown:
    """Fills the result, which names messages, with these messages as they are now."""

    async def shown(owner: Owner, job: Job) -> Job:
        asked = await store.input_of(database, owner, job.id)
        if asked is None or job.result is None:
            return replace(job, result=None)
        wanted, kept = encode_search.from_input(asked.input), encode_search.from_kept(job.result)
        found = await searches.shown(owner, wanted, kept)
        return replace(job, result=encode_search.to_result(found))

    return shown


def transcription_shown(database: Database) -> Shown:
    """Fills the result, which names a transcript, with its beginning, unless it was deleted."""

    async def shown(owner: Owner, job: Job) -> Job:
        assert job.result is not None, "only what has a result is asked for"
        transcript = await store_transcripts.get(database, owner, encode_transcription.from_kept(job.result))
        result = encode_transcription.to_result(transcript) if transcript else None
        return replace(job, result=result)

    return shown


def interview_shown(database: Database) -> Shown:
    """Fills the result, which names an interview, with its questions, unless it was deleted."""

    async def shown(owner: Owner, job: Job) -> Job:
        assert job.result is not None, "only what has a result is asked for"
        try:
            interview = await whole(database, owner, encode_interviews.from_kept(job.result))
        except InterviewNotFound:
            return replace(job, result=None)
        return replace(job, result=encode_interviews.to_result(interview))

    return shown

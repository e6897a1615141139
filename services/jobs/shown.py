"""What a search that ran as a job shows: of what it found, what its owner may see at the moment of reading."""

from dataclasses import replace

from chassis.database import Database
from services.jobs import encode_search, store
from services.jobs.domain import Job, Owner
from services.jobs.use_cases import Shown
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

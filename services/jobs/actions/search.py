"""Search as a job. Which messages the plain call finds is kept for an hour, and nothing of what stands in them."""

from services.jobs import encode_search
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain_search import SEARCH
from services.jobs.use_cases_search import Searches


def search(searches: Searches) -> Action:
    """The action, on the use case of the plain call: who is in what is asked when the job runs."""

    async def run(data: bytes, context: Context) -> bytes:
        found = await searches.search(context.job.owner, encode_search.from_input(data), SEARCH.run_seconds)
        return encode_search.to_kept(found)

    return Action(SEARCH, run)

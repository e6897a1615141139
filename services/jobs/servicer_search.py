"""SearchService: decode, one use case, encode."""

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import search_pb2 as pb
from chassis.interceptors import Call
from chassis.telemetry import traceparent
from services.jobs import encode, encode_search
from services.jobs.domain_search import SEARCH
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_search import Searches


class SearchServicer:
    """cairn.jobs.v1.SearchService."""

    def __init__(self, searches: Searches, jobs: Jobs) -> None:
        """The use cases."""
        self._searches = searches
        self._jobs = jobs

    async def StartSearch(self, request: pb.StartSearchRequest, call: Call) -> jobs_pb2.Job:
        """Search as a job."""
        encode_search.to_wanted(request).checked()
        trace = traceparent(call.metadata.get("traceparent"))
        asked = Asked(SEARCH.name, encode_search.to_input(request), request.request_id, traceparent=trace)
        created = await self._jobs.start(call.require_caller(), asked)
        return encode.from_job(created.job, replayed=created.replayed)

    async def Search(self, request: pb.SearchRequest, call: Call) -> results_pb2.SearchResult:
        """Search at once."""
        owner = owner_of(call.require_caller())
        return encode_search.from_found(await self._searches.search(owner, encode_search.to_wanted(request)))

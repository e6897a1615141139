"""LinkJobsService: decode, one use case, encode."""

from collections.abc import AsyncIterator
from uuid import UUID

from cairn.jobs.v1 import jobs_pb2
from cairn.jobs.v1 import links_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from chassis.telemetry import traceparent
from services.jobs import encode, encode_imports, encode_links
from services.jobs.domain_imports import IMPORT, Wanted
from services.jobs.domain_links import LINK_ENRICHMENT
from services.jobs.use_cases import Asked, Jobs
from services.jobs.use_cases_imports import Imports, StartImport


class LinkJobsServicer:
    """cairn.jobs.v1.LinkJobsService."""

    def __init__(self, jobs: Jobs, imports: Imports, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._jobs = jobs
        self._imports = imports
        self._pages = pages

    async def StartLinkEnrichment(self, request: pb.StartLinkEnrichmentRequest, call: Call) -> jobs_pb2.Job:
        """Look a link up, as a job; one at a time for each round of it."""
        wanted = encode_links.to_wanted(request)
        same, trace = f"{wanted.bookmark_id}/{wanted.round}", traceparent(call.metadata.get("traceparent"))
        asked = Asked(LINK_ENRICHMENT.name, encode_links.to_input(wanted), request.request_id, same, trace)
        created = await self._jobs.start(call.require_caller(), asked)
        return encode.from_job(created.job, replayed=created.replayed)

    async def ImportLinks(self, requests: AsyncIterator[pb.ImportLinksRequest], call: Call) -> jobs_pb2.Job:
        """Import links from a file that is sent along, as a job."""
        meta = (await anext(requests)).meta
        trace = traceparent(call.metadata.get("traceparent"))
        wanted = encode_imports.to_wanted(meta)

        def job(whole: Wanted, fingerprint: bytes) -> Asked:
            # An upload gets another name each time; sent again, it is the same for its bytes.
            asked = encode_imports.to_input(wanted) + fingerprint
            input_ = encode_imports.to_input(whole)
            return Asked(IMPORT.name, input_, meta.request_id, traceparent=trace, request=asked)

        chunks = (request.chunk async for request in requests)
        created = await self._imports.upload(call.require_caller(), StartImport(wanted, job), chunks)
        return encode.from_job(created.job, replayed=created.replayed)

    async def ListImportRows(self, request: pb.ListImportRowsRequest, call: Call) -> pb.ListImportRowsResponse:
        """A page of what became of the links of a file."""
        caller, outcome = call.require_caller(), encode_imports.to_outcome(request)
        scope = ("import-rows", caller.workspace, caller.user, request.job_id, outcome)
        at = self._pages.read(scope, request.page_token)
        size = page_size(request.page_size)
        span = (int(at[0]) if at else 0, size + 1)
        found = await self._imports.rows(caller, UUID(request.job_id), outcome, span)
        token = self._pages.issue(scope, [found[size - 1].number]) if len(found) > size else ""
        shown = [encode_imports.from_row(row) for row in found[:size]]
        return pb.ListImportRowsResponse(rows=shown, next_page_token=token)

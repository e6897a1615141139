"""JobsService: decode, one use case, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import jobs_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from chassis.telemetry import traceparent
from services.jobs import encode
from services.jobs.domain_views import Wanted
from services.jobs.use_cases import Jobs

# Of the time that a caller waits, what is kept for the answer itself.
ANSWER_SECONDS = 0.5


class JobsServicer:
    """cairn.jobs.v1.JobsService."""

    def __init__(self, jobs: Jobs, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._jobs = jobs
        self._pages = pages

    async def GetJob(self, request: pb.GetJobRequest, call: Call) -> pb.Job:
        """One job, at its end if that comes soon."""
        seconds = request.wait.ToTimedelta().total_seconds()
        left: Any = call.context.time_remaining()  # None where the caller has set no deadline
        seconds = seconds if left is None else min(seconds, left - ANSWER_SECONDS)
        return encode.from_job(await self._jobs.get(call.require_caller(), UUID(request.job_id), seconds))

    async def ListJobs(self, request: pb.ListJobsRequest, call: Call) -> pb.ListJobsResponse:
        """A page of jobs."""
        caller = call.require_caller()
        wanted = Wanted(request.kind if request.HasField("kind") else None, encode.to_status(request))
        scope = ("jobs", caller.workspace, caller.user, repr(wanted))
        after = encode.to_place(self._pages.read(scope, request.page_token))
        size = page_size(request.page_size)
        found = await self._jobs.list(caller, wanted, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        token = self._pages.issue(scope, encode.from_place(last.created_time, last.id)) if last else ""
        return pb.ListJobsResponse(jobs=[encode.from_job(job) for job in found[:size]], next_page_token=token)

    async def CancelJob(self, request: pb.CancelJobRequest, call: Call) -> Empty:
        """Cancel a job."""
        await self._jobs.cancel(call.require_caller(), UUID(request.job_id))
        return Empty()

    async def RetryJob(self, request: pb.RetryJobRequest, call: Call) -> pb.Job:
        """Start again what failed."""
        id_, trace = UUID(request.job_id), traceparent(call.metadata.get("traceparent"))
        created = await self._jobs.retry(call.require_caller(), id_, request.request_id, trace)
        return encode.from_job(created.job, replayed=created.replayed)

    async def WatchJob(self, request: pb.WatchJobRequest, call: Call) -> AsyncIterator[pb.JobEvent]:
        """A job until its end."""
        watching = self._jobs.watch(call.require_caller(), UUID(request.job_id), encode.to_seq(request.resume_token))
        async with aclosing(watching):
            async for told in watching:
                yield encode.from_told(told)

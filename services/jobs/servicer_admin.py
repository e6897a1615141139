"""JobsAdminService: decode, one use case, encode."""

from typing import Any
from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import admin_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from services.jobs import encode, encode_admin
from services.jobs.domain_views import Redrive, Wanted
from services.jobs.use_cases_admin import Admin

MOST_REDRIVEN = 1000


class AdminServicer:
    """cairn.jobs.v1.JobsAdminService."""

    def __init__(self, admin: Admin, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._admin = admin
        self._pages = pages

    async def GetQueueStats(self, _request: pb.GetQueueStatsRequest, _call: Call) -> pb.QueueStats:
        """What waits and runs."""
        return encode_admin.from_stats(await self._admin.stats())

    async def ListArchivedJobs(self, request: pb.ListArchivedJobsRequest, call: Call) -> pb.ListArchivedJobsResponse:
        """A page of what has ended."""
        caller, wanted = call.require_caller(), Wanted(_kind(request), encode.to_status(request))
        scope, size = ("archive", caller.workspace, repr(wanted)), page_size(request.page_size)
        after = encode.to_place(self._pages.read(scope, request.page_token))
        found = await self._admin.archive(caller, wanted, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        token = ""
        if last and last.completed_time:
            token = self._pages.issue(scope, encode.from_place(last.completed_time, last.id))
        return pb.ListArchivedJobsResponse(jobs=[encode.from_job(job) for job in found[:size]], next_page_token=token)

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, call: Call) -> pb.ListDeadLettersResponse:
        """A page of what failed for good."""
        caller, kind = call.require_caller(), _kind(request)
        scope, size = ("dead letters", caller.workspace, kind), page_size(request.page_size)
        after = encode.to_place(self._pages.read(scope, request.page_token))
        found = await self._admin.dead_letters(caller, kind, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        token = self._pages.issue(scope, encode.from_place(last.died_time, last.job.id)) if last else ""
        letters = [encode_admin.from_dead_letter(letter) for letter in found[:size]]
        return pb.ListDeadLettersResponse(dead_letters=letters, next_page_token=token)

    async def RedriveDeadLetter(self, request: pb.RedriveDeadLetterRequest, call: Call) -> pb.DeadLetter:
        """Start a dead letter again."""
        letter = await self._admin.redrive(call.require_caller(), UUID(request.job_id))
        return encode_admin.from_dead_letter(letter)

    async def RedriveDeadLetters(
        self, request: pb.RedriveDeadLettersRequest, call: Call
    ) -> pb.RedriveDeadLettersResponse:
        """Start many dead letters again."""
        count = request.count if request.HasField("count") else MOST_REDRIVEN
        wanted = Redrive([UUID(id_) for id_ in request.job_ids], _kind(request), count)
        made = await self._admin.redrive_many(call.require_caller(), wanted)
        return pb.RedriveDeadLettersResponse(requested_count=len(made), job_ids=[str(id_) for id_ in made])

    async def PurgeDeadLetter(self, request: pb.PurgeDeadLetterRequest, call: Call) -> Empty:
        """Take a job off the dead letters."""
        await self._admin.purge(call.require_caller(), UUID(request.job_id))
        return Empty()


def _kind(request: Any) -> str | None:
    return str(request.kind) if request.HasField("kind") else None

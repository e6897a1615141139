"""JobInfosService: decode, one use case, encode."""

from functools import partial
from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import interviews_pb2 as pb
from chassis.interceptors import Call
from chassis.masks import mask
from chassis.pages import Pages, page_size
from services.jobs import encode, encode_interviews
from services.jobs.use_cases_job_infos import JobInfos

EDITABLE = frozenset({"name", "title", "description", "experience_level"})


class JobInfosServicer:
    """cairn.jobs.v1.JobInfosService."""

    def __init__(self, job_infos: JobInfos, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._job_infos = job_infos
        self._pages = pages

    async def CreateJobInfo(self, request: pb.CreateJobInfoRequest, call: Call) -> pb.JobInfo:
        """Write a job down."""
        made = await self._job_infos.create(call.require_caller(), encode_interviews.to_described(request))
        return encode_interviews.from_job_info(made)

    async def GetJobInfo(self, request: pb.GetJobInfoRequest, call: Call) -> pb.JobInfo:
        """One job."""
        found = await self._job_infos.get(call.require_caller(), UUID(request.job_info_id))
        return encode_interviews.from_job_info(found)

    async def ListJobInfos(self, request: pb.ListJobInfosRequest, call: Call) -> pb.ListJobInfosResponse:
        """A page of jobs."""
        caller = call.require_caller()
        scope = ("job-infos", caller.workspace, caller.user)
        after = encode.to_place(self._pages.read(scope, request.page_token))
        size = page_size(request.page_size)
        found = await self._job_infos.list(caller, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        token = self._pages.issue(scope, encode.from_place(last.updated_time, last.id)) if last else ""
        shown = [encode_interviews.from_job_info(each) for each in found[:size]]
        return pb.ListJobInfosResponse(job_infos=shown, next_page_token=token)

    async def UpdateJobInfo(self, request: pb.UpdateJobInfoRequest, call: Call) -> pb.JobInfo:
        """Change a job."""
        caller, id_ = call.require_caller(), UUID(request.job_info_id)
        fields = mask(request, request.update_mask, EDITABLE)
        if not fields:
            return encode_interviews.from_job_info(await self._job_infos.get(caller, id_))
        changed = partial(encode_interviews.to_changed, request, fields)
        return encode_interviews.from_job_info(await self._job_infos.change(caller, id_, request.etag, changed))

    async def DeleteJobInfo(self, request: pb.DeleteJobInfoRequest, call: Call) -> Empty:
        """Delete a job."""
        await self._job_infos.delete(call.require_caller(), UUID(request.job_info_id), request.etag)
        return Empty()

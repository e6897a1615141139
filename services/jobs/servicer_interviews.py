"""InterviewsService: decode, one use case, encode."""

from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import interviews_pb2 as pb
from cairn.jobs.v1 import jobs_pb2
from chassis.interceptors import Call
from chassis.masks import mask
from chassis.pages import Pages, page_size
from chassis.telemetry import traceparent
from services.jobs import encode, encode_interviews
from services.jobs.domain_interviews import INTERVIEW
from services.jobs.use_cases import Asked
from services.jobs.use_cases_interviews import Interviews, Start

EDITABLE = frozenset({"duration"})


class InterviewsServicer:
    """cairn.jobs.v1.InterviewsService."""

    def __init__(self, interviews: Interviews, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._interviews = interviews
        self._pages = pages

    async def StartInterview(self, request: pb.StartInterviewRequest, call: Call) -> jobs_pb2.Job:
        """Prepare an interview, as a job."""
        wanted, trace = encode_interviews.to_wanted(request), traceparent(call.metadata.get("traceparent"))
        asked = encode_interviews.to_request(wanted)

        def job(id_: UUID) -> Asked:
            told = encode_interviews.to_input(id_)
            return Asked(INTERVIEW.name, told, request.request_id, traceparent=trace, request=asked)

        created = await self._interviews.start(call.require_caller(), Start(wanted, request.request_id, job))
        return encode.from_job(created.job, replayed=created.replayed)

    async def GetInterview(self, request: pb.GetInterviewRequest, call: Call) -> pb.Interview:
        """One interview."""
        found = await self._interviews.get(call.require_caller(), UUID(request.interview_id))
        return encode_interviews.from_interview(found)

    async def ListInterviews(self, request: pb.ListInterviewsRequest, call: Call) -> pb.ListInterviewsResponse:
        """A page of interviews."""
        caller, about = call.require_caller(), UUID(request.job_info_id)
        scope = ("interviews", caller.workspace, caller.user, str(about))
        after = encode.to_place(self._pages.read(scope, request.page_token))
        size = page_size(request.page_size)
        found = await self._interviews.list(caller, about, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        token = self._pages.issue(scope, encode.from_place(last.updated_time, last.id)) if last else ""
        shown = [encode_interviews.from_interview(each) for each in found[:size]]
        return pb.ListInterviewsResponse(interviews=shown, next_page_token=token)

    async def UpdateInterview(self, request: pb.UpdateInterviewRequest, call: Call) -> pb.Interview:
        """Say how long an interview took."""
        caller, id_ = call.require_caller(), UUID(request.interview_id)
        if not mask(request, request.update_mask, EDITABLE):
            return encode_interviews.from_interview(await self._interviews.get(caller, id_))
        duration = encode_interviews.to_duration(request)
        return encode_interviews.from_interview(await self._interviews.set_duration(caller, id_, duration))

    async def DeleteInterview(self, request: pb.DeleteInterviewRequest, call: Call) -> Empty:
        """Delete an interview."""
        await self._interviews.delete(call.require_caller(), UUID(request.interview_id))
        return Empty()

    async def GetAllowance(self, _request: pb.GetAllowanceRequest, call: Call) -> pb.Allowance:
        """What is left of the caller's plan."""
        share, used = await self._interviews.allowance(call.require_caller())
        return encode_interviews.from_allowance(share, used.interviews, used.bucket)

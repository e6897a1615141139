"""TitlesService: decode, one use case, encode."""

from cairn.jobs.v1 import jobs_pb2
from cairn.jobs.v1 import titles_pb2 as pb
from chassis.interceptors import Call
from chassis.telemetry import traceparent
from services.jobs import encode, encode_titles
from services.jobs.domain_titles import TITLE
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_titles import Titles


class TitlesServicer:
    """cairn.jobs.v1.TitlesService."""

    def __init__(self, titles: Titles, jobs: Jobs) -> None:
        """The use cases."""
        self._titles = titles
        self._jobs = jobs

    async def StartTitle(self, request: pb.StartTitleRequest, call: Call) -> jobs_pb2.Job:
        """Find a title, as a job; one at a time for each conversation."""
        caller, where = call.require_caller(), request.conversation_id
        await self._titles.may_find(owner_of(caller), where)
        trace = traceparent(call.metadata.get("traceparent"))
        asked = Asked(TITLE.name, encode_titles.to_input(request), request.request_id, where, trace)
        created = await self._jobs.start(caller, asked)
        return encode.from_job(created.job, replayed=created.replayed)

    async def GetConversation(self, request: pb.GetConversationRequest, call: Call) -> pb.Conversation:
        """One conversation."""
        return encode_titles.from_conversation(*await self._titles.get(call.require_caller(), request.conversation_id))

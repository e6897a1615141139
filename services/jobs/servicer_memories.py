"""MemoriesService: decode, one use case, encode."""

from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import jobs_pb2
from cairn.jobs.v1 import memories_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from chassis.telemetry import traceparent
from services.jobs import encode, encode_memories
from services.jobs.domain_memories import EXTRACTION
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_memories import Memories


class MemoriesServicer:
    """cairn.jobs.v1.MemoriesService."""

    def __init__(self, memories: Memories, jobs: Jobs, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._memories = memories
        self._jobs = jobs
        self._pages = pages

    async def StartExtraction(self, request: pb.StartExtractionRequest, call: Call) -> jobs_pb2.Job:
        """Draw memories, as a job; one at a time of each conversation."""
        caller, where = call.require_caller(), request.conversation_id
        await self._memories.may_extract(owner_of(caller), where)
        trace = traceparent(call.metadata.get("traceparent"))
        asked = Asked(EXTRACTION.name, encode_memories.to_input(request), request.request_id, where, trace)
        created = await self._jobs.start(caller, asked)
        return encode.from_job(created.job, replayed=created.replayed)

    async def ListMemories(self, request: pb.ListMemoriesRequest, call: Call) -> pb.ListMemoriesResponse:
        """A page of memories."""
        caller, wanted = call.require_caller(), encode_memories.to_filter(request)
        scope = ("memories", caller.workspace, caller.user, repr(wanted))
        at = self._pages.read(scope, request.page_token)
        size = page_size(request.page_size)
        found = await self._memories.list(caller, wanted, UUID(at[0]) if at else None, size + 1)
        token = self._pages.issue(scope, [str(found[size - 1].id)]) if len(found) > size else ""
        shown = [encode_memories.from_memory(memory) for memory in found[:size]]
        return pb.ListMemoriesResponse(memories=shown, next_page_token=token)

    async def SearchMemories(self, request: pb.SearchMemoriesRequest, call: Call) -> pb.SearchMemoriesResponse:
        """The memories that fit best."""
        wanted, min_confidence = encode_memories.to_wanted(request)
        return encode_memories.from_found(await self._memories.search(call.require_caller(), wanted, min_confidence))

    async def GetMemory(self, request: pb.GetMemoryRequest, call: Call) -> pb.Memory:
        """One memory."""
        return encode_memories.from_memory(await self._memories.get(call.require_caller(), UUID(request.memory_id)))

    async def DeleteMemory(self, request: pb.DeleteMemoryRequest, call: Call) -> Empty:
        """Delete a memory."""
        await self._memories.delete(call.require_caller(), UUID(request.memory_id))
        return Empty()

    async def DeleteAllMemories(self, _request: pb.DeleteAllMemoriesRequest, call: Call) -> Empty:
        """Delete all memories."""
        await self._memories.delete_all(call.require_caller())
        return Empty()

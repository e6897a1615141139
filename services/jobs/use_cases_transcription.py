"""What a person may do with recordings and transcripts."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from chassis.database import Database, Queries
from chassis.identity import Caller
from services.jobs import store_conversations, store_transcripts
from services.jobs.domain import Owner
from services.jobs.domain_transcription import (
    MAX_BYTES,
    AudioEmpty,
    AudioTooLarge,
    Transcript,
    TranscriptNotFound,
    Wanted,
)
from services.jobs.store_create import Created
from services.jobs.use_cases import Asked, Jobs, owner_of
from services.jobs.use_cases_uploads import Limits, Uploads

LIMITS = Limits(MAX_BYTES, AudioEmpty, AudioTooLarge)


@dataclass(frozen=True, slots=True)
class Start:
    """A recording that is asked for; `job` makes the job of it, and of the fingerprint of an upload."""

    wanted: Wanted
    job: Callable[[Wanted, bytes], Asked]


class Transcriptions:
    """The use cases of transcription."""

    def __init__(self, database: Database, jobs: Jobs, new_id: Callable[[], UUID]) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._jobs = jobs
        self._uploads = Uploads(database, jobs, LIMITS)
        self._new_id = new_id

    async def start(self, caller: Caller, start: Start) -> Created:
        """Make a job of a recording behind a URL."""
        await self._may(self._database, owner_of(caller), start.wanted.conversation_id)
        return await self._jobs.start(caller, start.job(start.wanted, b""))

    async def upload(self, caller: Caller, start: Start, chunks: AsyncIterator[bytes]) -> Created:
        """Make a job of a recording that is sent along. Both are kept, or neither is."""
        owner, id_ = owner_of(caller), self._new_id()
        await self._may(self._database, owner, start.wanted.conversation_id)
        return await self._uploads.start(caller, id_, chunks, partial(start.job, replace(start.wanted, upload=id_)))

    async def get(self, caller: Caller, id_: UUID) -> Transcript:
        """A transcript that the caller may see."""
        found = await store_transcripts.get(self._database, owner_of(caller), id_)
        if found is None:
            raise TranscriptNotFound
        return found

    async def list(self, caller: Caller, conversation_id: str, before: UUID | None, size: int) -> Sequence[Transcript]:
        """The caller's own, or those of a conversation that they are in; newest first."""
        owner = owner_of(caller)
        await self._may(self._database, owner, conversation_id)
        return await store_transcripts.page(self._database, owner, conversation_id, before, size)

    async def delete(self, caller: Caller, id_: UUID) -> None:
        """Delete one of the caller's own."""
        if not await store_transcripts.remove(self._database, owner_of(caller), id_):
            raise TranscriptNotFound

    async def _may(self, queries: Queries, owner: Owner, conversation_id: str) -> None:
        if conversation_id:
            await store_conversations.member(queries, owner, conversation_id)

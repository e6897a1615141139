"""What the last write of a job rests on, held until its transaction ends: the lease, and the conversation."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select

from chassis.database import Queries, Statement
from services.jobs import store_conversations
from services.jobs.domain import WORKER_LOST, JobFailed, Owner
from services.jobs.domain_conversations import Conversation
from services.jobs.tables import jobs
from services.jobs.tables_facts import conversations


async def still_ours(queries: Queries, job_id: UUID, token: UUID) -> None:
    """Raise JobFailed where the lease is not ours any more; whoever would take it away, or delete the job, waits."""
    if not await queries.rows(_lease(), id=job_id, token=token):
        raise JobFailed(WORKER_LOST)


async def still_member(queries: Queries, owner: Owner, conversation_id: str) -> Conversation:
    """The conversation, or ConversationNotFound; whoever would change it waits, and then finds what we wrote."""
    await queries.rows(_conversation(), workspace=owner.workspace, conversation=conversation_id)
    return await store_conversations.member(queries, owner, conversation_id)


@lru_cache
def _lease() -> Statement:
    j = jobs.c
    ours = select(j.id).where(j.id == bindparam("id", type_=Uuid), j.lease_token == bindparam("token", type_=Uuid))
    return Statement(ours.with_for_update(read=True))


@lru_cache
def _conversation() -> Statement:
    c = conversations.c
    here = (c.workspace == bindparam("workspace", type_=Text), c.id == bindparam("conversation", type_=Text))
    return Statement(select(c.id).where(*here).with_for_update(read=True))

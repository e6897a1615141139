"""Transcripts in PostgreSQL. A person sees their own, and those of conversations they are in."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, Text, Uuid, bindparam, delete, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Queries, Row, Statement
from services.jobs import store_fence
from services.jobs.domain import Claimed, Owner
from services.jobs.domain_transcription import Segment, Transcript
from services.jobs.tables_facts import conversations, memberships
from services.jobs.tables_transcripts import transcripts

WORKSPACE, USER, ID = bindparam("workspace", type_=Text), bindparam("user", type_=Text), bindparam("id", type_=Uuid)
CONVERSATION = bindparam("conversation", type_=Text)
t = transcripts.c
BRIEF = ("id", "user_id", "conversation_id", "name", "language", "seconds", "extractor", "made_at")


async def write(queries: Queries, job: Claimed, transcript: Transcript) -> None:
    """Keep what the job made, in a transaction; nothing where it was kept before.

    Raises JobFailed if the job is lost, and ConversationNotFound.
    """
    # Whoever deletes the person deletes their jobs first, and waits for us, or we find nothing.
    await store_fence.still_ours(queries, job.id, job.token)
    if transcript.conversation_id:
        await store_fence.still_member(queries, job.owner, transcript.conversation_id)
    values = {name: getattr(transcript, name) for name in ("id", "user_id", "conversation_id", "name", "language")}
    values |= {"seconds": transcript.seconds, "text": transcript.text, "extractor": transcript.extractor}
    values |= {
        "segments": orjson.dumps([list(each) for each in transcript.segments]).decode(),
        "made_at": transcript.created_time,
    }
    await queries.rows(_write(), workspace=job.owner.workspace, **values)


async def get(queries: Queries, owner: Owner, id_: UUID) -> Transcript | None:
    """One that the person may see."""
    row = await queries.row(_get(), **owner._asdict(), id=id_)
    return _read(row) if row else None


async def page(
    queries: Queries, owner: Owner, conversation_id: str, before: UUID | None, size: int
) -> Sequence[Transcript]:
    """The person's own, or those of a conversation; newest first, without what was said."""
    values = owner._asdict() | {"conversation": conversation_id, "before": before, "size": size}
    return [_brief(row) for row in await queries.rows(_page(bool(conversation_id), before is not None), **values)]


async def remove(queries: Queries, owner: Owner, id_: UUID) -> bool:
    """Delete one of the person's own; whether there was one."""
    return bool(await queries.rows(_remove(), **owner._asdict(), id=id_))


def theirs(users: Any) -> Iterable[Any]:
    """Deletes what these people have."""
    return [delete(transcripts).where(t.workspace == WORKSPACE, t.user_id.in_(users))]


def gone(ids: Any) -> Any:
    """Deletes the transcripts of conversations that are deleted, of these."""
    c = conversations.c
    deleted = select(c.id).where(c.workspace == WORKSPACE, c.id == func.any(ids), c.deleted)
    return delete(transcripts).where(t.workspace == WORKSPACE, t.conversation_id.in_(deleted))


def _read(row: Row) -> Transcript:
    segments = tuple(Segment(*each) for each in orjson.loads(row["segments"]))
    return _brief(row, row["text"], segments)


def _brief(row: Row, text: str = "", segments: Sequence[Segment] = ()) -> Transcript:
    id_, user_id, conversation_id, name, language, seconds, extractor, made_at = (row[each] for each in BRIEF)
    return Transcript(id_, user_id, conversation_id, name, language, seconds, text, segments, extractor, made_at)


def _seen() -> Any:
    """Whether the person is in its conversation now; one that is in none has the empty name."""
    s = memberships.c
    here: Any = select(literal_column("1")).where(s.workspace == WORKSPACE, s.user_id == USER, ~s.removed)
    return or_(t.user_id == USER, here.where(s.conversation_id == t.conversation_id).exists())


@lru_cache
def _write() -> Statement:
    values = {each.name: bindparam(each.name, type_=each.type) for each in transcripts.columns}
    return Statement(upsert(transcripts).values(**values).on_conflict_do_nothing())


@lru_cache
def _get() -> Statement:
    columns = [t[name] for name in (*BRIEF, "text", "segments")]
    return Statement(select(*columns).where(t.workspace == WORKSPACE, t.id == ID, _seen()))


@lru_cache
def _page(of_conversation: bool, further: bool) -> Statement:
    those = t.conversation_id == CONVERSATION if of_conversation else t.user_id == USER
    found = select(*(t[name] for name in BRIEF)).where(t.workspace == WORKSPACE, those)
    if further:
        found = found.where(t.id < bindparam("before", type_=Uuid))
    return Statement(found.order_by(t.id.desc()).limit(bindparam("size", type_=Integer)))


@lru_cache
def _remove() -> Statement:
    this = (t.workspace == WORKSPACE, t.id == ID, t.user_id == USER)
    return Statement(delete(transcripts).where(*this).returning(t.id))

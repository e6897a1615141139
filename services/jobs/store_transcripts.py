"""Recordings and transcripts in PostgreSQL. A person sees their own, and those of conversations they are in."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Integer, LargeBinary, Text, Uuid, bindparam, delete, func, insert, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Queries, Row, Statement
from services.jobs import store_fence
from services.jobs.domain import Claimed, Owner
from services.jobs.domain_transcription import Segment, Transcript
from services.jobs.tables_facts import conversations, memberships
from services.jobs.tables_transcripts import transcripts, uploads

PIECE = 512 << 10
WORKSPACE, USER, ID = bindparam("workspace", type_=Text), bindparam("user", type_=Text), bindparam("id", type_=Uuid)
CONVERSATION = bindparam("conversation", type_=Text)
KEPT: Any = literal_column("interval '2 days'")
u, t = uploads.c, transcripts.c
BRIEF = ("id", "user_id", "conversation_id", "name", "language", "seconds", "extractor", "made_at")


class Upload(NamedTuple):
    """A recording that was sent along."""

    id: UUID
    file: Path


async def keep(queries: Queries, owner: Owner, upload: Upload) -> None:
    """Keep it, piece by piece, in a transaction."""
    with upload.file.open("rb") as file:
        for number, data in enumerate(iter(lambda: file.read(PIECE), b"")):
            await queries.rows(_keep(), **owner._asdict(), id=upload.id, number=number, data=data)


async def fetch(queries: Queries, owner: Owner, upload: Upload) -> bool:
    """Write what was kept to the file; False where it is no longer kept."""
    count = int(await queries.value(_count(), **owner._asdict(), id=upload.id) or 0)
    with upload.file.open("wb") as file:
        for number in range(count):
            piece = await queries.value(_piece(), **owner._asdict(), id=upload.id, number=number)
            if piece is None:
                return False
            file.write(piece)
    return count > 0


async def forget(queries: Queries, limit: int) -> int:
    """Delete uploads that are no longer kept, so many pieces at most; tells how many."""
    return len(await queries.rows(_forget(), limit=limit))


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
    both = (uploads, transcripts)
    return [delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id.in_(users)) for each in both]


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
def _keep() -> Statement:
    values = {"workspace": WORKSPACE, "id": ID, "user_id": USER, "number": bindparam("number", type_=Integer)}
    return Statement(insert(uploads).values(**values, data=bindparam("data", type_=LargeBinary), made_at=func.now()))


@lru_cache
def _count() -> Statement:
    this = (u.workspace == WORKSPACE, u.user_id == USER, u.id == ID)
    return Statement(select(func.count()).select_from(uploads).where(*this))


@lru_cache
def _piece() -> Statement:
    this = (u.workspace == WORKSPACE, u.user_id == USER, u.id == ID, u.number == bindparam("number", type_=Integer))
    return Statement(select(u.data).where(*this))


@lru_cache
def _forget() -> Statement:
    some = select(u.workspace, u.id, u.number).where(u.made_at < func.now() - KEPT)
    some = some.limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True)
    old = some.subquery("old")
    these = (u.workspace == old.c.workspace, u.id == old.c.id, u.number == old.c.number)
    return Statement(delete(uploads).where(*these).returning(u.number))


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

"""Which messages have been read for a person, and what was drawn from them: kept together, or not at all."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from chassis.database import Queries, Statement
from services.jobs import store_fence
from services.jobs.domain_conversations import ConversationIncognito
from services.jobs.domain_memories import BEFORE, MAX_IDS, SAME, WINDOW, Extracted, Extraction, Fact, Message, Window
from services.jobs.domain_memories import folded as words_of
from services.jobs.domain_search import Vector
from services.jobs.store_memories import LIVE, OWN
from services.jobs.store_search import NEAR
from services.jobs.tables_facts import messages
from services.jobs.tables_memories import memories, memory_marks

# Before all messages.
START = (datetime(1970, 1, 1, tzinfo=UTC), "")
HUMAN = 1  # cairn.feed.v1.Message.Role: not told, or a person
m, marks = messages.c, memory_marks.c
USER, WORKSPACE = bindparam("user", type_=Text), bindparam("workspace", type_=Text)
PLACE = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("after", type_=Text))
HERE = [
    m.workspace == WORKSPACE,
    m.conversation_id == bindparam("conversation", type_=Text),
    not_(m.deleted),
    m.text != literal_column("''"),
]


class Drawn(NamedTuple):
    """A fact that may be kept under this id, until then; `vector` is what `model` made of it, if it did."""

    id: UUID
    fact: Fact
    expire_time: datetime | None
    vector: Vector | None


class Origin(NamedTuple):
    """What drew the facts, the model that read them, and when that is."""

    extractor: str
    model: str
    now: datetime


async def unread(queries: Queries, extraction: Extraction) -> int:
    """How many messages are to be read."""
    return int(await queries.value(_count(), **_named(extraction)) or 0)


async def window(queries: Queries, extraction: Extraction, place: tuple[datetime, str]) -> Window:
    """The next messages after that place that have not been read, and those before them."""
    named, (at, after) = _named(extraction), place
    found = [Message(*row) for row in await queries.rows(_next(), **named, at=at, after=after)]
    if not found:
        return Window((), ())
    before = await queries.rows(_before(), **named, at=found[0].sent_time, after=found[0].id)
    return Window(found, [Message(*row) for row in reversed(before)])


async def keep(
    queries: Queries, extraction: Extraction, read: Sequence[str], drawn: Sequence[Drawn], origin: Origin
) -> bool:
    """Mark the messages and keep what is new, in a transaction; False, and nothing done, where one is marked.

    One after the other for each person, so that two at once cannot keep the same fact twice.
    """
    await queries.serialise("\n".join(("cairn.jobs.memories", *extraction.owner)))
    # Whoever deletes the person deletes their jobs first, and waits for us, or we find nothing.
    await store_fence.still_ours(queries, extraction.job_id, extraction.token)
    if (await store_fence.still_member(queries, extraction.owner, extraction.conversation_id)).incognito:
        raise ConversationIncognito
    owner = extraction.owner._asdict()
    if await queries.value(_marked(), **owner, ids=list(read)):
        return False
    duplicates: Counter[str] = Counter()
    there = {row["id"] for row in await queries.rows(_there(), **_named(extraction), ids=list(read))}
    for each in (each for each in drawn if each.fact.message_id in there):
        if not await _add(queries, extraction, each, origin):
            duplicates[each.fact.message_id] += 1
    counts = [duplicates[id_] for id_ in read]
    await queries.rows(_mark(), **owner, job=extraction.job_id, ids=list(read), counts=counts)
    return True


async def tally(queries: Queries, extraction: Extraction, extractor: str) -> Extracted:
    """What the job came to, over all its attempts."""
    values = extraction.owner._asdict() | {"job": extraction.job_id}
    counts = await queries.row(_tally(), **values)
    assert counts is not None, "counts have a row"
    ids = [row["id"] for row in await queries.rows(_ids(), **values)]
    return Extracted(ids, counts["extracted"], counts["duplicates"], counts["read"], extractor)


async def _add(queries: Queries, extraction: Extraction, drawn: Drawn, origin: Origin) -> bool:
    fact = drawn.fact
    values = {
        "id": drawn.id,
        "content": fact.content,
        "category": fact.category.value,
        "importance": fact.importance,
        "confidence": fact.confidence,
        "reasoning": fact.reasoning,
        "hint": fact.hint.value,
        "expire_at": drawn.expire_time,
        "conversation_id": extraction.conversation_id,
        "message_id": fact.message_id,
        "extractor": origin.extractor,
        "job_id": extraction.job_id,
        "folded": words_of(fact.content),
    }
    read = {"near": list(drawn.vector or ()), "model": origin.model}
    added = await queries.rows(
        _insert(bool(drawn.vector)), **extraction.owner._asdict(), **values, **read, now=origin.now
    )
    return bool(added)


def _named(extraction: Extraction) -> dict[str, Any]:
    return {**extraction.owner._asdict(), "conversation": extraction.conversation_id}


def _unmarked() -> ColumnElement[bool]:
    # Looked up one by one: a join may compare each message with all that were ever read.
    mark = select(marks.job_id).where(marks.workspace == WORKSPACE, marks.user_id == USER, marks.message_id == m.id)
    return mark.scalar_subquery().is_(None)


def _columns() -> list[Any]:
    human = m.role <= literal_column(str(HUMAN))
    own = and_(m.author_id == USER, human)
    return [m.id, m.author_id, m.text, m.sent_at, human.label("human"), own.label("own")]


@lru_cache
def _count() -> Statement:
    return Statement(select(func.count()).select_from(messages).where(*HERE, _unmarked()))


@lru_cache
def _next() -> Statement:
    found = select(*_columns()).where(*HERE, tuple_(m.sent_at, m.id) > PLACE, _unmarked())
    return Statement(found.order_by(m.sent_at, m.id).limit(literal_column(str(WINDOW))))


@lru_cache
def _before() -> Statement:
    found = select(*_columns()).where(*HERE, tuple_(m.sent_at, m.id) < PLACE)
    return Statement(found.order_by(m.sent_at.desc(), m.id.desc()).limit(literal_column(str(BEFORE))))


@lru_cache
def _there() -> Statement:
    """Those that are not deleted; whoever would do it waits."""
    given = m.id == func.any(bindparam("ids", type_=ARRAY(Text)))
    return Statement(select(m.id).where(*HERE, given).with_for_update(read=True))


@lru_cache
def _marked() -> Statement:
    given = marks.message_id == func.any(bindparam("ids", type_=ARRAY(Text)))
    return Statement(
        select(func.count()).select_from(memory_marks).where(marks.workspace == WORKSPACE, marks.user_id == USER, given)
    )


@lru_cache
def _mark() -> Statement:
    names = {"id": bindparam("ids", type_=ARRAY(Text)), "duplicates": bindparam("counts", type_=ARRAY(Integer))}
    read = func.unnest(*names.values()).table_valued(*(column(name) for name in names)).render_derived(name="read")
    rows = select(WORKSPACE, USER, read.c.id, bindparam("job", type_=Uuid), read.c.duplicates)
    return Statement(insert(memory_marks).from_select([each.name for each in _mark_columns()], rows))


def _mark_columns() -> list[Any]:
    return [marks.workspace, marks.user_id, marks.message_id, marks.job_id, marks.duplicates]


@lru_cache
def _insert(embedded: bool) -> Statement:
    """Unless a live memory says the same: word for word, or by what one model made of the two."""
    model, c = bindparam("model", type_=Text), memories.c
    same: ColumnElement[bool] = c.folded == bindparam("folded", type_=Text)
    if embedded:
        near = c.vector.op("<=>")(NEAR) < literal_column(repr(1 - SAME))
        same = or_(same, and_(c.model == model, near))
    known = select(literal_column("1")).where(*OWN, LIVE, same).exists()
    values: dict[str, Any] = {each.name: bindparam(each.name, type_=each.type) for each in memories.columns}
    values |= {"workspace": WORKSPACE, "user_id": USER, "created_at": bindparam("now", type_=DateTime(timezone=True))}
    del values["vector"], values["model"]
    if embedded:
        values |= {"vector": NEAR, "model": model}
    new = select(*values.values()).where(not_(known))
    return Statement(insert(memories).from_select(list(values), new).returning(c.id))


@lru_cache
def _tally() -> Statement:
    job, c = bindparam("job", type_=Uuid), memories.c
    new = select(func.count()).select_from(memories).where(*OWN, c.job_id == job).scalar_subquery()
    duplicates = func.coalesce(func.sum(marks.duplicates), literal_column("0"))
    read = select(func.count().label("read"), duplicates.label("duplicates"), new.label("extracted"))
    mine = (marks.workspace == WORKSPACE, marks.user_id == USER, marks.job_id == job)
    return Statement(read.select_from(memory_marks).where(*mine))


@lru_cache
def _ids() -> Statement:
    mine = select(memories.c.id).where(*OWN, memories.c.job_id == bindparam("job", type_=Uuid))
    return Statement(mine.order_by(memories.c.id).limit(literal_column(str(MAX_IDS))))

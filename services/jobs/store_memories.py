"""Memories in PostgreSQL: what a person may see of theirs, searched and deleted.

One person's are few, so they are compared one by one, and their words are told apart when they are searched.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Double,
    Interval,
    Select,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    update,
)

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Owner
from services.jobs.domain_memories import KNOWN, Category, Filter, Hint, Memory
from services.jobs.domain_search import Vector
from services.jobs.store_moves import NOW
from services.jobs.store_search import CANDIDATES, NEAR, fused
from services.jobs.store_shown import LANGUAGE, one, terms
from services.jobs.tables_facts import conversations, messages
from services.jobs.tables_memories import memories, memory_marks

# Memories that are read again by the model at a time.
AGAIN = 64
# After it has expired.
DELETED_AFTER = timedelta(days=90)
m = memories.c
MODEL = bindparam("model", type_=Text)
OWN = (m.workspace == bindparam("workspace", type_=Text), m.user_id == bindparam("user", type_=Text))
LIVE = or_(m.expire_at.is_(None), m.expire_at > bindparam("now", type_=DateTime(timezone=True)))
THIS = m.id == bindparam("id", type_=Uuid)
SHOWN = ("id", "content", "category", "importance", "confidence", "reasoning", "hint", "expire_at")
FROM = ("conversation_id", "message_id", "extractor", "created_at")
ALL = [m[name] for name in (*SHOWN, *FROM)]


async def list_(
    queries: Queries, owner: Owner, wanted: Filter, now: datetime, page: tuple[UUID | None, int]
) -> list[Memory]:
    """A person's memories, newest first: so many of those before one of them."""
    before, size = page
    values = {"category": wanted.category, "conversation": wanted.conversation_id, "least": wanted.min_importance}
    rows = await queries.rows(_list(), **owner._asdict(), **values, now=now, before=before, size=size)
    return [to_memory(row) for row in rows]


async def get(queries: Queries, owner: Owner, id_: UUID, now: datetime) -> Memory | None:
    """A memory, unless it has expired."""
    row = await queries.row(_get(), **owner._asdict(), id=id_, now=now)
    return to_memory(row) if row else None


async def remove(queries: Queries, owner: Owner, id_: UUID, now: datetime) -> bool:
    """Delete a memory; tells whether it was there."""
    return bool(await queries.rows(_remove(), **owner._asdict(), id=id_, now=now))


async def remove_all(queries: Queries, owner: Owner) -> None:
    """Delete everything that is remembered of a person."""
    await queries.rows(_remove_all(), **owner._asdict())


async def search(queries: Queries, owner: Owner, vector: Vector | None, **values: Any) -> list[Row]:
    """The best `top` memories for a `query`, with `embedded` and `there`; one row without an id where there is none."""
    return await queries.rows(_search(bool(vector)), **owner._asdict(), near=list(vector or ()), **values)


async def known(queries: Queries, owner: Owner, now: datetime) -> Sequence[str]:
    """What the newest memories of a person say."""
    return [row["content"] for row in await queries.rows(_known(), **owner._asdict(), now=now)]


async def unembedded(queries: Queries, owner: Owner, model: str, now: datetime) -> list[tuple[UUID, str]]:
    """Some memories of a person that this model has not read."""
    rows = await queries.rows(_unembedded(), **owner._asdict(), model=model, now=now)
    return [(row["id"], row["content"]) for row in rows]


async def embed(queries: Queries, owner: Owner, model: str, id_: UUID, vector: Vector) -> None:
    """Keep what the model made of a memory."""
    await queries.rows(_embed(), **owner._asdict(), model=model, id=id_, near=list(vector))


async def forget(queries: Queries, limit: int) -> int:
    """Delete some of the memories that have expired long ago; tells how many."""
    return len(await queries.rows(_forget(limit)))


def theirs(users: Select[Any]) -> list[Any]:
    """What deletes everything about these users of the workspace."""
    tables = (memories, memory_marks)
    workspace = bindparam("workspace", type_=Text)
    return [delete(each).where(each.c.workspace == workspace, each.c.user_id.in_(users)) for each in tables]


def said_in(ids: Any) -> Any:
    """What deletes everything that was said in deleted conversations, of these."""
    c, workspace = conversations.c, bindparam("workspace", type_=Text)
    gone = select(c.id).where(c.workspace == workspace, c.id == func.any(ids), c.deleted)
    return delete(memories).where(memories.c.workspace == workspace, memories.c.conversation_id.in_(gone))


def said_as(ids: Any) -> Any:
    """What deletes everything that was said in deleted messages, of these."""
    m, workspace = messages.c, bindparam("workspace", type_=Text)
    gone = select(m.id).where(m.workspace == workspace, m.id == func.any(ids), m.deleted)
    return delete(memories).where(memories.c.workspace == workspace, memories.c.message_id.in_(gone))


def to_memory(row: Row) -> Memory:
    """A row."""
    return Memory(
        id=row["id"],
        content=row["content"],
        category=Category(row["category"]),
        importance=row["importance"],
        confidence=row["confidence"],
        reasoning=row["reasoning"],
        hint=Hint(row["hint"]),
        expire_time=row["expire_at"],
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        extractor=row["extractor"],
        create_time=row["created_at"],
    )


@lru_cache
def _list() -> Statement:
    conditions = [
        _unless_given(m.category, "category", Text()),
        _unless_given(m.conversation_id, "conversation", Text()),
        m.importance >= bindparam("least", type_=SmallInteger),
        or_(bindparam("before", type_=Uuid).is_(None), m.id < bindparam("before", type_=Uuid)),
    ]
    return Statement(select(*ALL).where(*OWN, LIVE, *conditions).order_by(m.id.desc()).limit(bindparam("size")))


def _unless_given(column: Any, name: str, type_: Any) -> ColumnElement[bool]:
    return or_(bindparam(name, type_=type_).is_(None), column == bindparam(name, type_=type_))


@lru_cache
def _get() -> Statement:
    return Statement(select(*ALL).where(*OWN, LIVE, THIS))


@lru_cache
def _known() -> Statement:
    newest = select(m.content).where(*OWN, LIVE).order_by(m.id.desc())
    return Statement(newest.limit(literal_column(str(KNOWN))))


@lru_cache
def _remove() -> Statement:
    return Statement(delete(memories).where(*OWN, LIVE, THIS).returning(m.id))


@lru_cache
def _remove_all() -> Statement:
    return Statement(delete(memories).where(*OWN))


@lru_cache
def _forget(limit: int) -> Statement:
    key = (m.workspace, m.user_id, m.id)
    old = select(*key).where(m.expire_at <= NOW - literal(DELETED_AFTER, Interval)).order_by(m.expire_at)
    chosen = old.limit(literal_column(str(limit))).with_for_update(skip_locked=True).cte("chosen")
    return Statement(delete(memories).where(tuple_(*key).in_(select(*chosen.c))).returning(m.id))


@lru_cache
def _search(by_meaning: bool) -> Statement:
    sure = m.confidence >= bindparam("least", type_=Double)
    live = select(m.id, m.vector, m.model, func.to_tsvector(LANGUAGE, m.content).label("words"))
    seen = live.where(*OWN, LIVE, sure).cte("seen")
    best = fused(_by_words(seen), _by_meaning(seen, by_meaning))
    read = select(literal_column("1")).where(*_read(seen)).exists().label("embedded")
    totals = select(read, select(literal_column("1")).select_from(seen).exists().label("there")).subquery("totals")
    whole = best.join(memories, m.id == best.c.id)
    page = select(*ALL, best.c.score, best.c.matched_by).select_from(whole).where(*OWN).subquery("page")
    rows = select(totals, page).select_from(totals.outerjoin(page, true()))
    return Statement(rows.order_by(page.c.score.desc(), page.c.id.desc()))


def _by_words(seen: CTE) -> CTE:
    """Those with all the words, then those with some."""
    asked = terms()
    loose: Any = one(asked.c.loose)
    rank = func.ts_rank_cd(seen.c.words, loose, literal_column("1"))
    order = (seen.c.words.op("@@")(one(asked.c.strict)).desc(), rank.desc(), seen.c.id.desc())
    placed = select(seen.c.id, func.row_number().over(order_by=order).label("place"))
    return _first(placed.where(seen.c.words.op("@@")(loose)), "by_words")


def _by_meaning(seen: CTE, by_meaning: bool) -> CTE:
    distance: Any = seen.c.vector.op("<=>", return_type=Double())(NEAR) if by_meaning else literal_column("0")
    placed = select(seen.c.id, func.row_number().over(order_by=(distance, seen.c.id.desc())).label("place"))
    return _first(placed.where(*_read(seen) if by_meaning else [literal_column("false")]), "by_meaning")


def _read(seen: CTE) -> list[ColumnElement[bool]]:
    return [seen.c.vector.is_not(None), seen.c.model == MODEL]


def _first(placed: Select[Any], name: str) -> CTE:
    return placed.order_by(literal_column("place")).limit(literal_column(str(CANDIDATES))).cte(name)


@lru_cache
def _unembedded() -> Statement:
    other = select(m.id, m.content).where(*OWN, LIVE, or_(m.model.is_(None), m.model != MODEL))
    return Statement(other.order_by(m.id.desc()).limit(literal_column(str(AGAIN))))


@lru_cache
def _embed() -> Statement:
    this = update(memories).where(*OWN, THIS)
    return Statement(this.values(vector=NEAR, model=MODEL))

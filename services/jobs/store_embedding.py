"""Which messages are to be read by the model, and what it made of them. The row is the schedule.

Whoever reads messages puts off the moment at which they are due: nobody else reads them until then, no transaction is
open meanwhile, and what a reader that dies leaves behind is due again by itself. What is written counts only if that
moment still stands in the row, so that neither the text was changed since nor another reader has come.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import REGCONFIG

from chassis.database import Queries, Statement
from services.jobs.domain_search import DIMENSIONS, Vector
from services.jobs.tables_facts import HalfVector, messages, of_another_model, refused

MODEL = bindparam("model", type_=Text)


class Unread(NamedTuple):
    """A message that is to be read, and the moment until which it is ours."""

    workspace: str
    id: str
    text: str
    embed_at: datetime


class Reading(NamedTuple):
    """How far the model has come, over all workspaces."""

    read: int
    waiting: int
    refused: int


class Turn(Enum):
    """Whose turn it is: new and changed messages, then renewals that were begun before, then others to be renewed."""

    NEW = 1
    BEGUN = 2
    RENEWED = 3


async def claim(queries: Queries, model: str, limit: int, lease_seconds: float) -> list[Unread]:
    """Messages that nobody else reads for so long."""
    lease = timedelta(seconds=lease_seconds)
    for turn_ in Turn:
        if rows := await queries.rows(_claim(turn_, limit), model=model, lease=lease):
            return [Unread(*row) for row in rows]
    return []


async def write(queries: Queries, model: str, read: Sequence[Unread], vectors: Sequence[Vector | None]) -> int:
    """Keep the vectors; None for a text that the model does not take. Tells how many texts were still the same."""
    pairs = sorted(zip(read, vectors, strict=True), key=lambda pair: pair[0][:2])
    rows = await queries.rows(
        _write(),
        **_claimed([each for each, _ in pairs]),
        model=model,
        places=[place if vector is not None else None for place, (_, vector) in enumerate(pairs)],
        numbers=[number for _, vector in pairs for number in vector or (0.0,) * DIMENSIONS],
    )
    return len(rows)


async def give_back(queries: Queries, some: Sequence[Unread], seconds: float = 0.0) -> None:
    """Let those that are still ours be due in so many seconds, after all others that are due until then."""
    await queries.rows(_give_back(), **_claimed(sorted(some)), delay=timedelta(seconds=seconds))


async def reading(queries: Queries, model: str) -> Reading:
    """How many messages the model has read, how many wait, and how many it does not take.

    For operators: the time it takes grows with the number of messages.
    """
    row = await queries.row(_reading(), model=model)
    assert row is not None, "counts have a row"
    return Reading(row["read"], row["waiting"], row["refused"])


async def turn(queries: Queries, language: str, limit: int) -> int:
    """Bring words of some messages to their stems as this language has it; 0 where all are so."""
    turned = 0
    for above in (False, True):
        turned += len(await queries.rows(_turn(above, limit), language=language))
    return turned


async def use(queries: Queries, language: str) -> None:
    """Let messages be taken in this language from now on."""
    default = "select column_default like :literal from information_schema.columns "
    here = "where (table_schema, table_name, column_name) = ('jobs', 'messages', 'language')"
    known = Statement(text(default + here).bindparams(bindparam("literal", type_=Text)))
    if not await queries.value(known, literal=f"'{language}'::%"):
        await queries.rows(Statement(text(f"alter table jobs.messages alter column language set default '{language}'")))


def _claimed(some: Sequence[Unread]) -> dict[str, Any]:
    """In one order everywhere, as all statements that lock many rows."""
    return {
        "workspaces": [each.workspace for each in some],
        "ids": [each.id for each in some],
        "moments": [each.embed_at for each in some],
    }


@lru_cache
def _claim(turn_: Turn, limit: int) -> Statement:
    m = messages.c
    some = select(m.workspace, m.id)
    if turn_ is Turn.RENEWED:
        some = some.where(of_another_model())
    else:
        changed = m.model.is_(None) if turn_ is Turn.NEW else m.model.is_not(None)
        some = some.where(m.embed_at <= func.now(), changed).order_by(m.embed_at)
    some = some.limit(literal_column(str(limit))).with_for_update(skip_locked=True)
    chosen = some.cte("chosen")
    until = func.now() + bindparam("lease", type_=Interval)
    taken = update(messages).where(m.workspace == chosen.c.workspace, m.id == chosen.c.id).values(embed_at=until)
    return Statement(taken.returning(m.workspace, m.id, m.text, m.embed_at))


@lru_cache
def _write() -> Statement:
    new = _ours(place=bindparam("places", type_=ARRAY(Integer)))
    numbers: Any = select(bindparam("numbers", type_=ARRAY(REAL)).label("all")).cte("numbers").c.all
    first = new.c.place * literal_column(str(DIMENSIONS))
    own = numbers[first + literal_column("1") : first + literal_column(str(DIMENSIONS))]
    values = {"vector": cast(own, HalfVector), "model": MODEL, "embed_at": None}
    return Statement(update(messages).where(_still(new)).values(values).returning(messages.c.id))


@lru_cache
def _give_back() -> Statement:
    moment = func.now() + bindparam("delay", type_=Interval)
    given = update(messages).where(_still(_ours())).values(embed_at=moment)
    return Statement(given.returning(messages.c.id))


def _ours(**more: ColumnElement[Any]) -> Any:
    """What was claimed, as a table."""
    columns = {
        "workspace": bindparam("workspaces", type_=ARRAY(Text)),
        "id": bindparam("ids", type_=ARRAY(Text)),
        "embed_at": bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
        **more,
    }
    return func.unnest(*columns.values()).table_valued(*columns).render_derived(name="ours")


def _still(ours: Any) -> ColumnElement[bool]:
    m = messages.c
    return and_(m.workspace == ours.c.workspace, m.id == ours.c.id, m.embed_at == ours.c.embed_at)


@lru_cache
def _reading() -> Statement:
    m = messages.c

    def count(which: ColumnElement[bool]) -> Any:
        return select(func.count()).select_from(messages).where(which).scalar_subquery()

    not_taken = count(and_(m.embed_at.is_(None), m.model == MODEL, refused()))
    again = count(and_(m.embed_at.is_not(None), m.model == MODEL))
    counts = {
        "read": count(m.model == MODEL) - again - not_taken,
        "waiting": count(m.embed_at.is_not(None)) + count(of_another_model()),
        "refused": not_taken,
    }
    return Statement(select(*(each.label(name) for name, each in counts.items())))


@lru_cache
def _turn(above: bool, limit: int) -> Statement:
    """Of the languages that come after this one in the index, or before it: an index knows no "other than"."""
    m = messages.c
    language = cast(cast(bindparam("language", type_=Text), Text), REGCONFIG)
    other = m.language > language if above else m.language < language
    some = select(m.workspace, m.id).where(other).order_by(m.language)
    some = some.limit(literal_column(str(limit))).with_for_update(skip_locked=True)
    chosen = tuple_(m.workspace, m.id).in_(some)
    return Statement(update(messages).where(chosen).values(language=language).returning(column("id")))

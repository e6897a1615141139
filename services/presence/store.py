"""Claims in PostgreSQL. What has expired is not read; every change tells the watchers, if and only if it commits."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Interval,
    SmallInteger,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Row, Statement
from services.presence.domain import MANUAL, MAX_CLAIMS, MAX_RECENTS, Claim, Draft, Recent, Saying
from services.presence.tables import claims, recents

CHANNEL = "cairn_presence"
c, r = claims.c, recents.c
OWNER = (c.workspace == bindparam("workspace"), c.user_id == bindparam("user"))
RECENT = (r.workspace == bindparam("workspace"), r.user_id == bindparam("user"))
LIVE = or_(c.expires_at.is_(None), c.expires_at > func.now())
ITSELF = and_(c.source == bindparam("source"), c.claim_id == bindparam("claim"))
BY_HAND: ColumnElement[str] = literal_column(f"'{MANUAL}'")


class Owner(NamedTuple):
    """Whose status."""

    workspace: str
    user: str


class Put(NamedTuple):
    """What came of a draft: not taken if its time had passed, or there was no room."""

    in_future: bool
    room: bool
    claims: list[Claim]


def told(workspace: Any, user_id: Any) -> ColumnElement[Any]:
    """Tell every replica that somebody looks different now; PostgreSQL delivers it when the transaction commits."""
    person = workspace.concat(literal_column("E'\\n'")).concat(user_id)
    return func.pg_notify(literal_column(f"'{CHANNEL}'"), person).label("told")


async def serialise(queries: Queries, owner: Owner) -> None:
    """Let nobody else set a claim of this person until the transaction ends."""
    await queries.value(_serialise(), **owner._asdict())


async def put(queries: Queries, owner: Owner, draft: Draft, expiry_id: UUID) -> Put:
    """Set a claim or replace it, when nobody is at this person's; all their live claims with it."""
    rows = await queries.rows(
        _put(),
        **owner._asdict(),
        claim=draft.id,
        source=draft.source,
        priority=draft.priority,
        emoji=draft.saying.emoji,
        text=draft.saying.text,
        dnd=draft.saying.dnd,
        at=draft.expiry.at,
        after=draft.expiry.after,
        expiry=expiry_id,
    )
    found = [to_claim(row) for row in rows if row["claim_id"] is not None]
    return Put(rows[0]["in_future"], rows[0]["room"], found)


async def clear(queries: Queries, owner: Owner, source: str, claim_id: str) -> None:
    """End a claim, if it is there."""
    await queries.rows(_clear(), **owner._asdict(), source=source, claim=claim_id)


async def live(queries: Queries, owner: Owner) -> list[Claim]:
    """All live claims of a person."""
    return [to_claim(row) for row in await queries.rows(_live(), **owner._asdict())]


async def lock(queries: Queries, owner: Owner, source: str, claim_id: str) -> Claim | None:
    """A live claim, which cannot end until the transaction does."""
    row = await queries.row(_lock(), **owner._asdict(), source=source, claim=claim_id)
    return to_claim(row) if row else None


async def recent(queries: Queries, owner: Owner) -> Sequence[Recent]:
    """The last manual statuses, newest first."""
    rows = await queries.rows(_recent(), **owner._asdict())
    return [Recent(row["emoji"], row["text"], row["used_at"]) for row in rows]


def to_claim(row: Row) -> Claim:
    """A row of claims."""
    saying = Saying(row["emoji"], row["text"], row["dnd"])
    return Claim(
        row["claim_id"],
        row["source"],
        row["priority"],
        saying,
        row["expires_at"],
        row["set_at"],
        row["expiry_id"],
    )


def _fit(others: Any) -> Any:
    """Whether a claim may be set, and until when; asked when nobody else is at this person's."""
    at = func.coalesce(
        bindparam("at", type_=DateTime(timezone=True)), func.now() + bindparam("after", type_=Interval)
    ).label("expires_at")
    services = select(func.count()).select_from(others).where(others.c.source != BY_HAND).scalar_subquery()
    # People are not kept from setting their own by what services have set.
    room = or_(bindparam("source") == BY_HAND, services < literal_column(str(MAX_CLAIMS)))
    in_future = func.coalesce(at > func.now(), true())
    return select(in_future.label("in_future"), room.label("room"), at, _turn().label("turn")).cte("fit")


@lru_cache
def _put() -> Statement:
    others = select(claims).where(*OWNER, not_(ITSELF), LIVE)
    fit = _fit(others.subquery("others"))
    values: list[Any] = [
        bindparam("workspace", type_=Text),
        bindparam("user", type_=Text),
        bindparam("source", type_=Text),
        bindparam("claim", type_=Text),
        bindparam("priority", type_=SmallInteger),
        bindparam("emoji", type_=Text),
        bindparam("text", type_=Text),
        bindparam("dnd", type_=Boolean),
        fit.c.expires_at,
        bindparam("expiry", type_=Uuid),
        func.now(),
    ]
    source = select(*values).where(fit.c.in_future, fit.c.room)
    new = insert(claims).from_select([column.name for column in claims.columns], source)
    taken = {column.name: new.excluded[column.name] for column in claims.columns if not column.primary_key}
    upsert = new.on_conflict_do_update(constraint=claims.primary_key, set_=taken)
    made = upsert.returning(*c, told(c.workspace, c.user_id)).cte("made")
    columns = [column.name for column in c]
    all_ = select(*(made.c[name] for name in columns)).union_all(others).subquery("every")
    statement = select(fit.c.in_future, fit.c.room, *all_.c).select_from(fit.outerjoin(all_, true()))
    return Statement(statement.add_cte(_remember(made), _forget(made)))


def _remember(made: Any) -> Any:
    """Keep a manual status among the recent ones."""
    source = select(made.c.workspace, made.c.user_id, made.c.emoji, made.c.text, made.c.set_at).where(_worth(made))
    new = insert(recents).from_select([column.name for column in recents.columns], source)
    return new.on_conflict_do_update(constraint=recents.primary_key, set_={"used_at": new.excluded.used_at}).cte(
        "remembered"
    )


def _worth(made: Any) -> ColumnElement[bool]:
    """Whether a claim is worth offering again."""
    return and_(made.c.source == BY_HAND, or_(made.c.emoji != "", made.c.text != ""))


def _forget(made: Any) -> Any:
    """Drop the oldest of the recent ones, so that with the new one there are ten."""
    old = recents.alias("old").c
    mine = (old.workspace == made.c.workspace, old.user_id == made.c.user_id)
    others = (
        select(old.emoji, old.text)
        .where(*mine, _worth(made), tuple_(old.emoji, old.text) != tuple_(made.c.emoji, made.c.text))
        .order_by(old.used_at.desc())
        .offset(literal_column(str(MAX_RECENTS - 1)))
    )
    return delete(recents).where(*RECENT, tuple_(r.emoji, r.text).in_(others)).cte("forgotten")


def _turn() -> ColumnElement[Any]:
    """Wait until nobody else sets a claim of this person, and let nobody until the transaction ends."""
    person = literal_column("'cairn.presence.'").concat(bindparam("workspace", type_=Text))
    person = person.concat(literal_column("E'\\n'")).concat(bindparam("user", type_=Text))
    return func.pg_advisory_xact_lock(func.hashtextextended(person, literal_column("0")))


@lru_cache
def _serialise() -> Statement:
    return Statement(select(_turn()))


@lru_cache
def _clear() -> Statement:
    gone = delete(claims).where(*OWNER, ITSELF)
    return Statement(gone.returning(told(c.workspace, c.user_id)))


@lru_cache
def _live() -> Statement:
    return Statement(select(claims).where(*OWNER, LIVE))


@lru_cache
def _lock() -> Statement:
    return Statement(select(claims).where(*OWNER, ITSELF, LIVE).with_for_update())


@lru_cache
def _recent() -> Statement:
    return Statement(select(recents).where(*RECENT).order_by(r.used_at.desc()).limit(literal_column(str(MAX_RECENTS))))

"""The outbox: what is to be looked up, from the transaction that asks for it until the jobs service has taken it."""

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Float,
    Integer,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    select,
    text,
    true,
    update,
)

from chassis.database import Queries, Statement
from services.bookmarks.store import Owner, b
from services.bookmarks.tables_links import links, outbox

o = outbox.c
n = links.c
# Links of a person's imports that are looked up at a time.
MOST_IMPORTED = 20
# Longer than a call to the jobs service takes. Whoever claimed a row and died leaves it to others after that.
LEASE = text("interval '30 seconds'")
DUE = o.next_at <= func.now()
UNFINISHED = n.enrichment.in_([literal_column("'pending'"), literal_column("'running'")])


class Due(NamedTuple):
    """One row that was claimed. `stale`: the link is gone, or is looked up anew by now."""

    id: UUID
    owner: Owner
    bookmark_id: UUID
    round: int
    attempts: int
    stale: bool


class Wanted(NamedTuple):
    """A link that is to be looked up; `id` is the request id."""

    id: UUID
    bookmark_id: UUID
    round: int


async def put(queries: Queries, owner: Owner, wanted: Wanted) -> None:
    """Ask for a link to be looked up, in the transaction that makes it necessary."""
    await queries.rows(_put(), **owner._asdict(), **wanted._asdict())


async def claim(queries: Queries, limit: int) -> list[Due]:
    """Take some of what is due for half a minute: what people saved by hand first."""
    rows = await queries.rows(_claim(imported=False), size=limit)
    if len(rows) < limit:
        rows += await queries.rows(_claim(imported=True), size=limit - len(rows))
    return [_due(row) for row in rows]


async def done(queries: Queries, due: Due, job_id: UUID) -> None:
    """The jobs service has taken it. In one transaction."""
    await queries.rows(_given(), id=due.bookmark_id, round=due.round, job=job_id)
    await drop(queries, due)


async def drop(queries: Queries, due: Due) -> None:
    """It need not be asked for."""
    await queries.rows(_drop(), id=due.id)


async def postpone(queries: Queries, due: Due, seconds: float) -> None:
    """It was not taken: later."""
    await queries.rows(_postpone(), id=due.id, seconds=seconds)


def _due(row: Any) -> Due:
    owner = Owner(row["workspace"], row["user_id"])
    return Due(row["id"], owner, row["bookmark_id"], row["round"], row["attempts"], row["stale"])


@lru_cache
def _put() -> Statement:
    values = {
        "id": bindparam("id", type_=Uuid),
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "bookmark_id": bindparam("bookmark_id", type_=Uuid),
        "round": bindparam("round", type_=Integer),
    }
    return Statement(insert(outbox).values(values))


@lru_cache
def _claim(*, imported: bool) -> Statement:
    size = bindparam("size", type_=Integer)
    some = select(o.id).where(DUE, o.id.in_(_admitted()) if imported else not_(o.imported))
    some = some.order_by(o.next_at, o.id).limit(size).with_for_update(skip_locked=True)
    values = {"next_at": func.now() + LEASE, "attempts": o.attempts + 1}
    current = exists(select(n.bookmark_id).where(n.bookmark_id == o.bookmark_id, n.round == o.round))
    claimed = update(outbox).where(o.id.in_(some)).values(values)
    return Statement(claimed.returning(*o, not_(current).label("stale")))


def _admitted() -> Any:
    """Of each person's import, as many as there is room for."""
    people = select(o.workspace, o.user_id).where(o.imported, DUE).distinct().subquery("people")
    mine = (n.workspace == people.c.workspace, n.user_id == people.c.user_id)
    # Those that lie in the trash are looked up by nobody.
    started = select(func.count()).select_from(links.join(b.id.table, b.id == n.bookmark_id))
    started = started.where(*mine, UNFINISHED, n.job_id.is_not(None))
    room = literal_column(str(MOST_IMPORTED), Integer) - started.correlate(people).scalar_subquery()
    next_ = outbox.alias("next")
    its = (next_.c.workspace == people.c.workspace, next_.c.user_id == people.c.user_id)
    some = select(next_.c.id).where(*its, next_.c.imported, next_.c.next_at <= func.now())
    some = some.order_by(next_.c.next_at, next_.c.id).limit(func.greatest(room, literal_column("0")))
    first = some.correlate(people).lateral("first")
    return select(first.c.id).select_from(people.join(first, true()))


@lru_cache
def _given() -> Statement:
    mine = (n.bookmark_id == bindparam("id", type_=Uuid), n.round == bindparam("round", type_=Integer))
    values: dict[str, Any] = {"job_id": bindparam("job", type_=Uuid), "revision": n.revision + 1}
    return Statement(update(links).where(*mine).values(values | {"looked_up_at": func.now()}))


@lru_cache
def _drop() -> Statement:
    return Statement(delete(outbox).where(o.id == bindparam("id", type_=Uuid)))


@lru_cache
def _postpone() -> Statement:
    second: Any = text("interval '1 second'")
    later = func.now() + bindparam("seconds", type_=Float) * second
    return Statement(update(outbox).where(o.id == bindparam("id", type_=Uuid)).values(next_at=later))

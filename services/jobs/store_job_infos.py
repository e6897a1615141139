"""Job descriptions in PostgreSQL."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Owner
from services.jobs.domain_interviews import Described, JobInfo, Level
from services.jobs.domain_views import Position
from services.jobs.store_moves import NOW
from services.jobs.tables_interviews import job_infos

c = job_infos.c
WORKSPACE, USER = bindparam("workspace", type_=Text), bindparam("user", type_=Text)
OWN = (c.workspace == WORKSPACE, c.user_id == USER)
THIS = c.id == bindparam("id", type_=Uuid)
SAID = ("name", "title", "description", "level")


async def create(queries: Queries, owner: Owner, id_: UUID, described: Described) -> JobInfo:
    """Write one down."""
    row = await queries.row(_create(), **owner._asdict(), id=id_, **described._asdict())
    return _to_job_info(row)


async def count(queries: Queries, owner: Owner) -> int:
    """How many a person has; nobody makes one for them until the transaction ends."""
    await queries.serialise("\n".join(("cairn.jobs.job_infos", *owner)))
    return int(await queries.value(_count(), **owner._asdict()))


async def get(queries: Queries, owner: Owner, id_: UUID) -> JobInfo | None:
    """One of a person's."""
    row = await queries.row(_get(), **owner._asdict(), id=id_)
    return row and _to_job_info(row)


async def lock(queries: Queries, owner: Owner, id_: UUID) -> JobInfo | None:
    """One of a person's, which stays as it is until the transaction ends."""
    row = await queries.row(_lock(), **owner._asdict(), id=id_)
    return row and _to_job_info(row)


async def change(queries: Queries, owner: Owner, id_: UUID, described: Described) -> JobInfo:
    """Change one that is locked."""
    row = await queries.row(_change(), **owner._asdict(), id=id_, **described._asdict())
    return _to_job_info(row)


async def remove(queries: Queries, owner: Owner, id_: UUID) -> None:
    """Delete one, with all that hangs on it."""
    await queries.rows(_remove(), **owner._asdict(), id=id_)


async def page(queries: Queries, owner: Owner, after: Position | None, size: int) -> Sequence[JobInfo]:
    """The ones that come after a position, the one that was changed last first."""
    at, id_ = after or (None, None)
    rows = await queries.rows(_page(), **owner._asdict(), at=at, after=id_, size=size)
    return [_to_job_info(row) for row in rows]


def follows(columns: Any) -> Any:
    """Whether a row comes after the position, or there is none: for lists by the time of the last change."""
    at, after = bindparam("at", type_=DateTime(timezone=True)), bindparam("after", type_=Uuid)
    return or_(at.is_(None), tuple_(columns.updated_at, columns.id) < tuple_(at, after))


def _to_job_info(row: Row) -> JobInfo:
    return JobInfo(
        id=row["id"],
        name=row["name"],
        title=row["title"],
        description=row["description"],
        level=Level(row["level"]),
        created_time=row["created_at"],
        updated_time=row["updated_at"],
        version=row["version"],
    )


def _said() -> dict[str, Any]:
    return {name: bindparam(name, type_=Text) for name in SAID}


@lru_cache
def _create() -> Statement:
    values = {"workspace": WORKSPACE, "user_id": USER, "id": bindparam("id", type_=Uuid)}
    moments = {"created_at": NOW, "updated_at": NOW}
    return Statement(insert(job_infos).values({**values, **_said(), **moments}).returning(*c))


@lru_cache
def _count() -> Statement:
    return Statement(select(func.count()).select_from(job_infos).where(*OWN))


@lru_cache
def _get() -> Statement:
    return Statement(select(*c).where(*OWN, THIS))


@lru_cache
def _lock() -> Statement:
    return Statement(select(*c).where(*OWN, THIS).with_for_update())


@lru_cache
def _change() -> Statement:
    values = {**_said(), "version": c.version + literal_column("1"), "updated_at": NOW}
    return Statement(update(job_infos).where(*OWN, THIS).values(values).returning(*c))


@lru_cache
def _remove() -> Statement:
    return Statement(delete(job_infos).where(*OWN, THIS))


@lru_cache
def _page() -> Statement:
    found = select(*c).where(*OWN, follows(c)).order_by(c.updated_at.desc(), c.id.desc())
    return Statement(found.limit(bindparam("size")))

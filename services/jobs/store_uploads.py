"""Files that were sent along with jobs, in PostgreSQL: in pieces, for two days."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, Text, Uuid, bindparam, delete, func, insert, literal_column, select

from chassis.database import Queries, Statement
from services.jobs.domain import Owner
from services.jobs.tables_transcripts import uploads

PIECE = 512 << 10
WORKSPACE, USER, ID = bindparam("workspace", type_=Text), bindparam("user", type_=Text), bindparam("id", type_=Uuid)
KEPT: Any = literal_column("interval '2 days'")
u = uploads.c


class Upload(NamedTuple):
    """A file that was sent along."""

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


def theirs(users: Any) -> Iterable[Any]:
    """Deletes what these people have sent."""
    return [delete(uploads).where(u.workspace == WORKSPACE, u.user_id.in_(users))]


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

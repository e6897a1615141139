"""Clicks that carried a request id, and the first answer to each."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, func, literal_column, null, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain import Target
from services.bookmarks.store import Owner
from services.bookmarks.tables import toggles

t = toggles.c
OWNER = (t.workspace == bindparam("workspace"), t.user_id == bindparam("user"))
KEY = (*OWNER, t.request_id == bindparam("request"))
EXPIRED = t.created_at < func.now() - text("interval '24 hours'")
SWEPT_AT_ONCE = 100


async def claim(queries: Queries, owner: Owner, request_id: str, target: Target) -> bool:
    """Take the request id for this click. False: it was taken; one that is being taken is waited for."""
    values = {"request": request_id, "type": target.type, "target": target.id}
    return await queries.row(_claim(), **owner._asdict(), **values) is not None


async def first(queries: Queries, owner: Owner, request_id: str) -> Row | None:
    """The click that took the request id: target_type, target_id, and bookmark_id where it saved."""
    return await queries.row(_first(), **owner._asdict(), request=request_id)


async def answer(queries: Queries, owner: Owner, request_id: str, made: UUID | None) -> None:
    """Keep what the click did, and forget some old answers, whoever got them."""
    await queries.rows(_answer(), **owner._asdict(), request=request_id, made=made)


@lru_cache
def _claim() -> Statement:
    values: dict[str, Any] = {
        "workspace": bindparam("workspace"),
        "user_id": bindparam("user"),
        "request_id": bindparam("request"),
        "target_type": bindparam("type"),
        "target_id": bindparam("target"),
    }
    again = {"target_type": values["target_type"], "target_id": values["target_id"]}
    again |= {"bookmark_id": null(), "created_at": func.now()}
    new = insert(toggles).values(values)
    new = new.on_conflict_do_update(constraint=toggles.primary_key, set_=again, where=EXPIRED)
    return Statement(new.returning(t.request_id))


@lru_cache
def _first() -> Statement:
    return Statement(select(t.target_type, t.target_id, t.bookmark_id).where(*KEY))


@lru_cache
def _answer() -> Statement:
    # Nobody waits here for a row that another click sweeps away, or takes for its own.
    some = select(t.workspace, t.user_id, t.request_id).where(EXPIRED).order_by(t.created_at)
    old = some.limit(literal_column(str(SWEPT_AT_ONCE))).with_for_update(skip_locked=True).cte("old")
    swept = delete(toggles).where(tuple_(t.workspace, t.user_id, t.request_id).in_(select(*old.c))).cte("swept")
    return Statement(update(toggles).where(*KEY).values(bookmark_id=bindparam("made", type_=Uuid)).add_cte(swept))

"""Clicks that carried a request id, and the first answer to each."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain import Target
from services.bookmarks.store import Owner
from services.bookmarks.tables import toggles

t = toggles.c
OWNER = (t.workspace == bindparam("workspace"), t.user_id == bindparam("user"))
KEY = (*OWNER, t.request_id == bindparam("request"))


async def claim(queries: Queries, owner: Owner, request_id: str, target: Target) -> bool:
    """Take the request id for this click. False: it was taken; one that is being taken is waited for."""
    await queries.rows(_forget(), **owner._asdict())
    values = {"request": request_id, "type": target.type, "target": target.id}
    return await queries.row(_claim(), **owner._asdict(), **values) is not None


async def first(queries: Queries, owner: Owner, request_id: str) -> Row | None:
    """The click that took the request id: target_type, target_id, and bookmark_id where it saved."""
    return await queries.row(_first(), **owner._asdict(), request=request_id)


async def answer(queries: Queries, owner: Owner, request_id: str, made: UUID | None) -> None:
    """Keep what the click did."""
    await queries.rows(_answer(), **owner._asdict(), request=request_id, made=made)


@lru_cache
def _forget() -> Statement:
    return Statement(delete(toggles).where(*OWNER, t.created_at < func.now() - text("interval '24 hours'")))


@lru_cache
def _claim() -> Statement:
    values: dict[str, Any] = {
        "workspace": bindparam("workspace"),
        "user_id": bindparam("user"),
        "request_id": bindparam("request"),
        "target_type": bindparam("type"),
        "target_id": bindparam("target"),
    }
    return Statement(insert(toggles).values(values).on_conflict_do_nothing().returning(t.request_id))


@lru_cache
def _first() -> Statement:
    return Statement(select(t.target_type, t.target_id, t.bookmark_id).where(*KEY))


@lru_cache
def _answer() -> Statement:
    return Statement(update(toggles).where(*KEY).values(bookmark_id=bindparam("made", type_=Uuid)))

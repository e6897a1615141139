"""Titles in PostgreSQL."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Text, and_, bindparam, delete, func, literal_column, not_, or_, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.jobs.tables_facts import conversations
from services.jobs.tables_titles import titles

WORKSPACE, CONVERSATION = bindparam("workspace", type_=Text), bindparam("conversation", type_=Text)


async def write(queries: Queries, where: tuple[str, str], title: str, extractor: str, defaults: Sequence[str]) -> bool:
    """Keep a title, unless a person has named the conversation meanwhile, or it must not be read any more.

    `where` is the workspace and the conversation in it.
    """
    workspace, conversation_id = where
    values = {"workspace": workspace, "conversation": conversation_id, "title": title, "extractor": extractor}
    return bool(await queries.rows(_write(), **values, defaults=list(defaults)))


def gone(ids: Any) -> Any:
    """Deletes the titles of conversations that are deleted, of these."""
    c, t = conversations.c, titles.c
    deleted = select(c.id).where(c.workspace == WORKSPACE, c.id == func.any(ids), c.deleted)
    return delete(titles).where(t.workspace == WORKSPACE, t.conversation_id.in_(deleted))


@lru_cache
def _write() -> Statement:
    """Whoever would delete or rename the conversation waits, and then finds what we wrote."""
    c, t = conversations.c, titles.c
    name = func.btrim(c.name)
    others = name.op("<>")(func.all(bindparam("defaults", type_=ARRAY(Text))))
    given = and_(name != literal_column("''"), others)
    row: dict[str, Any] = {
        "workspace": c.workspace,
        "conversation_id": c.id,
        "title": bindparam("title", type_=Text),
        "extractor": bindparam("extractor", type_=Text),
        "made_at": func.now(),
    }
    there = select(*row.values()).where(c.workspace == WORKSPACE, c.id == CONVERSATION)
    free = there.where(not_(or_(c.deleted, c.incognito, given))).with_for_update(read=True, of=conversations)
    new = insert(titles).from_select(list(row), free)
    latest = {each: new.excluded[each] for each in ("title", "extractor", "made_at")}
    return Statement(new.on_conflict_do_update(constraint=titles.primary_key, set_=latest).returning(t.title))

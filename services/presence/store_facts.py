"""A deleted person leaves nothing behind."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, DateTime, Text, bindparam, delete, func, select

from chassis.database import Queries, Statement
from services.presence.domain import Deletion
from services.presence.store import told
from services.presence.tables import claims, people, recents

WORKSPACE = bindparam("workspace", type_=Text)


async def forget(queries: Queries, workspace: str, deletions: Sequence[Deletion]) -> None:
    """Delete what these people said or set before they were deleted; of several deletions of one, each counts."""
    ids, times = [each.user for each in deletions], [each.at for each in deletions]
    for statement in _forget():
        await queries.rows(statement, workspace=workspace, ids=ids, times=times)


@lru_cache
def _forget() -> tuple[Statement, ...]:
    arrays = (bindparam("ids", type_=ARRAY(Text)), bindparam("times", type_=ARRAY(DateTime(timezone=True))))
    gone = func.unnest(*arrays).table_valued("id", "at").render_derived(name="gone")
    at = func.coalesce(gone.c.at, func.now())
    # A person who was made anew afterwards keeps what they said since: a deletion may come late.
    theirs: list[Any] = [(claims, claims.c.set_at), (people, people.c.set_at), (recents, recents.c.used_at)]
    deletes = [
        delete(table).where(table.c.workspace == WORKSPACE, table.c.user_id == gone.c.id, said <= at)
        for table, said in theirs
    ]
    tell = select(told(WORKSPACE, gone.c.id)).select_from(gone)
    return tuple(Statement(each) for each in (*deletes, tell))

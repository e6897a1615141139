"""How links stand, for those who watch them, and for the loop that sees to it that each comes to an end."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, exists, func, not_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Statement
from services.bookmarks.store import Owner, b
from services.bookmarks.store_outbox import UNFINISHED
from services.bookmarks.tables import bookmarks
from services.bookmarks.tables_links import links, outbox

n = links.c
# Longer than a job is silent on a link while it works on it, but for pauses: then it says that it has not ended.
SILENT = text("interval '60 seconds'")


class Silent(NamedTuple):
    """A link of which nothing was heard for a minute although it is not at its end."""

    id: UUID
    owner: Owner
    round: int
    job_id: UUID | None


async def revisions(queries: Queries, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The latest change of each link that is there, and not in the trash."""
    return {row["bookmark_id"]: row["revision"] for row in await queries.rows(_revisions(), ids=list(ids))}


async def silent(queries: Queries, limit: int) -> list[Silent]:
    """Some links to ask after. Nobody else asks after them for a minute."""
    return [
        Silent(row["bookmark_id"], Owner(row["workspace"], row["user_id"]), row["round"], row["job_id"])
        for row in await queries.rows(_silent(), size=limit)
    ]


@lru_cache
def _revisions() -> Statement:
    some = n.bookmark_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    return Statement(select(n.bookmark_id, n.revision).join(bookmarks, b.id == n.bookmark_id).where(some))


@lru_cache
def _silent() -> Statement:
    quiet: Any = n.looked_up_at < func.now() - SILENT
    waiting = exists(select(outbox.c.id).where(outbox.c.bookmark_id == n.bookmark_id))
    some = select(n.bookmark_id).join(bookmarks, b.id == n.bookmark_id).where(UNFINISHED, quiet, not_(waiting))
    some = some.order_by(n.looked_up_at).limit(bindparam("size", type_=Integer))
    mine = n.bookmark_id.in_(some.with_for_update(of=links, skip_locked=True))
    return Statement(update(links).where(mine).values(looked_up_at=func.now()).returning(*n))

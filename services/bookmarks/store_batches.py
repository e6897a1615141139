"""Many bookmarks in one statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, func, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import Queries, Statement
from services.bookmarks.domain import Target, Words
from services.bookmarks.rows import TYPES
from services.bookmarks.sight import sight
from services.bookmarks.store import NO_LINK, OWNER, Owner, b, saved_of_pairs
from services.bookmarks.tables import bookmarks


async def save_many(queries: Queries, owner: Owner, new: dict[Target, UUID], words: Words) -> set[Target]:
    """Save those of the targets that the person may see and has not saved; tells which."""
    # In one order everywhere: two batches that share targets then wait for each other instead of deadlocking.
    ordered = sorted(new)
    rows = await queries.rows(
        _save_many(),
        **owner._asdict(),
        ids=[new[target] for target in ordered],
        types=[target.type.value for target in ordered],
        targets=[target.id for target in ordered],
        note=words.note,
        tags=list(words.tags),
        collection=words.collection_id,
    )
    return {Target(TYPES[row["target_type"]], row["target_id"]) for row in rows}


async def remove_many(queries: Queries, owner: Owner, ids: Sequence[UUID], targets: Sequence[Target]) -> int:
    """Remove messages and files, by id and by target; tells how many there were."""
    types, names = [target.type.value for target in targets], [target.id for target in targets]
    return len(await queries.rows(_remove_many(), **owner._asdict(), ids=list(ids), types=types, targets=names))


@lru_cache
def _save_many() -> Statement:
    pairs = bindparam("types", type_=ARRAY(Text)), bindparam("targets", type_=ARRAY(Text))
    asked = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)), *pairs)
        .table_valued("id", "target_type", "target_id")
        .render_derived(name="asked")
    )
    wanted = select(
        bindparam("workspace", type_=Text).label("workspace"), bindparam("user", type_=Text).label("user_id"), *asked.c
    ).cte("wanted")
    view = sight(wanted)
    words: list[Any] = [
        bindparam("note", type_=Text),
        bindparam("tags", type_=ARRAY(Text)),
        bindparam("collection", type_=Uuid),
    ]
    rows = select(*wanted.c, *words).select_from(view.joined).where(view.available)
    names = ["workspace", "user_id", "id", "target_type", "target_id", "note", "tags", "collection_id"]
    ordered = rows.order_by(wanted.c.target_type, wanted.c.target_id)
    new = insert(bookmarks).from_select(names, ordered).on_conflict_do_nothing(constraint="bookmarks_target")
    return Statement(new.returning(b.target_type, b.target_id))


@lru_cache
def _remove_many() -> Statement:
    ids = bindparam("ids", type_=ARRAY(Uuid))
    asked, found = saved_of_pairs()
    by_target = select(found.c.id).select_from(asked.join(found, true()))
    either = b.id.in_(union_all(select(func.unnest(ids)), by_target))
    # Locked in one order, for the same reason as above.
    doomed = (
        select(b.id).where(*OWNER, either, NO_LINK).order_by(b.target_type, b.target_id).with_for_update().cte("doomed")
    )
    return Statement(delete(bookmarks).where(b.id.in_(select(doomed.c.id))).returning(b.id))

"""Two links that turned out to be one: the younger becomes part of the older, and nothing that was written is lost."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, case, delete, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.bookmarks.domain import MAX_TAGS, State
from services.bookmarks.domain_links import Canonical
from services.bookmarks.sight import word
from services.bookmarks.store import Owner
from services.bookmarks.tables import bookmarks
from services.bookmarks.tables_links import link_keys, links, merges, outbox

MAX_NOTE = 2000
k = link_keys.c
INTO, FROM = bindparam("into", type_=Uuid), bindparam("from", type_=Uuid)
OURS = (k.workspace == bindparam("workspace", type_=Text), k.user_id == bindparam("user", type_=Text))


async def serialise(queries: Queries, owner: Owner) -> None:
    """One merge of a person's at a time, until the transaction ends."""
    await queries.serialise(f"cairn.bookmarks.merge.{owner.workspace}\n{owner.user}")


async def take_key(queries: Queries, owner: Owner, address: Canonical, id_: UUID) -> UUID:
    """Make an address one more of this link's; tells whose it is, which may be another's already."""
    row = await queries.row(_take_key(), **owner._asdict(), key=address.key, id=id_)
    assert row is not None, "it is there by now"
    if row["bookmark_id"] == id_:
        await queries.rows(_add_url(), id=id_, url=address.url)
    return UUID(str(row["bookmark_id"]))


async def merge(queries: Queries, owner: Owner, younger: UUID, older: UUID) -> None:
    """Make one a part of the other. Both are held."""
    both = {"from": younger, "into": older}
    for statement in (_words(), _link(), _keys(), _unasked(), _gone(), _forgotten(), _followed()):
        await queries.rows(statement, **both)
    await queries.rows(_told(), **owner._asdict(), **both)


async def merged_into(queries: Queries, owner: Owner, id_: UUID) -> UUID | None:
    """Which link one is a part of now."""
    row = await queries.row(_merged_into(), **owner._asdict(), id=id_)
    return row and row["merged_into"]


@lru_cache
def _take_key() -> Statement:
    values = {
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "key": bindparam("key", type_=Text),
        "bookmark_id": bindparam("id", type_=Uuid),
    }
    taken = insert(link_keys).values(values)
    # An update that changes nothing, so that the row comes back also where it was there before.
    same = taken.on_conflict_do_update(index_elements=["workspace", "user_id", "key"], set_={"key": k.key})
    return Statement(same.returning(k.bookmark_id))


@lru_cache
def _add_url() -> Statement:
    n, url = links.c, bindparam("url", type_=Text)
    known = or_(n.url == url, url == func.any(n.other_urls))
    new = case((known, n.other_urls), else_=func.array_append(n.other_urls, url))
    changed = update(links).where(n.bookmark_id == bindparam("id", type_=Uuid)).values(other_urls=new)
    return Statement(changed.returning(n.bookmark_id))


@lru_cache
def _words() -> Statement:
    """What the person wrote on the younger, where the older has nothing; notes and tags of both."""
    b, y = bookmarks.c, bookmarks.alias("y")
    both = func.concat(b.note, literal_column(r"E'\n\n'"), y.c.note)
    tags = select(func.unnest(b.tags.concat(y.c.tags)).label("tag")).correlate(bookmarks, y).subquery("tags")
    united = select(tags.c.tag).distinct().order_by(tags.c.tag).limit(literal_column(str(MAX_TAGS)))
    values: dict[str, Any] = {
        "note": case(
            (y.c.note.is_(None), b.note),
            (func.coalesce(b.note == y.c.note, b.note.is_(None)), y.c.note),
            else_=both,
        ),
        "tags": func.array(united.scalar_subquery()),
        "collection_id": func.coalesce(b.collection_id, y.c.collection_id),
        "due_at": func.coalesce(b.due_at, y.c.due_at),
        "state": case((b.state == word(State.OPEN), y.c.state), else_=b.state),
        "updated_at": func.now(),
        "version": b.version + 1,
    }
    return Statement(update(bookmarks).where(b.id == INTO, y.c.id == FROM).values(values).returning(b.id))


@lru_cache
def _link() -> Statement:
    n, y = links.c, links.alias("y")
    urls = func.array_append(n.other_urls, y.c.url).concat(y.c.other_urls)
    values = {
        "own_title": func.coalesce(n.own_title, y.c.own_title),
        "own_description": func.coalesce(n.own_description, y.c.own_description),
        "other_urls": urls,
        "revision": n.revision + 1,
    }
    mine = (n.bookmark_id == INTO, y.c.bookmark_id == FROM)
    return Statement(update(links).where(*mine).values(values).returning(n.bookmark_id))


@lru_cache
def _keys() -> Statement:
    return Statement(update(link_keys).where(k.bookmark_id == FROM).values(bookmark_id=INTO).returning(k.key))


@lru_cache
def _unasked() -> Statement:
    return Statement(delete(outbox).where(outbox.c.bookmark_id == FROM).returning(outbox.c.id))


@lru_cache
def _gone() -> Statement:
    return Statement(delete(bookmarks).where(bookmarks.c.id == FROM).returning(bookmarks.c.id))


@lru_cache
def _forgotten() -> Statement:
    return Statement(delete(links).where(links.c.bookmark_id == FROM).returning(links.c.bookmark_id))


@lru_cache
def _told() -> Statement:
    values = {
        "bookmark_id": FROM,
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "merged_into": INTO,
    }
    return Statement(insert(merges).values(values).returning(merges.c.bookmark_id))


@lru_cache
def _followed() -> Statement:
    """What had become part of the younger is part of the older."""
    m = merges.c
    return Statement(update(merges).where(m.merged_into == FROM).values(merged_into=INTO).returning(m.bookmark_id))


@lru_cache
def _merged_into() -> Statement:
    m = merges.c
    mine = (m.workspace == bindparam("workspace"), m.user_id == bindparam("user"), m.bookmark_id == bindparam("id"))
    return Statement(select(m.merged_into).where(*mine))

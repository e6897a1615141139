"""Links in PostgreSQL: saved once each, whatever their spelling. All of these run in a transaction of the caller's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from chassis.database import Queries, Statement
from services.bookmarks import store, store_trash
from services.bookmarks.domain import TargetType, ToggleContended, Words
from services.bookmarks.domain_links import STEPS, Canonical, media_class
from services.bookmarks.rows import to_words
from services.bookmarks.sight import word
from services.bookmarks.store import Owner, b
from services.bookmarks.tables import bookmarks
from services.bookmarks.tables_links import link_keys, link_steps, links, outbox

k = link_keys.c
OWNER = (k.workspace == bindparam("workspace"), k.user_id == bindparam("user"))
# Each try that fails means that somebody else removed, restored or saved one of the links meanwhile.
TRIES = 100
# One row for each link, from one parameter: a list of lists, such as the tags of many, is no array of PostgreSQL.
COLUMNS: Mapping[str, Any] = {
    "id": Uuid,
    "key": Text,
    "canonical": Text,
    "url": Text,
    "site": Text,
    "media_class": Text,
    "note": Text,
    "tags": ARRAY(Text),
    "collection_id": Uuid,
    "state": Text,
    "due_at": DateTime(timezone=True),
    "created_at": DateTime(timezone=True),
    "own_title": Text,
    "own_description": Text,
}


class How(StrEnum):
    """What came of saving a link."""

    SAVED = "saved"
    ALREADY_SAVED = "already_saved"
    # It lay in the trash.
    RESTORED = "restored"


class Outcome(NamedTuple):
    """The bookmark of a link, and how it came to be there."""

    id: UUID
    how: How


class Known(NamedTuple):
    """The bookmark of a link, and whether it lies in the trash."""

    id: UUID
    trashed: bool


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to save, with what the person wrote on it; saved now unless it says when."""

    id: UUID
    address: Canonical
    words: Words
    title: str | None = None
    description: str | None = None
    create_time: datetime | None = None


async def new(queries: Queries, owner: Owner, wanted: Sequence[NewLink], imported: bool = False) -> dict[str, Outcome]:
    """Save links, or find them saved, or take them out of the trash: what came of each, by key."""
    left = {link.address.key: link for link in wanted}
    done: dict[str, Outcome] = {}
    if len(left) > 1:
        # Before the person's count is held for new ones: who restores some holds them first, and then the count.
        await store_trash.hold(queries, owner, list(left))
    for _ in range(TRIES):
        for row in await queries.rows(_new(), **owner._asdict(), links=_json(left.values()), imported=imported):
            done[row["key"]] = Outcome(row["id"], How.SAVED)
        known = await known_of(queries, owner, [key for key in left if key not in done])
        done |= {key: Outcome(each.id, How.ALREADY_SAVED) for key, each in known.items() if not each.trashed}
        binned = {key: each.id for key, each in known.items() if each.trashed}
        restored = set(await store_trash.restore(queries, owner, list(binned.values()))) if binned else set()
        back = {key: id_ for key, id_ in binned.items() if id_ in restored}
        for key, id_ in back.items():
            await _write_over(queries, owner, id_, left[key])
        done |= {key: Outcome(id_, How.RESTORED) for key, id_ in back.items()}
        left = {key: link for key, link in left.items() if key not in done}
        if not left:
            return done
    raise ToggleContended


async def toggle(queries: Queries, owner: Owner, link: NewLink) -> UUID | None:
    """Save what is not saved, else move it to the trash: its bookmark, if it is saved now."""
    key = link.address.key
    for _ in range(TRIES):
        found = await find(queries, owner, [key])
        if found and await store_trash.bin_(queries, owner, list(found.values())):
            return None
        saved = (await new(queries, owner, [link]))[key]
        if saved.how is not How.ALREADY_SAVED:
            return saved.id
    raise ToggleContended


async def known_of(queries: Queries, owner: Owner, keys: Sequence[str]) -> dict[str, Known]:
    """The bookmarks that have these keys, also those in the trash."""
    rows = await queries.rows(_known(), **owner._asdict(), keys=list(keys)) if keys else []
    return {row["key"]: Known(row["bookmark_id"], row["trashed"]) for row in rows}


async def find(queries: Queries, owner: Owner, keys: Sequence[str]) -> dict[str, UUID]:
    """Those of the keys that are saved, with their bookmarks."""
    known = await known_of(queries, owner, keys)
    return {key: each.id for key, each in known.items() if not each.trashed}


async def edit(queries: Queries, id_: UUID, own: Mapping[str, str | None]) -> None:
    """Replace the person's own `title` or `description`, if they are there; streams hear of it in any case."""
    values = {f"own_{name}": text or None for name, text in own.items()}
    await queries.rows(_edit(tuple(values)), id=id_, **values)


async def _write_over(queries: Queries, owner: Owner, id_: UUID, link: NewLink) -> None:
    """What the person says while a link is taken out of the trash."""
    row = await store.lock(queries, owner, id_)
    assert row is not None, "it was restored in this transaction"
    before = to_words(row)
    if (words := link.words.over(before)) != before:
        await store.rewrite(queries, owner, id_, words)
    said = {"title": link.title, "description": link.description}
    if own := {name: text for name, text in said.items() if text}:
        await edit(queries, id_, own)


def _json(wanted: Any) -> str:
    return json.dumps([_fields(link) for link in wanted])


def _fields(link: NewLink) -> dict[str, Any]:
    words, address = link.words, link.address
    return {
        "id": str(link.id),
        "key": address.key,
        "canonical": address.text,
        "url": address.url,
        "site": address.site,
        # A post is told by its address; the rest only when it was looked up.
        "media_class": media_class(address.site, address.path, ""),
        "note": words.note,
        "tags": words.tags,
        "collection_id": words.collection_id and str(words.collection_id),
        "state": words.state,
        "due_at": words.due_time and words.due_time.isoformat(),
        "created_at": link.create_time and link.create_time.isoformat(),
        "own_title": link.title or None,
        "own_description": link.description or None,
    }


@lru_cache
def _new() -> Statement:
    asked = (
        func.jsonb_to_recordset(bindparam("links", type_=Text).op("::")(literal_column("jsonb", JSONB)))
        .table_valued(*(column(name, type_) for name, type_ in COLUMNS.items()))
        .render_derived(name="asked", with_types=True)
    )
    owner = {"workspace": bindparam("workspace", type_=Text), "user_id": bindparam("user", type_=Text)}
    # In one order everywhere, so that two batches that share links wait for each other instead of deadlocking.
    pairs = select(*owner.values(), asked.c.key, asked.c.id).order_by(asked.c.key)
    keys = insert(link_keys).from_select([*owner, "key", "bookmark_id"], pairs).on_conflict_do_nothing()
    taken = keys.returning(k.key, k.bookmark_id).cte("taken")
    mine = select(asked).join(taken, taken.c.bookmark_id == asked.c.id).order_by(asked.c.key).cte("mine")
    rows = (_bookmarks(mine, owner), _links(mine, owner), _steps(mine), _outbox(mine, owner))
    return Statement(select(taken.c.key, taken.c.bookmark_id.label("id")).add_cte(*rows))


def _bookmarks(mine: Any, owner: dict[str, Any]) -> Any:
    names = ("id", "note", "tags", "collection_id", "state", "due_at")
    values = {**owner, **{name: mine.c[name] for name in names}}
    values |= {"target_type": word(TargetType.LINK), "target_id": mine.c.key}
    values["created_at"] = func.coalesce(mine.c.created_at, func.now())
    return insert(bookmarks).from_select(list(values), select(*values.values())).cte("made")


def _links(mine: Any, owner: dict[str, Any]) -> Any:
    names = ("url", "canonical", "site", "media_class", "own_title", "own_description")
    values = {"bookmark_id": mine.c.id, **owner, **{name: mine.c[name] for name in names}}
    return insert(links).from_select(list(values), select(*values.values())).cte("linked")


def _steps(mine: Any) -> Any:
    steps = func.unnest(literal_column(f"'{{{','.join(STEPS)}}}'::text[]", ARRAY(Text)))
    each = steps.table_valued("step").render_derived(name="each")
    pairs = select(mine.c.id, each.c.step).join_from(mine, each, true())
    return insert(link_steps).from_select(["bookmark_id", "step"], pairs).cte("stepped")


def _outbox(mine: Any, owner: dict[str, Any]) -> Any:
    """To be looked up for the first time, which there is once: the id is that of the bookmark."""
    values = {"id": mine.c.id, **owner, "bookmark_id": mine.c.id, "round": literal_column("1", Integer)}
    values["imported"] = bindparam("imported", type_=Boolean)
    return insert(outbox).from_select(list(values), select(*values.values())).cte("asked_for")


@lru_cache
def _known() -> Statement:
    asked = k.key == func.any(bindparam("keys", type_=ARRAY(Text)))
    # A link is in one of two places.
    columns = (k.key, k.bookmark_id, b.id.is_(None).label("trashed"))
    where = link_keys.outerjoin(bookmarks, b.id == k.bookmark_id)
    return Statement(select(*columns).select_from(where).where(*OWNER, asked))


@lru_cache
def _edit(names: tuple[str, ...]) -> Statement:
    values = {name: bindparam(name, type_=Text) for name in names}
    mine = links.c.bookmark_id == bindparam("id", type_=Uuid)
    return Statement(update(links).where(mine).values(revision=links.c.revision + 1, **values))

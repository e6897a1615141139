"""Pages and counts. One query a page, by keyset: a page costs the same at any depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Statement
from services.bookmarks.domain import Bookmark, Filter, TargetType
from services.bookmarks.rows import to_bookmark
from services.bookmarks.sight import Sight, sight, word
from services.bookmarks.store import Owner
from services.bookmarks.tables import bookmarks, tallies
from services.bookmarks.tables_links import links

# What a person can find a link by.
OWN = ("own_title", "own_description")
SEARCHED = ("url", *OWN, "title", "description", "site", "site_name", "caption", "text")
Position = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Page:
    """Some bookmarks of a list; the total only of a first page."""

    bookmarks: Sequence[Bookmark]
    more: bool
    total: int | None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What makes one list statement different from another; values are parameters."""

    type: TargetType | None
    collection: bool
    tags: bool
    text: bool
    available: bool | None
    state: bool
    media_class: bool
    site: bool
    modified: bool
    first: bool
    size: int

    @property
    def filtered(self) -> bool:
        """Whether it asks for more than a type: then there is no ready total."""
        of_bookmark = self.collection or self.tags or self.text or self.state or self.modified
        return of_bookmark or self.media_class or self.site or self.available is not None


async def page(queries: Queries, owner: Owner, wanted: Filter, after: Position | None, size: int) -> Page:
    """The bookmarks that come after a position, newest first; from the start, with the total, where it is None."""
    parameters = {
        "collection": wanted.collection_id,
        "tags": list(wanted.tags),
        "pattern": _pattern(wanted.text or ""),
        # As tags are stored: casefold() goes further than the letter case that the database knows of.
        "folded": _pattern((wanted.text or "").casefold()),
        "state": wanted.state,
        "media_class": wanted.media_class,
        "site": wanted.site,
        "below_site": "%." + _escaped(wanted.site or ""),
        "modified_since": wanted.modified_since,
        "after_time": after and after[0],
        "after_id": after and after[1],
    }
    rows = await queries.rows(_page(_shape(wanted, after is None, size)), **owner._asdict(), **parameters)
    found = [to_bookmark(row) for row in rows[:size] if row["id"] is not None]
    return Page(found, len(rows) > size, rows[0]["total"] if after is None else None)


def _shape(wanted: Filter, first: bool, size: int) -> _Shape:
    return _Shape(
        wanted.type,
        wanted.collection_id is not None,
        bool(wanted.tags),
        wanted.text is not None,
        wanted.available,
        wanted.state is not None,
        wanted.media_class is not None,
        wanted.site is not None,
        wanted.modified_since is not None,
        first,
        size,
    )


async def count(queries: Queries, owner: Owner, type_: TargetType | None) -> int:
    """How many bookmarks there are, of one type or of all."""
    return int(await queries.value(_count(type_), **owner._asdict()))


@lru_cache
def _count(type_: TargetType | None) -> Statement:
    return Statement(select(_tally(type_)))


@lru_cache
def _page(shape: _Shape) -> Statement:
    mine = bookmarks.alias("b")
    view = sight(mine, shape.type)
    conditions = _conditions(mine, view, shape)
    newest = (mine.c.created_at.desc(), mine.c.id.desc())
    # The limit is written out, not a parameter: the plan of a prepared statement must know that it is small.
    limit: Any = literal_column(str(shape.size + 1))
    rows = select(*mine.c, *view.columns).select_from(view.joined).where(*conditions).order_by(*newest)
    if not shape.first:
        position = tuple_(bindparam("after_time", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid))
        return Statement(rows.where(tuple_(mine.c.created_at, mine.c.id) < position).limit(limit))
    some = rows.limit(limit).subquery("page")
    total = select(_total(view, conditions, shape).label("total")).subquery("counted")
    joined = total.outerjoin(some, true())
    order = (some.c.created_at.desc(), some.c.id.desc())
    return Statement(select(total.c.total, *some.c).select_from(joined).order_by(*order))


def _total(view: Sight, conditions: list[ColumnElement[bool]], shape: _Shape) -> Any:
    if shape.filtered:
        return select(func.count()).select_from(view.joined).where(*conditions).scalar_subquery()
    return _tally(shape.type)


def _tally(type_: TargetType | None) -> Any:
    t = tallies.c
    conditions = [t.workspace == bindparam("workspace"), t.user_id == bindparam("user")]
    if type_:
        conditions.append(t.target_type == word(type_))
    total = cast(func.coalesce(func.sum(t.total), literal_column("0")), BigInteger)
    return select(total).where(*conditions).scalar_subquery()


def _conditions(mine: Any, view: Sight, shape: _Shape) -> list[ColumnElement[bool]]:
    conditions = [mine.c.workspace == bindparam("workspace"), mine.c.user_id == bindparam("user")]
    if shape.type:
        conditions.append(mine.c.target_type == word(shape.type))
    if shape.collection:
        conditions.append(mine.c.collection_id == bindparam("collection", type_=Uuid))
    if shape.tags:
        conditions.append(mine.c.tags.overlap(bindparam("tags", type_=ARRAY(Text))))
    if shape.state:
        conditions.append(mine.c.state == bindparam("state"))
    if shape.available is not None:
        conditions.append(func.coalesce(view.available, false()) == (true() if shape.available else false()))
    if shape.text:
        conditions.append(_contains(mine, view, shape.type))
    if shape.modified:
        conditions.append(mine.c.updated_at > bindparam("modified_since", type_=DateTime(timezone=True)))
    if shape.media_class or shape.site:
        conditions.append(_of_link(mine, *_link_conditions(shape)))
    return conditions


def _link_conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    conditions = []
    if shape.media_class:
        conditions.append(links.c.media_class == bindparam("media_class", type_=Text))
    if shape.site:
        below = links.c.site.like(bindparam("below_site", type_=Text))
        conditions.append(or_(links.c.site == bindparam("site", type_=Text), below))
    return conditions


def _of_link(mine: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(links.c.bookmark_id).where(links.c.bookmark_id == mine.c.id, *conditions).correlate(mine))


def _contains(mine: Any, view: Sight, only: TargetType | None) -> ColumnElement[bool]:
    pattern = bindparam("pattern", type_=Text)
    # Joined by a character that no tag contains: what is found is part of one tag.
    tags = func.array_to_string(mine.c.tags, func.chr(literal_column("31")))
    # Nobody learns by searching what they may not see: the sight of it is null then.
    texts = (mine.c.note, view.message_text, view.file_name)
    words = or_(*(text.ilike(pattern) for text in texts), tags.like(bindparam("folded", type_=Text)))
    if only not in (None, TargetType.LINK):
        return words
    known = or_(*(links.c[name].ilike(pattern) for name in SEARCHED))
    # Looked into only for rows that are links.
    return or_(words, case((mine.c.target_type == word(TargetType.LINK), _of_link(mine, known)), else_=false()))


def _pattern(text: str) -> str:
    return f"%{_escaped(text)}%"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

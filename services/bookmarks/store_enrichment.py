"""The looking up of links in PostgreSQL: who does it, how its steps go, and what they found.

Everybody locks in one order: bookmarks, trash, links, and only then what belongs to links.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain_links import StepState
from services.bookmarks.sight import word
from services.bookmarks.store import OWNER, Owner, b
from services.bookmarks.tables import bookmarks
from services.bookmarks.tables_links import link_images, link_steps, links

n = links.c
s = link_steps.c
ID: Any = bindparam("id", type_=Uuid)
NOW = func.now()
# What a report leaves as it is where it says nothing of it.
FOUND = ("final_url", "title", "description", "site_name", "media_type", "favicon_url", "image_url", "cover")
# What it may also find to be empty.
READ = ("text", "caption")
UNFINISHED = (StepState.PENDING, StepState.RUNNING)


async def hold(queries: Queries, owner: Owner, ids: Sequence[UUID]) -> dict[UUID, Row]:
    """The links of these bookmarks, none of which can be removed or changed until the transaction ends."""
    await queries.rows(_hold_bookmarks(), **owner._asdict(), ids=list(ids))
    return {row["bookmark_id"]: row for row in await queries.rows(_hold_links(), **owner._asdict(), ids=list(ids))}


async def take_over(queries: Queries, id_: UUID, job_id: UUID) -> list[str]:
    """From now on this job looks the link up: the steps that are left to do."""
    await queries.rows(_taken(), id=id_, job=job_id)
    rows = await queries.rows(_reopened(), id=id_)
    await queries.rows(_settled(), id=id_)
    return [row["step"] for row in rows]


async def kinds_of_images(queries: Queries, id_: UUID) -> list[str]:
    """Which pictures there are."""
    return [row["kind"] for row in await queries.rows(_kinds(), id=id_)]


async def write_step(queries: Queries, id_: UUID, step: Mapping[str, Any]) -> None:
    """How a step goes."""
    await queries.rows(_write_step(), id=id_, **step)


async def write_found(queries: Queries, id_: UUID, found: Mapping[str, Any]) -> None:
    """Keep what was found, each field by itself; then say how it all stands."""
    await queries.rows(_write_found(), id=id_, **found)


async def settle(queries: Queries, id_: UUID) -> None:
    """Say how it all stands, from the steps; streams hear of it."""
    await queries.rows(_settled(), id=id_)


async def ask_again(queries: Queries, id_: UUID, steps: Sequence[str]) -> int:
    """Begin another round, in which these steps are to be done; tells its number."""
    row = await queries.row(_next_round(), id=id_)
    assert row is not None, "the link is held"
    await queries.rows(_renewed(), id=id_, steps=list(steps))
    await queries.rows(_settled(), id=id_)
    return int(row["round"])


async def failed(queries: Queries, id_: UUID) -> list[str]:
    """The steps that failed."""
    return [row["step"] for row in await queries.rows(_failed(), id=id_)]


async def give_up(queries: Queries, id_: UUID, reason: str, message: str) -> None:
    """Nobody does any more what is left: it failed."""
    await queries.rows(_given_up(), id=id_, reason=reason, message=message)
    await queries.rows(_settled(), id=id_)


@lru_cache
def _hold_bookmarks() -> Statement:
    mine = select(b.id).where(*OWNER, b.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    return Statement(mine.order_by(b.target_type, b.target_id).with_for_update())


@lru_cache
def _hold_links() -> Statement:
    mine = (n.workspace == bindparam("workspace"), n.user_id == bindparam("user"))
    some = n.bookmark_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    # Not those in the trash.
    written = (b.created_at, b.note, b.tags, b.collection_id, b.due_at, b.state)
    there = select(links, *written).join(bookmarks, b.id == n.bookmark_id)
    return Statement(there.where(*mine, some).order_by(n.bookmark_id).with_for_update(of=links))


@lru_cache
def _taken() -> Statement:
    taken = update(links).where(n.bookmark_id == ID).values(job_id=bindparam("job", type_=Uuid))
    return Statement(taken.returning(n.bookmark_id))


@lru_cache
def _reopened() -> Statement:
    """What a former attempt left, dead or with a failure that may pass, is to be done again."""
    left = or_(s.state.in_([word(each) for each in UNFINISHED]), and_(s.state == word(StepState.FAILED), s.retryable))
    values = {"state": word(StepState.PENDING), "next_at": null(), "updated_at": NOW}
    return Statement(update(link_steps).where(s.bookmark_id == ID, left).values(values).returning(s.step))


@lru_cache
def _kinds() -> Statement:
    return Statement(select(link_images.c.kind).where(link_images.c.bookmark_id == ID))


@lru_cache
def _write_step() -> Statement:
    state = bindparam("state", type_=Text)
    begun = and_(state == word(StepState.RUNNING), s.state != word(StepState.RUNNING))
    values = {
        "state": state,
        "reason": bindparam("reason", type_=Text),
        "message": bindparam("message", type_=Text),
        "retryable": bindparam("retryable", type_=Boolean),
        "next_at": bindparam("next_at", type_=DateTime(timezone=True)),
        # Said twice, it was begun once.
        "attempts": s.attempts + case((begun, literal_column("1", Integer)), else_=literal_column("0", Integer)),
        "updated_at": NOW,
    }
    # What is over stays so without being asked for: such a report is late, or comes twice.
    over = s.state.in_([word(StepState.DONE), word(StepState.SKIPPED)])
    mine = (s.bookmark_id == ID, s.step == bindparam("step", type_=Text), ~over | (state == word(StepState.DONE)))
    return Statement(update(link_steps).where(*mine).values(values).returning(s.step))


@lru_cache
def _write_found() -> Statement:
    empty = literal_column("''", Text)
    values: dict[str, Any] = {
        name: func.coalesce(func.nullif(bindparam(name, type_=Text), empty), n[name]) for name in FOUND
    }
    values |= {name: func.coalesce(bindparam(name, type_=Text), n[name]) for name in READ}
    values["embeddable"] = func.coalesce(bindparam("embeddable", type_=Boolean), n.embeddable)
    values["media_class"] = func.coalesce(bindparam("media_class", type_=Text), n.media_class)
    return Statement(update(links).where(n.bookmark_id == ID).values(values).returning(n.bookmark_id))


@lru_cache
def _settled() -> Statement:
    mine = s.bookmark_id == n.bookmark_id

    def any_(*conditions: Any) -> Any:
        return select(s.step).where(mine, *conditions).correlate(links).exists()

    waits = or_(s.state == word(StepState.PENDING), s.next_at.is_not(None))
    begun = any_(s.state != word(StepState.PENDING))
    state = case(
        (any_(s.state == word(StepState.RUNNING)), word(StepState.RUNNING)),
        (and_(any_(waits), begun), word(StepState.RUNNING)),
        (any_(waits), word(StepState.PENDING)),
        (any_(s.state == word(StepState.FAILED)), word(StepState.FAILED)),
        (any_(s.state == word(StepState.DONE)), word(StepState.DONE)),
        else_=word(StepState.SKIPPED),
    )
    values = {"enrichment": state, "revision": n.revision + 1, "looked_up_at": NOW}
    return Statement(update(links).where(n.bookmark_id == ID).values(values).returning(n.bookmark_id))


@lru_cache
def _next_round() -> Statement:
    values: dict[str, Any] = {"round": n.round + 1, "job_id": null()}
    return Statement(update(links).where(n.bookmark_id == ID).values(values).returning(n.round))


@lru_cache
def _renewed() -> Statement:
    asked = s.step == func.any(bindparam("steps", type_=ARRAY(Text)))
    zero, empty = literal_column("0", Integer), literal_column("''", Text)
    values: dict[str, Any] = {"state": word(StepState.PENDING), "attempts": zero, "reason": empty, "message": empty}
    values |= {"retryable": literal_column("false", Boolean), "next_at": null(), "updated_at": NOW}
    return Statement(update(link_steps).where(s.bookmark_id == ID, asked).values(values).returning(s.step))


@lru_cache
def _failed() -> Statement:
    return Statement(select(s.step).where(s.bookmark_id == ID, s.state == word(StepState.FAILED)))


@lru_cache
def _given_up() -> Statement:
    left = or_(s.state.in_([word(each) for each in UNFINISHED]), s.next_at.is_not(None))
    values = {
        "state": word(StepState.FAILED),
        # Of what failed by itself, the reason stays.
        "reason": case((s.reason != literal_column("''"), s.reason), else_=bindparam("reason", type_=Text)),
        "message": case((s.reason != literal_column("''"), s.message), else_=bindparam("message", type_=Text)),
        "retryable": literal_column("true", Boolean),
        "next_at": null(),
        "updated_at": NOW,
    }
    return Statement(update(link_steps).where(s.bookmark_id == ID, left).values(values).returning(s.step))

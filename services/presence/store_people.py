"""What people set for themselves, and what others may know of many people at once."""

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    DateTime,
    Interval,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from chassis.database import Queries, Statement
from services.presence.dnd import UNSET, Hold, Reason, Settings, Window
from services.presence.store import LIVE, Owner, told
from services.presence.tables import claims, people, urgent_notices

c, p = claims.c, people.c
SAYING = (c.user_id, c.emoji, c.text, c.expires_at)
SETTINGS = (
    p.snoozed,
    p.snooze_until,
    cast(p.schedule, Text),
    p.time_zone,
    p.allow_mentions,
    p.allow_user_ids,
)
# Schedules that are remembered as they were read.
SCHEDULES = 4096


class Said(NamedTuple):
    """What a person lets be known: the effective claim, what all claims hold, and settings, at the moment `now`."""

    emoji: str
    text: str
    status_expires_time: datetime | None
    status_hold: Hold | None
    settings: Settings
    invisible: bool
    now: datetime


async def read(queries: Queries, workspace: str, ids: Sequence[str]) -> dict[str, Said]:
    """Many people, in one query; somebody unknown says nothing."""
    # One text: to pass on a thousand costs ten times as much. No id has a line break; one that had would not be found.
    row = await queries.row(_read(), workspace=workspace, ids="\n".join(ids))
    assert row is not None, "an aggregate always has a row"
    now, columns = row["now"], [row[name] or () for name in (*(column.name for column in SAYING), "held", "held_until")]
    nobody = Said("", "", None, None, UNSET, False, now)
    said = {
        user: Said(emoji, text, expires, Hold(Reason.STATUS, until) if held else None, UNSET, False, now)
        for user, emoji, text, expires, held, until in zip(*columns, strict=True)
    }
    for user, invisible, *values in json.loads(row["settings"] or "[]"):
        claimed = said.get(user, nobody)
        said[user] = Said(*claimed[:4], _settings(values, now), invisible, now)
    return {id_: said.get(id_, nobody) for id_ in ids}


async def everybody(queries: Queries, workspace: str, limit: int) -> list[str]:
    """People of the workspace who say or set anything."""
    return [row[0] for row in await queries.rows(_everybody(), workspace=workspace, size=limit)]


async def hidden(queries: Queries, workspace: str) -> list[str]:
    """People of the workspace who are invisible."""
    return [row[0] for row in await queries.rows(_hidden(), workspace=workspace)]


async def set_dnd(queries: Queries, owner: Owner, settings: Settings, after: timedelta | None) -> Settings | None:
    """Replace the settings; `after` ends the snooze so long from now. None: its end is not in the future."""
    schedule = [
        {"days": window.days, "start": f"{window.start:%H:%M}", "end": f"{window.end:%H:%M}"}
        for window in settings.schedule
    ]
    row = await queries.row(
        _set_dnd(),
        **owner._asdict(),
        snoozed=settings.snoozed,
        at=settings.snooze_until,
        after=after,
        schedule=json.dumps(schedule),
        zone=settings.time_zone,
        mentions=settings.allow_mentions,
        allowed=list(settings.allow_user_ids),
    )
    return _settings(json.loads(row["settings"]), row["now"]) if row else None


async def set_invisible(queries: Queries, owner: Owner, invisible: bool) -> None:
    """Hide a person from everybody else, or show them again."""
    await queries.rows(_set_invisible(), **owner._asdict(), invisible=invisible)


async def note_urgent(queries: Queries, workspace: str, service: str, sender: str, recipients: Sequence[str]) -> None:
    """Write down who passed everybody's Do-Not-Disturb."""
    values = {"service": service, "sender": sender, "recipients": list(recipients)}
    await queries.rows(_note_urgent(), workspace=workspace, **values)


def _settings(values: Sequence[Any], now: datetime) -> Settings:
    snoozed, until, schedule, time_zone, allow_mentions, allow_user_ids = values
    until = datetime.fromisoformat(until) if until else None
    # A snooze whose time has come is none.
    snoozed = snoozed and (until is None or until > now)
    windows = _schedule(schedule)
    return Settings(snoozed, until if snoozed else None, windows, time_zone, allow_mentions, tuple(allow_user_ids))


@lru_cache(SCHEDULES)
def _schedule(text: str) -> tuple[Window, ...]:
    """As it is kept; most people share theirs with somebody, if only the empty one."""
    return tuple(
        Window(tuple(each["days"]), time.fromisoformat(each["start"]), time.fromisoformat(each["end"]))
        for each in json.loads(text)
    )


@lru_cache
def _read() -> Statement:
    """One row: a list of each column of the effective claims, and the settings as JSON.

    A row for each person takes twice as long to be taken apart. Ids are looked up in the index all at once: joined
    with, they cost three times as much, and the square of it where the plan was made before the tables were filled.
    """
    asked = any_(func.string_to_array(bindparam("ids", type_=Text), literal_column("E'\\n'"), type_=ARRAY(Text)))
    first = (
        select(*SAYING, *_held())
        .where(c.workspace == bindparam("workspace"), c.user_id == asked, LIVE)
        .ext(distinct_on(c.user_id))
        .order_by(c.user_id, c.priority.desc(), c.set_at.desc(), c.claim_id, c.source)
        .subquery("first")
    )
    each = func.json_build_array(p.user_id, p.invisible, *SETTINGS)
    settings = select(func.json_agg(each)).where(p.workspace == bindparam("workspace"), p.user_id == asked)
    lists = [func.array_agg(column).label(column.name) for column in first.c]
    return Statement(select(func.now().label("now"), settings.scalar_subquery().label("settings"), *lists))


def _held() -> tuple[Any, Any]:
    """Whether any live claim of the person holds notifications, whichever shows, and until when if there is an end."""
    held = func.bool_or(c.dnd).over(partition_by=c.user_id)
    endless = func.bool_or(c.dnd & c.expires_at.is_(None)).over(partition_by=c.user_id)
    last = func.max(c.expires_at).filter(c.dnd).over(partition_by=c.user_id)
    return held.label("held"), case((not_(endless), last)).label("held_until")


@lru_cache
def _everybody() -> Statement:
    said = select(c.user_id).where(c.workspace == bindparam("workspace"), LIVE)
    set_ = select(p.user_id).where(p.workspace == bindparam("workspace"))
    return Statement(select(union(said, set_).subquery("known")).limit(bindparam("size")))


@lru_cache
def _hidden() -> Statement:
    return Statement(select(p.user_id).where(p.workspace == bindparam("workspace"), p.invisible))


@lru_cache
def _set_dnd() -> Statement:
    until = func.coalesce(
        bindparam("at", type_=DateTime(timezone=True)), func.now() + bindparam("after", type_=Interval)
    )
    values: dict[str, Any] = {
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "snoozed": bindparam("snoozed", type_=Boolean),
        "snooze_until": until,
        "schedule": bindparam("schedule", type_=Text).op("::")(literal_column("jsonb")),
        "time_zone": bindparam("zone", type_=Text),
        "allow_mentions": bindparam("mentions", type_=Boolean),
        "allow_user_ids": bindparam("allowed", type_=ARRAY(Text)),
    }
    in_future = or_(until.is_(None), until > func.now())
    return _upsert(values, select(*values.values()).where(in_future), ["workspace", "user_id"])


@lru_cache
def _set_invisible() -> Statement:
    values: dict[str, Any] = {
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "invisible": bindparam("invisible", type_=Boolean),
    }
    return _upsert(values, select(*values.values()), ["workspace", "user_id"])


def _upsert(values: dict[str, Any], source: Any, key: Sequence[str]) -> Statement:
    new = insert(people).from_select(list(values), source)
    changes = {name: new.excluded[name] for name in values if name not in key} | {"set_at": func.now()}
    done = new.on_conflict_do_update(constraint=people.primary_key, set_=changes)
    settings = func.json_build_array(*SETTINGS).label("settings")
    return Statement(done.returning(settings, func.now().label("now"), told(p.workspace, p.user_id)))


@lru_cache
def _note_urgent() -> Statement:
    values = {
        "workspace": bindparam("workspace"),
        "service": bindparam("service"),
        "sender_id": bindparam("sender"),
        "recipient_ids": bindparam("recipients", type_=ARRAY(Text)),
    }
    return Statement(insert(urgent_notices).values(values))

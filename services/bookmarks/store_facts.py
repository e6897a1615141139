"""Facts in PostgreSQL: where each kind is kept, what it hangs on, and what a deletion takes with it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, delete, false, func, not_, or_, select, update

from chassis.database import Queries, Statement
from chassis.facts import Fact
from chassis.facts_store import IDS, WORKSPACE, Stored, arriving, columns, erase, gone, upsert
from chassis.facts_store import take as take_kind
from services.bookmarks.facts import Kind
from services.bookmarks.tables import (
    bookmarks,
    collections,
    conversations,
    files,
    memberships,
    messages,
    tallies,
    toggles,
    users,
)
from services.bookmarks.tables_links import links, merges, outbox, trash

STORED = {
    Kind.USER: Stored(users, ("id",), ("name",), {"name": ""}),
    Kind.CONVERSATION: Stored(conversations, ("id",), ("kind", "name"), {"name": ""}),
    Kind.MEMBERSHIP: Stored(memberships, ("conversation_id", "user_id"), ("removed",), {"removed": True}),
    Kind.MESSAGE: Stored(messages, ("id",), ("conversation_id", "author_id", "text", "sent_at"), {"text": ""}),
    Kind.FILE: Stored(
        files,
        ("id",),
        ("message_id", "uploader_id", "name", "media_type", "size_bytes"),
        {"name": "", "media_type": "", "size_bytes": 0},
    ),
}


async def serialise(queries: Queries, workspace: str) -> None:
    """One batch of a workspace at a time, until the transaction ends: what a batch reads is then what it changes."""
    await queries.serialise(f"cairn.bookmarks.feed.{workspace}")


async def take(queries: Queries, workspace: str, facts: Sequence[Fact]) -> None:
    """Take one round, and everything that its deletions take with them."""
    for kind in Kind:
        some = [fact for fact in facts if fact.kind is kind]
        if some:
            await take_kind(queries, workspace, columns(STORED[kind], some), _upsert(kind), _consequences(kind))


@lru_cache
def _upsert(kind: Kind) -> Statement:
    new = arriving(STORED[kind])
    # A message takes files along that came before it; the others only where they were deleted at some time.
    return upsert(STORED[kind], new, _orphaned(kind, new), always=kind not in (Kind.USER, Kind.CONVERSATION))


def _orphaned(kind: Kind, new: Any) -> ColumnElement[bool]:
    """Whether a value hangs on what is gone."""
    match kind:
        case Kind.MEMBERSHIP:
            return gone(new, users, users.c.id == new.c.user_id)
        case Kind.MESSAGE:
            return gone(new, conversations, conversations.c.id == new.c.conversation_id)
        case Kind.FILE:
            attached = and_(messages.c.workspace == WORKSPACE, messages.c.id == new.c.message_id)
            there = and_(attached, conversations.c.id == messages.c.conversation_id)
            loose = and_(new.c.message_id.is_(None), users.c.id == new.c.uploader_id)
            return or_(gone(new, messages, attached), gone(new, conversations, there), gone(new, users, loose))
    return false()


@lru_cache
def _consequences(kind: Kind) -> tuple[Statement, ...]:
    match kind:
        case Kind.USER:
            return tuple(Statement(each) for each in (*_forget(), *_leave()))
        case Kind.CONVERSATION:
            there = and_(conversations.c.id == func.any(IDS), messages.c.conversation_id == conversations.c.id)
            emptied = erase(STORED[Kind.MESSAGE], conversations, and_(there, not_(messages.c.deleted)))
            return Statement(emptied), Statement(_files_of(messages.c.conversation_id == func.any(IDS)))
        case Kind.MESSAGE:
            return (Statement(_files_of(messages.c.id == func.any(IDS))),)
    return ()


def _forget() -> list[Any]:
    """What deleted people saved, in the order in which everybody locks; tallies come to nothing."""
    theirs = select(users.c.id).where(users.c.workspace == WORKSPACE, users.c.id == func.any(IDS), users.c.deleted)
    own = (collections, bookmarks, trash, links, outbox, merges, toggles, tallies)
    statements = [delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id.in_(theirs)) for each in own]
    return [*statements[:-1], statements[-1].where(tallies.c.total == 0)]


def _leave() -> list[Update]:
    theirs = users.c.id == func.any(IDS)
    loose = and_(files.c.uploader_id == users.c.id, files.c.message_id.is_(None), not_(files.c.deleted))
    return [
        erase(STORED[Kind.MEMBERSHIP], users, and_(theirs, memberships.c.user_id == users.c.id)),
        erase(STORED[Kind.FILE], users, and_(theirs, loose)),
    ]


def _files_of(some: ColumnElement[bool]) -> Update:
    """Erase what was attached to messages when they, or where they are, were deleted."""
    here = and_(conversations.c.workspace == WORKSPACE, conversations.c.id == messages.c.conversation_id)
    at = func.greatest(messages.c.deleted_at, conversations.c.deleted_at).label("at")
    marked = select(messages.c.id, at).select_from(messages.outerjoin(conversations, here))
    m = marked.where(messages.c.workspace == WORKSPACE, some).subquery("m")
    attached = and_(files.c.workspace == WORKSPACE, files.c.message_id == m.c.id, not_(files.c.deleted))
    return update(files).where(attached, files.c.changed_at <= m.c.at).values(STORED[Kind.FILE].nothing)

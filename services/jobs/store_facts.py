"""Facts in PostgreSQL: where each kind is kept, what it hangs on, and what a deletion takes with it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, not_, select

from chassis.database import Queries, Statement
from chassis.facts import Fact
from chassis.facts_store import IDS, WORKSPACE, Stored, arriving, columns, erase, gone, upsert
from chassis.facts_store import take as take_kind
from services.jobs.facts import Kind
from services.jobs.store_imports import theirs as imports_of
from services.jobs.store_interviews import theirs as interviews_of
from services.jobs.store_memories import said_as, said_in
from services.jobs.store_memories import theirs as memories_of
from services.jobs.store_titles import gone as titles_gone
from services.jobs.store_transcripts import gone as transcripts_gone
from services.jobs.store_transcripts import theirs as transcripts_of
from services.jobs.store_uploads import theirs as uploads_of
from services.jobs.store_usage import theirs as usage_of
from services.jobs.tables import archive, attempts, events, jobs, requests
from services.jobs.tables_facts import conversations, memberships, messages, users

TEXT = ("conversation_id", "author_id", "text", "sent_at", "role")
STORED = {
    Kind.USER: Stored(users, ("id",), ("name",), {"name": ""}),
    Kind.CONVERSATION: Stored(conversations, ("id",), ("kind", "name", "incognito"), {"name": ""}),
    Kind.MEMBERSHIP: Stored(memberships, ("conversation_id", "user_id"), ("removed",), {"removed": True}),
    Kind.MESSAGE: Stored(messages, ("id",), TEXT, {"text": ""}),
}


async def serialise(queries: Queries, workspace: str) -> None:
    """One batch of a workspace at a time, until the transaction ends: what a batch reads is then what it changes."""
    await queries.serialise(f"cairn.jobs.feed.{workspace}")


async def take(queries: Queries, workspace: str, facts: Sequence[Fact]) -> None:
    """Take one round, and everything that its deletions take with them."""
    for kind, stored in STORED.items():
        some = [fact for fact in facts if fact.kind is kind]
        if some:
            await take_kind(queries, workspace, columns(stored, some), _upsert(kind), _consequences(kind))


@lru_cache
def _upsert(kind: Kind) -> Statement:
    new = arriving(STORED[kind])
    # Memberships take nothing along.
    return upsert(STORED[kind], new, _orphaned(kind, new), always=kind is Kind.MEMBERSHIP)


def _orphaned(kind: Kind, new: Any) -> ColumnElement[bool]:
    """Whether a value hangs on what is gone."""
    match kind:
        case Kind.MEMBERSHIP:
            return gone(new, users, users.c.id == new.c.user_id)
        case Kind.MESSAGE:
            return gone(new, conversations, conversations.c.id == new.c.conversation_id)
    return false()


@lru_cache
def _consequences(kind: Kind) -> tuple[Statement, ...]:
    match kind:
        case Kind.USER:
            theirs = and_(users.c.id == func.any(IDS), memberships.c.user_id == users.c.id)
            left = erase(STORED[Kind.MEMBERSHIP], users, theirs)
            return Statement(left), *(Statement(each) for each in _forget())
        case Kind.CONVERSATION:
            there = and_(conversations.c.id == func.any(IDS), messages.c.conversation_id == conversations.c.id)
            left = erase(STORED[Kind.MESSAGE], conversations, and_(there, not_(messages.c.deleted)))
            rest = (said_in(IDS), titles_gone(IDS), transcripts_gone(IDS))
            return Statement(left), *(Statement(each) for each in rest)
        case Kind.MESSAGE:
            return (Statement(said_as(IDS)),)
    return ()


def _forget() -> list[Any]:
    """Everything that deleted people asked for, also what runs: its worker then finds that the job is lost."""
    theirs = select(users.c.id).where(users.c.workspace == WORKSPACE, users.c.id == func.any(IDS), users.c.deleted)
    own = select(jobs.c.id).where(jobs.c.workspace == WORKSPACE, jobs.c.user_id.in_(theirs))
    # Held first: the statements after it see all that was written about them.
    held = own.order_by(jobs.c.id).with_for_update()
    parts = [delete(each).where(each.c.job_id.in_(own)) for each in (attempts, events)]
    rest = (jobs, requests, archive)
    whole = [delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id.in_(theirs)) for each in rest]
    return [
        held,
        *parts,
        *whole,
        *interviews_of(theirs),
        *memories_of(theirs),
        *transcripts_of(theirs),
        *uploads_of(theirs),
        *imports_of(theirs),
        *usage_of(theirs),
    ]

"""Conversations in PostgreSQL: what their members may see of them."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Text, and_, bindparam, func, literal_column, not_, select, union

from chassis.database import Queries, Statement
from services.jobs.domain import Owner
from services.jobs.domain_conversations import Conversation, ConversationIncognito, ConversationNotFound
from services.jobs.tables_facts import conversations, memberships, messages
from services.jobs.tables_titles import titles

WORKSPACE, USER = bindparam("workspace", type_=Text), bindparam("user", type_=Text)
CONVERSATION = bindparam("conversation", type_=Text)
# Messages, beside the first, among which those are that a title is found from.
NEWEST = 200


async def member(queries: Queries, owner: Owner, conversation_id: str) -> Conversation:
    """The conversation, for somebody who is in it now; raises ConversationNotFound."""
    row = await queries.row(_member(), **owner._asdict(), conversation=conversation_id)
    if row is None:
        raise ConversationNotFound
    return Conversation(conversation_id, *row)


async def readable(queries: Queries, owner: Owner, conversation_id: str) -> Conversation:
    """The same, where something may be drawn from it; raises also ConversationIncognito."""
    found = await member(queries, owner, conversation_id)
    if found.incognito:
        raise ConversationIncognito
    return found


async def texts(queries: Queries, workspace: str, conversation_id: str) -> list[str]:
    """The first message and the newest, in the order in which they were sent."""
    rows = await queries.rows(_texts(), workspace=workspace, conversation=conversation_id)
    return [row["text"] for row in rows]


@lru_cache
def _member() -> Statement:
    s, c, t = memberships.c, conversations.c, titles.c
    known = memberships.outerjoin(conversations, and_(c.workspace == s.workspace, c.id == s.conversation_id))
    joined = known.outerjoin(titles, and_(t.workspace == s.workspace, t.conversation_id == s.conversation_id))
    empty: Any = literal_column("''")
    no: Any = literal_column("false")
    columns = (
        func.coalesce(c.name, empty).label("name"),
        func.coalesce(c.incognito, no).label("incognito"),
        func.coalesce(t.title, empty).label("title"),
        t.made_at,
        func.coalesce(t.extractor, empty).label("extractor"),
    )
    theirs = (s.workspace == WORKSPACE, s.user_id == USER, s.conversation_id == CONVERSATION, not_(s.removed))
    return Statement(select(*columns).select_from(joined).where(*theirs, not_(func.coalesce(c.deleted, no))))


@lru_cache
def _texts() -> Statement:
    m = messages.c
    here = (
        m.workspace == WORKSPACE,
        m.conversation_id == CONVERSATION,
        not_(m.deleted),
        m.text != literal_column("''"),
    )
    all_: Any = select(m.sent_at, m.id, m.text).where(*here)
    first = all_.order_by(m.sent_at, m.id).limit(literal_column("1")).subquery("first")
    newest = all_.order_by(m.sent_at.desc(), m.id.desc()).limit(literal_column(str(NEWEST))).subquery("newest")
    both = union(select(first), select(newest)).subquery("both")
    return Statement(select(both.c.text).order_by(both.c.sent_at, both.c.id))

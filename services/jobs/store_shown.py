"""Who may see what, and how a message that was found is shown: whole, or a passage of it.

Of a long text, that much is shown, from a little before the first word that matched.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY

from chassis.database import Statement
from services.jobs.highlights import BLANKED, OPTIONS, START
from services.jobs.tables_facts import conversations, memberships, messages

PASSAGE, BEFORE = 10_000, 1_000
# The first word that matched is looked for in so many characters of all hits together, which costs time for each.
LOOKED = 200_000

WORKSPACE, PERSON = bindparam("workspace", type_=Text), bindparam("person", type_=Text)
LANGUAGE = cast(cast(bindparam("language", type_=Text), Text), REGCONFIG)
LIVE = not_(messages.c.deleted)
SHOWN = ("id", "conversation_id", "author_id", "sent_at")


@lru_cache
def shown_statement() -> Statement:
    """Those of the messages `ids` that the person may see now, in any order; of `by_words` the words matched."""
    m, seen, asked = messages.c, mine(False), terms()
    texts: Any = ARRAY(Text)
    matched = (m.id == func.any(bindparam("by_words", type_=texts))).label("matched")
    found = select(*(m[name] for name in (*SHOWN, "text", "language")), matched).where(
        m.workspace == WORKSPACE, m.id == func.any(bindparam("ids", type_=texts)), among(m.conversation_id, seen), LIVE
    )
    return Statement(passages(found, asked))


def mine(in_one: bool) -> CTE:
    """The conversations that the person is in now."""
    s, c = memberships.c, conversations.c
    here = and_(c.workspace == s.workspace, c.id == s.conversation_id)
    joined = memberships.outerjoin(conversations, here)
    conditions = [s.workspace == WORKSPACE, s.user_id == PERSON, not_(s.removed), not_(func.coalesce(c.deleted, False))]
    if in_one:
        conditions.append(s.conversation_id == bindparam("conversation", type_=Text))
    return select(s.conversation_id).select_from(joined).where(*conditions).cte("mine")


def terms() -> CTE:
    """What is asked for: all the words, and any of them. What must not stand there cannot be made looser."""
    strict = func.websearch_to_tsquery(LANGUAGE, bindparam("query", type_=Text), type_=TSQUERY)
    written = cast(strict, Text)
    any_of = cast(func.replace(written, literal_column("' & '"), literal_column("' | '")), TSQUERY)
    loose = case((written.like(literal_column("'%!%'")), strict), else_=any_of)
    return select(strict.label("strict"), loose.label("loose")).cte("terms")


def passages(found: Select[Any], asked: CTE) -> Select[Any]:
    """What is shown of messages: rows with `text`, `language`, whether their words `matched`, and other columns."""
    query = one(asked.c.loose)
    f = _once(found, "found")
    size = func.char_length(f.text)
    # One more than there are characters before it; 0 where there is none.
    first = func.strpos(_marked(f.language, func.left(f.text, bindparam("looked", type_=Integer)), query), _word(START))
    begin = func.greatest(func.least(first - _number(BEFORE + 1), size - _number(PASSAGE)), _number(0))
    long = size > _number(PASSAGE)
    begins = case((and_(long, f.matched), begin), else_=_number(0))
    b = _once(select(*f, begins.label("begins"), long.label("truncated")), "placed")
    content = func.substr(b.text, b.begins + _number(1), _number(PASSAGE)).label("content")
    kept = [column for column in b if column.name != "text"]
    c = _once(select(*kept, content), "cut")
    marked = case((c.matched, _marked(c.language, c.content, query))).label("marked")
    return select(*(column for column in c if column.name not in ("language", "matched")), marked)


def among(column: Any, seen: CTE) -> ColumnElement[bool]:
    """Whether it is one of those conversations."""
    found: ColumnElement[bool] = column.in_(select(seen.c.conversation_id))
    return found


def one(column: Any) -> Any:
    """The value of a query with one row."""
    return select(column).scalar_subquery()


def _marked(language: Any, text: Any, query: Any) -> ColumnElement[str]:
    blank = _word(" " * len(BLANKED))
    return func.ts_headline(language, func.translate(text, _word(BLANKED), blank), query, _word(OPTIONS))


def _once(rows: Select[Any], name: str) -> Any:
    """The columns of a query that is not merged with what reads it: what costs much is done once."""
    return rows.offset(_number(0)).subquery(name).c


def _word(text: str) -> Any:
    return literal_column(f"'{text}'")


def _number(number: int) -> Any:
    return literal_column(str(number))

"""The statement of a search. Who may see what, and every filter, come before any limit.

Two lists of candidates, by words and by meaning, are put in one order by reciprocal ranks.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    REAL,
    ColumnElement,
    DateTime,
    Double,
    SmallInteger,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from chassis.database import Statement
from services.jobs.store_shown import (
    LANGUAGE,
    LIVE,
    SHOWN,
    WORKSPACE,
    among,
    mine,
    one,
    passages,
    terms,
)
from services.jobs.tables_facts import HalfVector, messages, of_another_model

# Of each half; where more hits than that are wanted, as many as may be wanted.
CANDIDATES = 40
# Only so many matches, the newest, are ranked: a common word would else cost ten times as much.
RANKED = 500
# Up to so many messages in sight, every vector is compared; above, the index is asked.
EXACT = 12_000
# What the index walks through at a time, and at most (it goes on until enough rows pass the filters). Its order is not
# exact, so it brings more than are wanted.
BREADTH, LONGEST, BROUGHT = 100, 100_000, 4
# So many messages that the model has not read are counted; all of a large backlog would hold up each search.
COUNTED = 10_000
# The constant of reciprocal ranks.
K = 60

NEAR = cast(bindparam("near", type_=ARRAY(REAL)), HalfVector)


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes one search statement different from another; values are parameters."""

    conversation: bool = False
    author: bool = False
    role: bool = False
    from_time: bool = False
    to_time: bool = False
    excluded: bool = False
    # By comparing all, or by the index; None: not by meaning at all.
    exact: bool | None = True
    words: bool = True
    candidates: int = CANDIDATES


@lru_cache
def by_index() -> Statement:
    """Let the index of vectors be used, and go on until enough rows pass the filters, for this transaction."""
    walk = {"iterative_scan": "relaxed_order", "ef_search": str(BREADTH), "max_scan_tuples": str(LONGEST)}
    walk["scan_mem_multiplier"] = "4"  # or its memory ends the walk before that
    names = {"enable_seqscan": "off", **{f"hnsw.{name}": value for name, value in walk.items()}}
    return Statement(select(*(func.set_config(literal(name), literal(value), true()) for name, value in names.items())))


@lru_cache
def few_in_sight(shape: Shape) -> Statement:
    """Whether so few messages are searched that all vectors can be compared."""
    # What was deleted counts, too: without a filter, an index knows the number by itself.
    conditions = [each for each in _seen(shape, mine(shape.conversation)) if each is not LIVE]
    some: Any = select(literal_column("1")).where(*conditions).limit(literal_column(str(EXACT + 1))).subquery()
    return Statement(select(func.count() <= EXACT).select_from(some))


@lru_cache
def search_statement(shape: Shape) -> Statement:
    """The hits as they are shown, best first, each row with the counts that go with all."""
    seen, asked = mine(shape.conversation), terms()
    meaning = _by_meaning(shape, seen)
    best = fused(_by_words(shape, seen, asked), meaning)
    m = messages.alias("hit")
    matched = (best.c.matched_by != literal_column("'vector'")).label("matched")
    columns: list[Any] = [m.c[name] for name in (*SHOWN, "text", "language")]
    whole = best.join(m, and_(m.c.workspace == WORKSPACE, m.c.id == best.c.id))
    hits = select(*columns, best.c.score, best.c.matched_by, matched).select_from(whole)
    page = passages(hits, asked).subquery("page")
    near = select(func.count()).select_from(meaning).scalar_subquery()
    counts = (
        _unembedded(shape, seen).label("unembedded"),
        _embedded(shape, seen).label("embedded"),
        near.label("near"),
    )
    totals = select(*counts).subquery("totals")
    rows = select(totals, page).select_from(totals.outerjoin(page, true()))
    return Statement(rows.order_by(page.c.score.desc(), page.c.sent_at.desc(), page.c.id))


def _seen(shape: Shape, seen: CTE) -> list[ColumnElement[bool]]:
    """Which messages are searched."""
    m = messages.c
    return [m.workspace == WORKSPACE, among(m.conversation_id, seen), *_filters(shape)]


def _filters(shape: Shape) -> list[ColumnElement[bool]]:
    m = messages.c
    wanted = {
        "author": m.author_id == bindparam("author", type_=Text),
        "role": m.role == bindparam("role", type_=SmallInteger),
        "from_time": m.sent_at >= bindparam("from_time", type_=DateTime(timezone=True)),
        "to_time": m.sent_at < bindparam("to_time", type_=DateTime(timezone=True)),
        "excluded": not_(m.words.bool_op("@@")(func.websearch_to_tsquery(LANGUAGE, bindparam("excluded", type_=Text)))),
    }
    return [LIVE, *(condition for name, condition in wanted.items() if getattr(shape, name))]


def _by_words(shape: Shape, seen: CTE, terms: CTE) -> CTE:
    """Messages with all the words; where these are few, then messages with some of them."""
    searched = [*_seen(shape, seen), true() if shape.words else literal_column("false")]
    strict = _best("strict", shape, _cover(_newest("all_words", searched, terms.c.strict), terms))
    lacking = select(func.count() < shape.candidates).select_from(strict).scalar_subquery()
    new = messages.c.id.not_in(select(strict.c.id))
    loose = _best("loose", shape, _weight(_newest("some_words", [lacking, *searched, new], terms.c.loose), terms))
    after = loose.c.place + select(func.count()).select_from(strict).scalar_subquery()
    both = select(strict.c.id, strict.c.place).union_all(select(loose.c.id, after)).subquery("both")
    return select(both).order_by(both.c.place).limit(literal_column(str(shape.candidates))).cte("by_words")


def _newest(name: str, searched: list[Any], query: Any) -> CTE:
    m = messages.c
    matching = select(m.id, m.words, m.sent_at).where(*searched, m.words.op("@@")(one(query)))
    return matching.order_by(m.sent_at.desc(), m.id).limit(literal_column(str(RANKED))).cte(name)


def _cover(newest: CTE, terms: CTE) -> Any:
    """Ranked by how near to each other the words stand, and less for long texts."""
    rank = func.ts_rank_cd(newest.c.words, one(terms.c.strict), literal_column("1"))
    return select(newest.c.id, newest.c.sent_at, rank.label("rank"))


def _weight(newest: CTE, terms: CTE) -> Any:
    """Ranked by the words that a message has, each weighed by how few others have it."""
    written = func.string_to_array(cast(terms.c.loose, Text), literal_column("' | '"))
    word = select(cast(func.unnest(written), TSQUERY).label("word")).distinct().subquery("word")
    having = func.count().over(partition_by=word.c.word)
    all_ = cast(select(func.count()).select_from(newest).scalar_subquery(), Double)
    weighed = select(newest.c.id, newest.c.sent_at, func.ln(literal_column("1") + all_ / having).label("weight"))
    weighed = weighed.select_from(newest.join(word, newest.c.words.op("@@")(word.c.word)))
    each = weighed.subquery("weighed")
    return select(each.c.id, each.c.sent_at, func.sum(each.c.weight).label("rank")).group_by(each.c.id, each.c.sent_at)


def _best(name: str, shape: Shape, ranked: Any) -> CTE:
    every = ranked.subquery(f"{name}_ranked")
    order = (every.c.rank.desc(), every.c.sent_at.desc(), every.c.id)
    placed = select(every.c.id, func.row_number().over(order_by=order).label("place"))
    return placed.order_by(literal_column("place")).limit(literal_column(str(shape.candidates))).cte(name)


def _by_meaning(shape: Shape, seen: CTE) -> CTE:
    m = messages.c
    distance: Any = m.vector.op("<#>", return_type=Double())(NEAR)
    read = [m.vector.is_not(None), m.model == bindparam("model", type_=Text)]
    if shape.exact is None:
        nothing = select(m.id, literal_column("1").label("place")).where(literal_column("false"))
        return nothing.cte("by_meaning")
    if shape.exact:
        # Added, so that no index is used.
        near = select(m.id, (distance + literal_column("0.0")).label("distance")).where(*_seen(shape, seen), *read)
        few = shape.candidates
    else:
        # Written so that only the index of vectors can be used.
        mine = func.array(select(seen.c.conversation_id).scalar_subquery())
        elsewhere = [m.workspace.concat(literal_column("''")) == WORKSPACE]
        elsewhere.append(m.conversation_id.concat(literal_column("''")) == func.any(mine))
        elsewhere.append(func.coalesce(m.model, literal_column("''")) == bindparam("model", type_=Text))
        near = select(m.id, distance.label("distance")).where(*elsewhere, *_filters(shape))
        few = shape.candidates * BROUGHT
    brought = near.order_by(literal_column("distance")).limit(literal_column(str(few))).cte("brought")
    # Added, since what the index brings only seems to be in order.
    order = (brought.c.distance + literal_column("0.0"), brought.c.id)
    placed = select(brought.c.id, func.row_number().over(order_by=order).label("place")).order_by(*order)
    return placed.limit(literal_column(str(shape.candidates))).cte("by_meaning")


def fused(words: CTE, meaning: CTE) -> Any:
    """The `top` of two lists, each of an `id` and its `place`, with their scores and what found them."""

    def weight(place: Any) -> Any:
        return func.coalesce(literal_column("1.0") / (literal_column(f"{K}.0") + place), literal_column("0.0"))

    score = cast(weight(words.c.place) + weight(meaning.c.place), Double).label("score")
    by = case(
        (words.c.id.is_(None), literal_column("'vector'")),
        (meaning.c.id.is_(None), literal_column("'text'")),
        else_=literal_column("'both'"),
    )
    both = words.join(meaning, meaning.c.id == words.c.id, full=True)
    ids = select(func.coalesce(words.c.id, meaning.c.id).label("id"), score, by.label("matched_by")).select_from(both)
    return ids.order_by(text("score desc"), text("id")).limit(bindparam("top")).subquery("fused")


def _unembedded(shape: Shape, seen: CTE) -> Any:
    """What is to be read, and what another model has read."""
    parts = (messages.c.embed_at.is_not(None), of_another_model())
    each: list[Any] = [
        select(literal_column("1")).select_from(messages).where(*_seen(shape, seen), part) for part in parts
    ]
    some: Any = each[0].union_all(each[1]).limit(literal_column(str(COUNTED))).subquery("unread")
    return select(func.count()).select_from(some).scalar_subquery()


def _embedded(shape: Shape, seen: CTE) -> Any:
    read = (messages.c.model == bindparam("model", type_=Text), messages.c.vector.is_not(None))
    return select(literal_column("1")).where(*_seen(shape, seen), *read).exists()

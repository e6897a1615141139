"""Search by words and by meaning: one statement, in which who may see what and every filter come before any limit.

Two lists of candidates are put in one order by reciprocal ranks (Cormack, Clarke and Büttcher, 2009).
"""

from dataclasses import dataclass, replace
from typing import Any

from chassis.database import Database, Queries, Row
from services.jobs.domain import Owner
from services.jobs.domain_search import MAX_LIMIT, Found, Hit, Kept, MatchedBy, Mode, ModeReason, Ranked, Vector, Wanted
from services.jobs.highlights import highlights
from services.jobs.store_search import CANDIDATES, Shape, by_index, few_in_sight, search_statement
from services.jobs.store_shown import LOOKED, shown_statement


@dataclass(frozen=True, slots=True)
class Asked:
    """A search of a person. `vector` is what `model` made of the query.

    It is None where the model is away, and empty where nothing is asked for by meaning.
    """

    owner: Owner
    wanted: Wanted
    language: str
    model: str
    vector: Vector | None


async def search(database: Database, asked: Asked) -> Found:
    """The messages that this person may see now and that fit best."""
    if not asked.vector:
        rows = await database.rows(search_statement(shape(asked, exact=None)), **parameters(asked))
        return _found(rows, Mode.TEXT, ModeReason.AWAY) if asked.vector is None else _complete(rows)
    async with database.begin() as queries:
        exact = await few(queries, asked)
        rows = await hybrid(queries, asked, exact=exact)
    if not exact and rows[0]["embedded"] and rows[0]["near"] < _candidates(asked):
        # The walk was given up before it had enough. So few of all messages pass the filters that these are compared.
        rows = await database.rows(search_statement(shape(asked, exact=True)), **parameters(asked))
    return _complete(rows)


async def shown(database: Database, asked: Asked, kept: Kept) -> Found:
    """What was found before, as far as this person may see it now, and as it is now."""
    words = [each.message_id for each in kept.ranked if each.matched_by is not MatchedBy.VECTOR]
    values = {"ids": [each.message_id for each in kept.ranked], "by_words": words}
    rows = {row["id"]: row for row in await database.rows(shown_statement(), **parameters(asked), **values)}
    hits = [_hit(each, rows[each.message_id]) for each in kept.ranked if each.message_id in rows]
    return Found(hits, kept.mode, kept.reason, kept.unembedded)


async def hybrid(queries: Queries, asked: Asked, *, exact: bool) -> list[Row]:
    """The rows of a search by words and by meaning, in a transaction."""
    if not exact:
        await queries.rows(by_index())
    return await queries.rows(search_statement(shape(asked, exact=exact)), **parameters(asked))


async def few(queries: Queries, asked: Asked) -> bool:
    """Whether so few messages are searched that every vector can be compared."""
    # Not asking what is excluded: to look into the words of each would cost more than it tells.
    simple = replace(shape(asked, exact=None), excluded=False)
    return bool(await queries.value(few_in_sight(simple), **parameters(asked)))


def shape(asked: Asked, *, exact: bool | None) -> Shape:
    """The shape of the statement for a search."""
    w = asked.wanted
    return Shape(
        conversation=w.conversation_id is not None,
        author=w.author_id is not None,
        role=w.role is not None,
        from_time=w.from_time is not None,
        to_time=w.to_time is not None,
        excluded=bool(w.excluded),
        exact=exact,
        candidates=_candidates(asked),
    )


def parameters(asked: Asked) -> dict[str, Any]:
    """The values of a search."""
    w = asked.wanted
    return {
        "workspace": asked.owner.workspace,
        "person": asked.owner.user,
        "language": asked.language,
        "query": w.query,
        "model": asked.model,
        "near": list(asked.vector or ()),
        "top": w.limit,
        "looked": LOOKED // w.limit,
        "conversation": w.conversation_id,
        "author": w.author_id,
        "role": w.role,
        "from_time": w.from_time,
        "to_time": w.to_time,
        "excluded": w.excluded,
    }


def _candidates(asked: Asked) -> int:
    # Not any number in between: each is a statement of its own.
    return CANDIDATES if asked.wanted.limit <= CANDIDATES else MAX_LIMIT


def _complete(rows: list[Row]) -> Found:
    if rows[0]["unembedded"] and not rows[0]["embedded"]:
        return _found(rows, Mode.TEXT, ModeReason.MISSING)
    return _found(rows, Mode.HYBRID, ModeReason.NONE)


def _found(rows: list[Row], mode: Mode, reason: ModeReason) -> Found:
    found = [row for row in rows if row["id"] is not None]
    hits = [_hit(Ranked(row["id"], row["score"], MatchedBy(row["matched_by"])), row) for row in found]
    return Found(hits, mode, reason, rows[0]["unembedded"])


def _hit(ranked: Ranked, row: Row) -> Hit:
    return Hit(
        conversation_id=row["conversation_id"],
        message_id=ranked.message_id,
        content=row["content"],
        content_start=row["begins"],
        truncated=row["truncated"],
        score=ranked.score,
        author_id=row["author_id"],
        sent_time=row["sent_at"],
        highlights=highlights(row["marked"] or ""),
        matched_by=ranked.matched_by,
    )

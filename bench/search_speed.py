"""How fast search is, and how near to the exact answer, for people who see 1 % to all of 100,000 messages."""

import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import uvloop
from sqlalchemy import ARRAY, REAL, Text, bindparam, text

from bench import search_stage
from bench.search_stage import WORKSPACE, Search
from bench.stack import Stack
from chassis.database import Database, Statement
from services.jobs import search
from services.jobs.domain import Owner
from services.jobs.domain_search import DIMENSIONS, Vector, Wanted
from services.jobs.search import Asked
from services.jobs.store_search import Shape

MESSAGES, CONVERSATIONS, CLUSTERS, VOCABULARY = 100_000, 1_000, 300, 20_000
SHARES = (1, 3, 10, 30, 100)
QUERIES, TOP, AT_ONCE = 60, 50, 2_000
MODEL = "invented"
RECALL, RATIO = 0.95, 2.0
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
INSERT = """
    insert into jobs.messages
        (workspace, id, conversation_id, author_id, text, sent_at, role, deleted, changed_at, vector, model)
    select :workspace, 'm' || n, 'c' || n % :conversations, 'u' || n % 500, (cast(:texts as text[]))[place],
        cast(:first as timestamptz) + n * interval '1 minute', 1, false, now(),
        (cast(:numbers as real[]))[(place - 1) * 384 + 1 : place * 384]::halfvec, :model
    from (select place, :start + place as n from generate_series(1, array_length(cast(:texts as text[]), 1)) place) x
"""
BEFORE = ("drop index jobs.messages_vectors", "alter table jobs.messages disable trigger text_written")
AFTER = (
    "alter table jobs.messages enable trigger text_written",
    "create index messages_vectors on jobs.messages using hnsw (vector halfvec_ip_ops)",
    "vacuum analyze jobs.messages",
)


class Space:
    """Vectors in clusters, as those of real texts are, and texts of words as frequent as real ones."""

    def __init__(self) -> None:
        """The same every time."""
        self._chance = np.random.default_rng(7)
        self._centres = self._chance.normal(size=(CLUSTERS, DIMENSIONS))
        # As in real texts once their stop words are gone (Mandelbrot): the most frequent in 6 of 100 messages.
        share = 1 / (np.arange(VOCABULARY) + 50)
        self._words = share / share.sum()

    def vectors(self, count: int) -> Any:
        """Near a centre each, of length one."""
        found = self._centres[self._chance.integers(CLUSTERS, size=count)]
        found = found + self._chance.normal(size=(count, DIMENSIONS)) * 0.7
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    def texts(self, count: int, words: int) -> list[str]:
        """Some words each."""
        numbers = self._chance.choice(VOCABULARY, size=(count, words), p=self._words)
        return [" ".join(f"word{number}" for number in row) for row in numbers.tolist()]


def main() -> int:
    """Run and print; 1 if a goal was missed."""
    with Stack() as stack:
        return uvloop.run(measure(stack.environ["CAIRN_DATABASE_URL"]))


async def measure(url: str) -> int:
    """Fill, then search for each share."""
    space, met = Space(), True
    async with search_stage.database(url) as database:
        await fill(database, space)
        queries = list(zip(space.texts(QUERIES, 2), space.vectors(QUERIES).tolist(), strict=True))
        print("sees    recall  text ms  vector ms  hybrid ms  hybrid / slower half")
        for share in SHARES:
            met &= await compare(database, f"sees-{share}", queries)
    return 0 if met else 1


async def compare(database: Database, person: str, queries: Sequence[tuple[str, Vector]]) -> bool:
    """Print the line of one person; whether it meets the goals."""
    first = Asked(Owner(WORKSPACE, person), Wanted("x"), "english", MODEL, queries[0][1])
    exact = await search.few(database, first)
    truth = Search(database, person, Shape(words=False, candidates=TOP), MODEL)
    ours = Search(database, person, Shape(words=False, exact=exact, candidates=TOP), MODEL)
    recall = statistics.mean([await overlap(truth, ours, query, vector) for query, vector in queries])
    shapes = (Shape(exact=None), Shape(words=False, exact=exact))
    halves = [Search(database, person, shape, MODEL) for shape in shapes]
    seconds: list[list[float]] = [[], [], []]
    for _ in range(3):
        for query, vector in queries:
            for place, half in enumerate(halves):
                started = time.perf_counter()
                await half.rows(query, vector, 10)
                seconds[place].append(time.perf_counter() - started)
            started = time.perf_counter()
            await search.search(database, Asked(first.owner, Wanted(query), "english", MODEL, vector))
            seconds[2].append(time.perf_counter() - started)
    words, meaning, both = (statistics.median(each) * 1000 for each in seconds)
    ratio = both / max(words, meaning)
    how = "exact" if exact else "index"
    print(f"{person[5:]:>4} %  {recall:.3f}  {words:7.1f}  {meaning:9.1f}  {both:9.1f}  {ratio:.2f}  {how}", flush=True)
    return recall >= RECALL and ratio <= RATIO


async def overlap(truth: Search, ours: Search, query: str, vector: Vector) -> float:
    """Which part of the exact answer is found."""
    right, found = [{row["id"] for row in await way.rows(query, vector, TOP)} for way in (truth, ours)]
    return len(right & found) / len(right)


async def fill(database: Database, space: Space) -> None:
    """Messages, with the index made afterwards, and people."""
    for sql in BEFORE:
        await database.rows(Statement(text(sql)))
    types = (bindparam("texts", type_=ARRAY(Text)), bindparam("numbers", type_=ARRAY(REAL)))
    insert = Statement(text(INSERT).bindparams(*types))
    for start in range(0, MESSAGES, AT_ONCE):
        values = {"texts": space.texts(AT_ONCE, 20), "numbers": space.vectors(AT_ONCE).ravel().tolist()}
        fixed = {"workspace": WORKSPACE, "conversations": CONVERSATIONS, "model": MODEL}
        await database.rows(insert, first=FIRST - timedelta(days=90), start=start, **fixed, **values)
    for share in SHARES:
        joined = "insert into jobs.memberships select :workspace, 'c' || n, :who, false, now() "
        some = "from generate_series(0, :conversations - 1) n where n % 100 < :share"
        values = {"who": f"sees-{share}", "share": share, "conversations": CONVERSATIONS}
        await database.rows(Statement(text(joined + some)), workspace=WORKSPACE, **values)
    for sql in AFTER:
        await database.rows(Statement(text(sql)))


if __name__ == "__main__":
    sys.exit(main())

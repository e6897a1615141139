"""How well search finds: names of conversations as queries, the messages of each as what should be found.

`python -m bench.search_quality FILE.ndjson.gz`; a file as `cairn feed import` takes it.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvloop

from bench import search_stage
from bench.search_stage import NOTHING, Search
from bench.stack import Stack
from cairn.feed.v1 import feed_pb2 as feed
from chassis.database import Database
from services.jobs.embedder import Embedder, SearchSettings, embedder
from services.jobs.embedding import Embedding
from services.jobs.store_search import Shape

TOP = 10
JUDGE = "judge"
WAYS = {"text": Shape(exact=None), "vector": Shape(words=False), "hybrid": Shape()}


def main() -> int:
    """Run and print; 1 unless both halves together are better than each alone."""
    with Stack() as stack:
        return uvloop.run(measure(stack.environ["CAIRN_DATABASE_URL"], Path(sys.argv[1])))


async def measure(url: str, path: Path) -> int:
    """Load, read, ask."""
    told = list(search_stage.changes(path))
    places = [change.conversation.id for change in told if change.HasField("conversation")]
    told += [feed.Change(membership=feed.Membership(conversation_id=where, user_id=JUDGE)) for where in places]
    model = embedder(SearchSettings())
    async with search_stage.database(url) as database:
        await search_stage.tell(database, told)
        await read(database, model)
        found = await ask(database, model, told)
    await model.aclose()
    print(f"{'':8} MRR@{TOP}  recall@{TOP}")
    for way, (rank, share) in found.items():
        print(f"{way:8} {rank:.3f}   {share:.3f}")
    alone = (found["text"], found["vector"])
    return 0 if all(found["hybrid"][at] > max(each[at] for each in alone) for at in (0, 1)) else 1


async def read(database: Database, model: Embedder) -> None:
    """Let the model read all messages."""
    reading, started, count = Embedding(database, model, "english"), time.monotonic(), 0
    while some := await reading.step():
        count += some
    seconds = time.monotonic() - started
    print(f"{count} messages read in {seconds:.1f} s, {count / seconds:.0f} a second")


async def ask(database: Database, model: Embedder, told: Sequence[feed.Change]) -> dict[str, tuple[float, float]]:
    """Mean reciprocal rank, and the share of what should be found among the first, of each way."""
    right: dict[str, set[str]] = defaultdict(set)
    for change in told:
        if change.message.text:
            right[change.message.conversation_id].add(change.message.id)
    questions = queries(told)
    vectors = dict(zip(questions, await model.embed(list(questions)), strict=True))
    answers = {}
    for way, shape in WAYS.items():
        search = Search(database, JUDGE, shape, model.model)
        scores = []
        for query, where in questions.items():
            rows = await search.rows(query, vectors[query] if shape.exact is not None else NOTHING, TOP)
            wanted = set().union(*(right[each] for each in where))
            scores.append(score([row["id"] for row in rows], wanted))
        answers[way] = (statistics.mean(each[0] for each in scores), statistics.mean(each[1] for each in scores))
    return answers


def queries(told: Sequence[feed.Change]) -> Mapping[str, list[str]]:
    """Names of at least two words, and the conversations of each that have messages."""
    filled = {change.message.conversation_id for change in told if change.message.text}
    names: dict[str, list[str]] = defaultdict(list)
    for change in told:
        where = change.conversation
        if len(where.name.split()) > 1 and where.id in filled:
            names[where.name].append(where.id)
    return names


def score(found: Sequence[str], wanted: set[str]) -> tuple[float, float]:
    """One by the place of the first right answer, and how many of those that fit are right."""
    places = [place for place, each in enumerate(found, 1) if each in wanted]
    return (1 / places[0] if places else 0.0), len(places) / min(TOP, len(wanted))


if __name__ == "__main__":
    sys.exit(main())

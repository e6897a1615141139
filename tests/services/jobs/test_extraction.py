"""Memory extraction on real PostgreSQL: every message is read once, and every fact is kept once."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.jobs import store_extraction
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_memories import Extractor, Fact, Level, Window
from services.jobs.domain_search import DIMENSIONS, Vector
from services.jobs.extract_rules import facts
from tests.services.jobs.library import Model, conversation, membership, message, opened
from tests.services.jobs.remembering import FILLER, Remembering, Words

WORK, LIVE, LIKE = "I work at Acme.", "I live in Oslo.", "I like long walks by the sea."


@pytest.fixture
async def ann(database_url: str) -> AsyncIterator[Remembering]:
    """Ann, of whom nothing is known."""
    async with opened(database_url) as library:
        library.model = Words()
        yield Remembering(library)


class Exact(Model):
    """Vectors as they are told: by the last word of a text."""

    def __init__(self, **vectors: tuple[int, ...]) -> None:
        super().__init__()
        self.vectors = vectors

    def _vector(self, text: str) -> Vector:
        numbers = self.vectors[text.rstrip(".").split()[-1]]
        return [float(number) for number in (*numbers, *(0,) * (DIMENSIONS - len(numbers)))]


async def contents(ann: Remembering, person: str = "ann") -> list[str]:
    """What is remembered, oldest first."""
    return [memory.content for memory in reversed(await ann.list(person))]


async def marks(ann: Remembering) -> list[Any]:
    """Which messages are read, for whom."""
    rows = await ann.library.rows("select user_id, message_id from jobs.memory_marks where workspace = :workspace")
    return sorted(tuple(row) for row in rows)


async def test_facts_come_from_what_the_person_wrote(ann: Remembering) -> None:
    await ann.said(WORK, "I live in Oslo.", "Do I like it there?")
    await ann.said("I live in Rome.", author="bob")
    result = await ann.extract()
    assert (result.extracted_count, result.duplicate_count, result.read_count) == (2, 0, 6)
    [second, first] = await ann.list()
    assert (first.content, second.content) == ("User works at Acme.", "User lives in Oslo.")
    assert list(result.memory_ids) == [str(first.id), str(second.id)]
    assert (first.conversation_id, first.message_id, first.extractor, first.expire_time) == (
        "general",
        "m0",
        "rules",
        None,
    )
    assert (result.extractor, first.create_time, ann.told) == ("rules", ann.now, [(6, 6)])
    assert await contents(ann, "bob") == []


async def test_a_message_is_read_once_also_where_it_comes_late(ann: Remembering) -> None:
    await ann.said(*[f"Number {number}: {FILLER}" for number in range(45)], WORK)
    assert (await ann.extract()).read_count == 47
    [one] = await ann.list()
    await ann.memories.delete(ann.caller(), one.id)
    await ann.library.feed(message("late", f"{LIVE} {FILLER}", minutes=-5, author_id="ann"))
    again = await ann.extract()
    assert (again.read_count, await contents(ann)) == (1, ["User lives in Oslo."])
    assert (await ann.extract()).read_count == 0


async def test_what_arrives_while_it_reads_is_read_too(ann: Remembering) -> None:
    """Also what was sent before that which it reads."""
    await ann.said(WORK)

    async def draw(_owner: Owner, window: Window, _known: Sequence[str]) -> list[Fact]:
        if not await ann.library.rows("select 1 from jobs.messages where workspace = :workspace and id = 'late'"):
            await ann.library.feed(message("late", f"{LIVE} {FILLER}", minutes=-5, author_id="ann"))
        return facts(window)

    assert (await ann.extract(extractor=Extractor("slow", draw))).read_count == 3
    assert await contents(ann) == ["User works at Acme.", "User lives in Oslo."]


@pytest.mark.parametrize(
    ("texts", "worth"),
    [((f"I live in Oslo. {'x' * 383}",), False), ((f"I live in Oslo. {'x' * 384}",), True), ((WORK, "x" * 385), True)],
    ids=["below", "enough", "together"],
)
async def test_what_is_too_short_counts_as_read(ann: Remembering, texts: tuple[str, ...], worth: bool) -> None:
    told = [message(f"m{number}", text, minutes=number, author_id="ann") for number, text in enumerate(texts)]
    await ann.library.feed(membership("general", "ann"), *told)
    result = await ann.extract()
    assert (result.extracted_count, result.read_count) == (int(worth), len(texts))


@pytest.mark.parametrize(
    ("level", "kept"),
    [(Level.NONE, 0), (Level.PASSIVE, 1), (Level.MINIMAL, 2), (Level.MODERATE, 3), (Level.ACTIVE, 4)],
)
async def test_a_level_says_what_is_kept(ann: Remembering, level: Level, kept: int) -> None:
    await ann.said("Remember that I work at Acme.", LIVE, LIKE, "I am travelling this week.")
    result = await ann.extract(level=level)
    assert (result.extracted_count, result.read_count) == (kept, 5 if kept else 0)


async def test_a_cosine_of_exactly_the_boundary_is_no_duplicate(ann: Remembering) -> None:
    """17 / 20 is 0.85 and 43 / 50 is 0.86, and all of these numbers are exact."""
    ann.library.model = Exact(Oslo=(1,), Rome=(17, 10, 3, 1, 1), Bern=(43, -25, -5, -1), Rimini=(17, 10, 3, 1, 1))
    assert math.isclose(math.hypot(17, 10, 3, 1, 1), 20)
    await ann.said("I live in Oslo.", "I live in Rome.", "I live in Bern.")
    result = await ann.extract()
    assert (result.extracted_count, result.duplicate_count) == (2, 1)
    assert await contents(ann) == ["User lives in Oslo.", "User lives in Rome."]
    await ann.said("I live in Rimini.")
    assert (await ann.extract()).duplicate_count == 1


async def test_without_a_model_the_words_are_compared_and_later_the_meaning(ann: Remembering) -> None:
    ann.library.model.away = True
    await ann.said("I like pizza.", "I LIKE pizza!", "I like noon.")
    assert (await ann.extract()).extracted_count == 2
    ann.library.model.away = False
    await ann.said("I like lunch.", "I prefer kittens.")
    result = await ann.extract()
    assert (result.extracted_count, result.duplicate_count) == (1, 1)
    ann.library.model = Words("another")
    await ann.said("I like meal.")
    assert (await ann.extract()).duplicate_count == 1


async def test_vectors_of_another_model_are_not_compared(ann: Remembering) -> None:
    await ann.said("I like pizza.")
    await ann.extract()
    await ann.said("I like noon.")

    async def draw(_owner: Owner, window: Window, _known: Sequence[str]) -> list[Fact]:
        await ann.library.rows("update jobs.memories set model = 'another' where workspace = :workspace")
        return facts(window)

    assert (await ann.extract(extractor=Extractor("slow", draw))).extracted_count == 1


async def test_what_has_expired_is_known_no_more(ann: Remembering) -> None:
    await ann.said("The deadline for the grant is May 20.", "The deadline for the talk is 2026-04-20.")
    assert (await ann.extract()).extracted_count == 1
    [memory] = await ann.list()
    assert memory.expire_time is not None
    assert f"{memory.expire_time:%F}" == "2026-05-27"
    ann.now = memory.expire_time - timedelta(seconds=1)
    assert await ann.list()
    ann.now += timedelta(seconds=1)
    assert await ann.list() == []


async def test_two_extractions_at_once_keep_each_fact_once(ann: Remembering) -> None:
    for where in ("one", "two"):
        await ann.said(WORK, LIVE, LIKE, where=where)
    jobs = [await ann.claimed(where) for where in ("one", "one", "two")]
    results = await asyncio.gather(*(ann.run(job) for job in jobs))
    assert sorted(await contents(ann)) == sorted(
        ["User works at Acme.", "User lives in Oslo.", "User likes long walks by the sea."]
    )
    assert sum(result.extracted_count for result in results) == 3
    assert sum(result.read_count for result in results) == len(await marks(ann)) == 8


async def test_a_window_that_another_has_kept_is_kept_once(ann: Remembering, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a worker is taken for dead between reading and keeping: its job goes on elsewhere, and it, too."""
    await ann.said(WORK)
    job, other = await ann.claimed(), await ann.claimed()
    done: list[bool] = []
    keep = store_extraction.keep

    async def late(*args: Any) -> bool:
        if not done:
            done.append(True)
            await ann.run(other)
        return await keep(*args)

    monkeypatch.setattr(store_extraction, "keep", late)
    result = await ann.run(job)
    assert (result.extracted_count, result.read_count, await contents(ann)) == (0, 0, ["User works at Acme."])


async def test_who_lost_the_job_keeps_nothing(ann: Remembering) -> None:
    await ann.said(WORK)
    job = await ann.claimed()
    await ann.library.rows("update jobs.jobs set lease_token = gen_random_uuid() where id = :id", id=job.id)
    with pytest.raises(JobFailed, match="WORKER_LOST"):
        await ann.run(job)
    assert (await contents(ann), await marks(ann)) == ([], [])


async def test_a_crash_before_the_commit_leaves_nothing(ann: Remembering, monkeypatch: pytest.MonkeyPatch) -> None:
    await ann.said(WORK)
    job, mark = await ann.claimed(), store_extraction._mark

    def crash() -> Any:
        raise RuntimeError("the worker dies here")

    monkeypatch.setattr(store_extraction, "_mark", crash)
    with pytest.raises(RuntimeError):
        await ann.run(job)
    assert (await contents(ann), await marks(ann)) == ([], [])
    monkeypatch.setattr(store_extraction, "_mark", mark)
    assert (await ann.run(job)).extracted_count == 1


@pytest.mark.parametrize("why", ["stranger", "removed", "incognito"])
async def test_nothing_is_read_where_the_person_may_not(ann: Remembering, why: str) -> None:
    await ann.said(WORK)
    person = "eve" if why == "stranger" else "ann"
    if why == "removed":
        await ann.library.feed(membership("general", "ann", removed=True))
    if why == "incognito":
        private = conversation("general")
        private["conversation"]["incognito"] = True
        await ann.library.feed(private)
    with pytest.raises(JobFailed) as caught:
        await ann.extract(person=person)
    expected = "CONVERSATION_INCOGNITO" if why == "incognito" else "CONVERSATION_NOT_FOUND"
    assert (caught.value.failure.reason, caught.value.failure.retryable) == (expected, False)
    assert await marks(ann) == []


async def test_a_deleted_person_is_forgotten_also_by_what_runs(ann: Remembering) -> None:
    await ann.said(WORK)
    await ann.extract()
    await ann.said(LIVE)
    job = await ann.claimed()
    await ann.library.feed({"user_deleted": {"id": "ann"}})
    await ann.library.feed(membership("general", "ann"))
    with pytest.raises(JobFailed):
        await ann.run(job)
    assert (await contents(ann), await marks(ann)) == ([], [])

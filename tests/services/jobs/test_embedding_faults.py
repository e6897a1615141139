"""What stops no reading: a text at which the model breaks, one that is too long, a language that is not there."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

import pytest

from chassis.database import Statement
from services.jobs import store_embedding
from services.jobs.domain_search import EmbedderAway, EmbedderRefused, Vector
from services.jobs.embedding import BEGINNING, PUT_OFF_SECONDS, Embedding
from services.jobs.store_embedding import Turn
from tests.services.jobs.crew import until
from tests.services.jobs.library import Library, Model, conversation, membership, message, opened
from tests.services.jobs.stage import Stage
from tests.services.jobs.test_tables import explained

FILL = """
    insert into jobs.messages (workspace, id, conversation_id, author_id, text, sent_at, role, deleted, changed_at)
    select 'w', 'm' || n, 'c' || n % 50, 'u', 'w', now(), 0, false, now() from generate_series(1, 3000) n
"""
READ = "update jobs.messages set model = 'words', embed_at = null where workspace = 'w' and id <> 'm7'"
HOT: dict[str, Callable[[], Statement]] = {
    **{f"claim {turn.name}": lambda turn=turn: store_embedding._claim(turn, 8) for turn in (Turn.NEW, Turn.BEGUN)},  # type: ignore[misc]
    "turn back": lambda: store_embedding._turn(False, 8),
    "turn": lambda: store_embedding._turn(True, 8),
}


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Ann in a channel; nothing waits to be read."""
    async with opened(database_url) as library:
        await library.rows("truncate jobs.messages")
        await library.feed(conversation("general"), membership("general", "ann"))
        yield library


class Breaking(Model):
    """Breaks at poison as a library does that has a mistake."""

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Unless there is poison."""
        if any("poison" in text for text in texts):
            raise ValueError("as a library does")
        return await super().embed(texts)


@pytest.mark.parametrize("kind", [Model, Breaking])
async def test_a_text_at_which_the_model_breaks_stops_no_renewal(library: Library, kind: type[Model]) -> None:
    await library.feed(*(message(f"m{n}", "lunch") for n in range(5)))
    await library.read()
    library.model = kind("newer")
    library.model.breaks = "poison"
    await library.feed(message("m9", "poison"))
    embedding = library.embedding()
    for _ in range(10):
        with suppress(EmbedderAway):
            await embedding.step()
    assert await store_embedding.reading(library.database, "newer") == (5, 1, 0)
    # It costs nothing meanwhile.
    calls = library.model.calls
    assert await embedding.step() == 0
    assert library.model.calls == calls
    (row,) = await library.rows("select extract(epoch from embed_at - now())::float from jobs.messages where id = 'm9'")
    assert 0 < PUT_OFF_SECONDS - row[0] < 60


class Short(Model):
    """Refuses what is longer than the beginning of a text."""

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Those that are short enough."""
        if any(len(text) > BEGINNING for text in texts):
            self.calls += 1
            raise EmbedderRefused("too long")
        return await super().embed(texts)


async def test_of_a_text_that_is_too_long_the_beginning_is_read(library: Library) -> None:
    library.model = Short()
    await library.feed(message("m1", "pizza" + " " * BEGINNING + "!"))
    await library.read()
    assert await store_embedding.reading(library.database, "words") == (1, 0, 0)
    assert await library.ids("ann", "lunch") == ["m1"]


async def test_of_a_text_that_is_refused_the_beginning_is_tried_once(library: Library) -> None:
    library.model.refused = "poison"
    await library.feed(message("m1", "poison" * BEGINNING))
    await library.read()
    assert await store_embedding.reading(library.database, "words") == (0, 0, 1)
    # The whole, whether it takes anything, and the beginning.
    assert library.model.calls == 3


async def test_a_language_that_is_not_there_does_not_stop_reading(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    reading = asyncio.create_task(Embedding(library.database, library.model, "elvish").run())
    await until(lambda: library.model.asked == ["lunch"] or reading.done())
    reading.cancel()
    await asyncio.wait([reading])
    assert reading.cancelled()


async def test_all_messages_are_turned_without_a_pause(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.jobs.embedding.TURN_AT_ONCE", 1)
    await library.feed(*(message(f"m{n}", "") for n in range(20)))
    await library.rows("update jobs.messages set language = 'simple' where id > 'm15'")
    await library.rows("update jobs.messages set language = 'danish' where id <= 'm15'")
    reading = asyncio.create_task(library.embedding().run())
    others = "select count(*) from jobs.messages where language <> 'english'::regconfig"
    async with asyncio.timeout(5):
        while (await library.rows(others))[0][0]:  # each look is a round trip
            pass
    reading.cancel()
    await asyncio.wait([reading])


async def test_no_claim_of_new_messages_and_no_turn_reads_all_messages(stage: Stage) -> None:
    await stage.sql("truncate jobs.messages")
    await stage.sql(FILL)
    await stage.sql(READ)
    # Outside a transaction, so that it marks what an index needs no rows for.
    await stage.connection.execute("vacuum analyze jobs.messages")
    await stage.sql("set plan_cache_mode = force_generic_plan")
    plans = {name: await explained(stage, statement()) for name, statement in HOT.items()}
    await stage.sql("truncate jobs.messages")
    assert not [name for name, plan in plans.items() if re.search(r"Seq Scan on messages\b", plan)]
    assert all("Scan" in plan for plan in plans.values())

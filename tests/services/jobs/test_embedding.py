"""Reading of messages by the model: as they come, as they change, as the model changes, while it is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from services.jobs import store_embedding
from services.jobs.domain_search import EmbedderAway, Mode, ModeReason, Vector
from services.jobs.embedding import AT_ONCE, PROBE, Embedding
from tests.services.jobs.crew import until
from tests.services.jobs.library import Library, Model, conversation, membership, message, opened

OPEN = "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
VECTORS = "select id, vector is not null as read, model, embed_at is not null as waits from jobs.messages"


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Ann and Bob in a channel; nothing waits to be read."""
    async with opened(database_url) as library:
        await library.rows("truncate jobs.messages")
        await library.feed(conversation("general"), *(membership("general", who) for who in ("ann", "bob")))
        yield library


async def test_a_search_says_what_the_model_has_not_read(library: Library) -> None:
    await library.feed(message("m1", "lunch"), message("m2", ""))
    found = await library.search("ann", "lunch")
    assert (found.mode, found.reason, found.unembedded) == (Mode.TEXT, ModeReason.MISSING, 1)
    assert [hit.message_id for hit in found.hits] == ["m1"]
    await library.read()
    await library.feed(message("m3", "pizza"))
    found = await library.search("ann", "lunch")
    assert (found.mode, found.reason, found.unembedded) == (Mode.HYBRID, ModeReason.NONE, 1)
    library.model.away = True
    found = await library.search("ann", "lunch")
    assert (found.mode, found.reason) == (Mode.TEXT, ModeReason.AWAY)


async def test_an_empty_workspace_is_searched_both_ways(library: Library) -> None:
    found = await library.search("ann", "lunch")
    assert (found.mode, found.hits, found.unembedded) == (Mode.HYBRID, [], 0)


async def test_an_edit_is_read_again_and_a_deletion_forgets_at_once(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    await library.read()
    await library.feed(message("m1", "kitten"))
    assert await library.ids("ann", "pizza") == []
    await library.read()
    assert await library.ids("ann", "cat") == ["m1"]
    await library.feed(message("m1", "kitten"))
    assert [dict(row) for row in await library.rows(VECTORS)] == [
        {"id": "m1", "read": True, "model": "words", "waits": False}
    ]
    await library.feed({"message_deleted": {"id": "m1"}})
    (row,) = await library.rows("select text, words::text, vector, embed_at from jobs.messages")
    assert tuple(row) == ("", "", None, None)


async def test_a_message_that_changes_while_it_is_read_is_read_again(library: Library) -> None:
    await library.feed(message("m1", "lunch"), message("m2", "lunch"))
    some = await store_embedding.claim(library.database, "words", 10, 60.0)
    vectors = await library.model.embed([each.text for each in some])
    await library.feed(message("m1", "kitten"), {"message_deleted": {"id": "m2"}})
    assert await store_embedding.write(library.database, "words", some, vectors) == 0
    await library.read()
    assert await library.ids("ann", "cat") == ["m1"]


async def test_two_readers_never_read_the_same(library: Library) -> None:
    await library.feed(*(message(f"m{n}", "lunch") for n in range(AT_ONCE * 3)))
    await asyncio.gather(*(library.embedding().step() for _ in range(3)))
    assert len(library.model.asked) == AT_ONCE * 3
    assert await store_embedding.reading(library.database, "words") == (AT_ONCE * 3, 0, 0)


async def test_while_the_model_works_nothing_is_locked_and_nobody_else_reads(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    library.model.hangs = True
    reading = asyncio.create_task(library.embedding().step())
    await until(lambda: library.model.calls == 1)
    assert await library.rows(OPEN) == []
    others = Embedding(library.database, Model(), "english")
    assert await others.step() == 0
    assert await store_embedding.reading(library.database, "words") == (0, 1, 0)
    reading.cancel()
    await asyncio.wait([reading])
    assert await others.step() == 1


async def test_what_a_dead_reader_leaves_is_read_by_another(library: Library) -> None:
    await library.feed(message("m1", "pizza"))
    some = await store_embedding.claim(library.database, "words", 10, 0.0)
    await library.read()
    assert await store_embedding.write(library.database, "words", some, [None]) == 0
    assert await library.ids("ann", "lunch") == ["m1"]


async def test_what_is_new_comes_before_what_is_only_renewed(library: Library) -> None:
    await library.feed(message("m1", "pizza"))
    await library.read()
    library.model = Model("newer")
    await library.feed(message("m2", "kitten"))
    assert await library.embedding().step() == 1
    # A renewal that was begun and given up is due for longer.
    assert [each.id for each in await store_embedding.claim(library.database, "newer", 10, 0.0)] == ["m1"]
    await library.feed(message("m3", "invoice"))
    await library.read()
    assert library.model.asked == ["kitten", "invoice", "pizza"]


async def test_another_model_reads_everything_again_while_search_goes_on(library: Library) -> None:
    await library.feed(message("m1", "pizza"), message("m2", "kitten"))
    await library.read()
    library.model = Model("newer")
    found = await library.search("ann", "lunch pizza")
    assert (found.mode, found.reason, found.unembedded) == (Mode.TEXT, ModeReason.MISSING, 2)
    assert await store_embedding.reading(library.database, "newer") == (0, 2, 0)
    await library.read()
    assert await library.ids("ann", "meal") == ["m1", "m2"]
    assert {row["model"] for row in await library.rows(VECTORS)} == {"newer"}


async def test_one_message_that_the_model_refuses_stops_no_other(library: Library) -> None:
    library.model.refused = "poison"
    texts = ["lunch"] * (AT_ONCE - 1)
    await library.feed(*(message(f"m{n}", text) for n, text in enumerate([*texts, "poison"])))
    await library.read()
    assert [row["id"] for row in await library.rows(VECTORS) if not row["read"]] == [f"m{AT_ONCE - 1}"]
    assert await store_embedding.reading(library.database, "words") == (AT_ONCE - 1, 0, 1)
    # All, six times two halves, and after each of seven refusals the question whether it takes anything.
    assert library.model.calls == 1 + 6 * 2 + 7


async def test_what_was_refused_is_tried_again_when_it_or_the_model_changes(library: Library) -> None:
    await library.feed(message("m1", "pizza"), message("m2", "kitten"))
    library.model.refused = "pizza"
    await library.read()
    await library.feed(message("m1", "pizzas"))
    assert await store_embedding.reading(library.database, "words") == (1, 1, 0)
    await library.read()
    assert await store_embedding.reading(library.database, "words") == (1, 0, 1)
    library.model = Model("newer")
    library.model.refused = "kitten"
    await library.read()
    read = {row["id"]: (row["read"], row["model"]) for row in await library.rows(VECTORS)}
    assert read == {"m1": (True, "newer"), "m2": (False, "newer")}


async def test_a_model_that_refuses_everything_is_away(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    library.model.refused = ""
    with capture_logs() as logs:
        reading = asyncio.create_task(library.embedding().run())
        await until(lambda: library.model.calls > 4)
    assert await store_embedding.reading(library.database, "words") == (0, 1, 0)
    said = [line["error"] for line in logs if line["event"] == "messages are not read"]
    assert said == ["it refuses everything: told so"]
    library.model.refused = None
    await _until_read(library)
    reading.cancel()
    assert await library.ids("ann", "pizza") == ["m1"]


class Leaving(Model):
    """Refuses poison, and is away once it has read some."""

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """As long as it is there."""
        self.away = any(text != PROBE for text in self.asked)
        return await super().embed(texts)


async def test_a_half_that_was_read_is_kept(library: Library) -> None:
    library.model = Leaving()
    library.model.refused = "poison"
    await library.feed(*(message(f"m{n}", "lunch") for n in range(7)), message("m7", "poison"))
    with pytest.raises(EmbedderAway):
        await library.embedding().step()
    read = len([text for text in library.model.asked if text != PROBE])
    # Messages come in any order: where poison is first, it is alone before anything is read.
    kept, waiting, refused = await store_embedding.reading(library.database, "words")
    assert (kept, waiting + refused) == (read, 8 - read)
    assert refused <= 1 <= read
    library.model = Model()
    assert await library.embedding().step() == waiting


async def test_a_message_at_which_the_model_breaks_does_not_stop_the_others(library: Library) -> None:
    library.model.breaks = "poison"
    embedding = library.embedding()
    for some in ([message("m0", "poison")], [message(f"m{n}", "lunch") for n in range(1, 8)]):
        await library.feed(*some)
        for _ in range(15):
            with suppress(EmbedderAway):
                await embedding.step()
    assert await store_embedding.reading(library.database, "words") == (7, 1, 0)


async def test_what_could_not_be_read_waits_until_the_model_is_back(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    library.model.away = True
    with pytest.raises(EmbedderAway):
        await library.embedding().step()
    assert await store_embedding.reading(library.database, "words") == (0, 1, 0)
    library.model.away = False
    assert await library.embedding().step() == 1


async def _until_read(library: Library) -> None:
    async with asyncio.timeout(10):
        while (await store_embedding.reading(library.database, "words")).waiting:  # each look is a round trip
            pass


async def test_the_language_of_all_messages_can_be_changed(library: Library) -> None:
    await library.feed(*(message(f"m{n}", "Häuser houses") for n in range(5)))
    await store_embedding.use(library.database, "german")
    while await store_embedding.turn(library.database, "german", 2):
        pass
    await library.feed(message("m9", "Häuser"))
    words = await library.rows("select distinct words::text from jobs.messages where id <> 'm9'")
    assert len(words) == 1
    assert "'haus'" in words[0][0]
    assert {row[0] for row in await library.rows("select language::text from jobs.messages")} == {"german"}
    await store_embedding.use(library.database, "english")

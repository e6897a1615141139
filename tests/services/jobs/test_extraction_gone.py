"""Memories of what is deleted, hidden or left, before or after they are kept."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_memories import Extractor, Fact, Window
from services.jobs.extract_rules import facts
from tests.services.jobs.library import conversation, membership, opened
from tests.services.jobs.remembering import Remembering, Words

WORK, LIVE = "I work at Acme.", "I live in Oslo."


@pytest.fixture
async def ann(database_url: str) -> AsyncIterator[Remembering]:
    """Ann, of whom nothing is known."""
    async with opened(database_url) as library:
        library.model = Words()
        yield Remembering(library)


async def contents(ann: Remembering) -> list[str]:
    """What is remembered, oldest first."""
    return [memory.content for memory in reversed(await ann.list())]


@pytest.mark.parametrize("gone", ["message", "conversation", "incognito", "membership"])
async def test_what_goes_while_the_model_thinks_leaves_nothing(ann: Remembering, gone: str) -> None:
    await ann.said(WORK)
    await ann.library.feed(conversation("general"))
    changes: dict[str, dict[str, Any]] = {
        "message": {"message_deleted": {"id": "m0"}},
        "conversation": {"conversation_deleted": {"id": "general"}},
        "incognito": {"conversation": {**conversation("general")["conversation"], "incognito": True}},
        "membership": membership("general", "ann", removed=True),
    }

    async def draw(_owner: Owner, window: Window, _known: Sequence[str]) -> list[Fact]:
        await ann.library.feed(changes[gone])
        return facts(window)

    if gone == "message":
        assert (await ann.extract(extractor=Extractor("slow", draw))).extracted_count == 0
    else:
        with pytest.raises(JobFailed):
            await ann.extract(extractor=Extractor("slow", draw))
    assert await contents(ann) == []


@pytest.mark.parametrize("gone", [{"message_deleted": {"id": "m0"}}, {"conversation_deleted": {"id": "general"}}])
async def test_what_was_said_takes_along_what_was_drawn_from_it(ann: Remembering, gone: dict[str, Any]) -> None:
    await ann.said(WORK, LIVE)
    await ann.library.feed(conversation("general"))
    await ann.extract()
    await ann.library.feed(gone)
    assert await contents(ann) == (["User lives in Oslo."] if "message_deleted" in gone else [])

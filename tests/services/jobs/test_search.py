"""Search: what is found, by whom, with which filters, and how it is shown."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from cairn.feed.v1 import feed_pb2
from services.jobs.domain_search import MAX_LIMIT, MatchedBy, Mode, ModeReason, SearchInvalid, Wanted
from services.jobs.store_search import CANDIDATES
from tests.services.jobs.library import SENT, Library, conversation, membership, message, opened


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Ann and Bob in a channel, Bob and Eve in another."""
    async with opened(database_url) as library:
        places = [conversation("general"), conversation("secret")]
        members = [membership("general", who) for who in ("ann", "bob")]
        await library.feed(*places, *members, *(membership("secret", who) for who in ("bob", "eve")))
        yield library


async def test_words_find_words_and_meanings_find_meanings(library: Library) -> None:
    await library.feed(message("m1", "Who has time for lunch?"), message("m2", "A pizza at the corner"))
    await library.feed(message("m3", "The kitten sleeps"), message("m4", "My invoice for lunch"))
    await library.read()
    found = await library.search("ann", "lunch")
    by = {hit.message_id: hit.matched_by for hit in found.hits}
    assert (by["m1"], by["m2"]) == (MatchedBy.BOTH, MatchedBy.VECTOR)
    assert [hit.message_id for hit in found.hits][:2] in (["m1", "m4"], ["m4", "m1"])
    assert (found.mode, found.reason, found.unembedded) == (Mode.HYBRID, ModeReason.NONE, 0)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


async def test_a_hit_is_whole(library: Library) -> None:
    await library.feed(message("m1", "Lunch on the <b>roof</b>, 🍕 and lunches", minutes=3))
    await library.read()
    (hit,) = (await library.search("ann", "lunch")).hits
    about = (hit.conversation_id, hit.message_id, hit.author_id, hit.sent_time)
    assert about == ("general", "m1", "bob", SENT + timedelta(minutes=3))
    assert hit.content == "Lunch on the <b>roof</b>, 🍕 and lunches"
    assert [hit.content[each.start : each.end] for each in hit.highlights] == ["Lunch", "lunches"]


async def test_nobody_finds_what_they_cannot_see(library: Library) -> None:
    await library.feed(message("m1", "lunch"), message("m2", "lunch", "secret"))
    await library.read()
    assert await library.ids("ann", "lunch") == ["m1"]
    assert sorted(await library.ids("bob", "lunch")) == ["m1", "m2"]
    assert await library.ids("nobody", "lunch") == []
    assert await library.ids("ann", "lunch", conversation_id="secret") == []
    other = Library(library.database, library.model)
    assert await other.ids("ann", "lunch") == []


async def test_membership_is_asked_for_at_the_moment_of_the_search(library: Library) -> None:
    await library.feed(message("m1", "lunch"), message("m2", "lunch", "secret"))
    await library.read()
    await library.feed(membership("general", "ann", removed=True), membership("secret", "ann"))
    assert await library.ids("ann", "lunch") == ["m2"]


GONE: dict[str, dict[str, Any]] = {
    "message": {"message_deleted": {"id": "m1"}},
    "conversation": {"conversation_deleted": {"id": "general"}},
    "person": {"user_deleted": {"id": "ann"}},
}


@pytest.mark.parametrize("gone", GONE)
async def test_what_is_deleted_is_no_longer_found(library: Library, gone: str) -> None:
    await library.feed(message("m1", "lunch"))
    await library.read()
    await library.feed(GONE[gone])
    assert await library.ids("ann", "lunch") == []
    await library.feed(message("m1", "lunch"))
    assert await library.ids("ann", "lunch") == []


async def test_each_filter_counts_before_any_limit(library: Library) -> None:
    crowd = [message(f"x{n}", "lunch lunch", minutes=n) for n in range(CANDIDATES * 2 + 5)]
    assistant = feed_pb2.Message.ROLE_ASSISTANT
    await library.feed(*crowd, conversation("other"), membership("other", "ann"))
    await library.feed(
        message("by-ann", "some lunch", author_id="ann"),
        message("by-machine", "some lunch", role=assistant),
        message("elsewhere", "some lunch", "other"),
        message("early", "some lunch", minutes=-60),
        message("late", "some lunch", minutes=600),
    )
    await library.read()
    assert await library.ids("ann", "lunch", author_id="ann") == ["by-ann"]
    assert await library.ids("ann", "lunch", role=assistant) == ["by-machine"]
    assert await library.ids("ann", "lunch", conversation_id="other") == ["elsewhere"]
    assert await library.ids("ann", "lunch", to_time=SENT) == ["early"]
    assert await library.ids("ann", "lunch", from_time=SENT + timedelta(minutes=600)) == ["late"]


async def test_a_time_from_counts_and_a_time_to_does_not(library: Library) -> None:
    await library.feed(*(message(f"m{n}", "lunch", minutes=n) for n in range(4)))
    between = {"from_time": SENT + timedelta(minutes=1), "to_time": SENT + timedelta(minutes=3)}
    assert sorted(await library.ids("ann", "lunch", **between)) == ["m1", "m2"]


async def test_no_more_than_the_limit(library: Library) -> None:
    await library.feed(*(message(f"m{n}", "lunch", minutes=n) for n in range(30)))
    await library.read()
    assert len(await library.ids("ann", "lunch", limit=7)) == 7
    assert len(set(await library.ids("ann", "lunch", limit=100))) == 30


async def test_as_many_as_are_wanted_are_found_where_there_are_as_many(library: Library) -> None:
    await library.feed(*(message(f"m{n}", "lunch", minutes=n) for n in range(MAX_LIMIT + 10)))
    library.model.away = True
    assert len(set(await library.ids("ann", "lunch", limit=CANDIDATES + 1))) == CANDIDATES + 1
    assert len(set(await library.ids("ann", "lunch", limit=MAX_LIMIT))) == MAX_LIMIT


async def test_all_the_words_come_before_some_of_them(library: Library) -> None:
    await library.feed(
        message("one", "invoice", minutes=5), message("both", "the invoice of the printer"), message("none", "hello")
    )
    library.model.away = True
    assert await library.ids("ann", "printer invoice") == ["both", "one"]
    assert await library.ids("ann", "invoice -printer") == ["one"]
    assert await library.ids("ann", '"invoice of the printer"') == ["both"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lunch -pizza", ["m1"]),
        ("lunch -pizzas -kitten", ["m1"]),
        ('lunch -"pizza lunch"', ["m1", "m2", "m3"]),
        ('lunch -"lunch pizza"', ["m1", "m3"]),
        ("-pizza", ["m1"]),
        ("lunch or (-pizza)", ["m1"]),
        ("lunch --pizza", ["m1", "m2", "m3"]),
        ("lunch -the", ["m1", "m2", "m3"]),
        ("lunch-pizza", ["m1", "m2", "m3"]),
        ('"lunch -pizza"', ["m1", "m2", "m3"]),
    ],
)
async def test_what_is_excluded_is_found_by_neither_half(library: Library, query: str, found: list[str]) -> None:
    await library.feed(message("m1", "noon lunch"), message("m2", "lunch pizza"), message("m3", "pizza kitten lunch"))
    await library.read()
    result = await library.search("ann", query)
    assert sorted(hit.message_id for hit in result.hits) == found
    assert result.mode is Mode.HYBRID


def test_a_model_reads_what_is_meant() -> None:
    wanted = Wanted('"a -b" c-d -e -"f g" ( - h ) or i')
    assert wanted.meant.split() == ['"a', '-b"', "c-d", "(", ")", "or", "i"]
    assert wanted.excluded == 'e or "f g" or h'
    assert (Wanted("-a (-b)").meant, Wanted("?!").meant) == ("", "?!")


@pytest.mark.parametrize("query", ["& | ! ( ) : * < >", "'", '"', "-", "the", "\\", "%", "🌴", "a" * 500])
async def test_any_text_may_be_asked_for(library: Library, query: str) -> None:
    await library.feed(message("m1", "lunch"))
    for away in (False, True):
        library.model.away = away
        await library.search("ann", query)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(" \n\t"),
        Wanted("x", from_time=SENT, to_time=SENT),
        Wanted("x", from_time=SENT, to_time=SENT - timedelta(1)),
    ],
    ids=["blank", "empty time", "backwards"],
)
def test_a_search_that_asks_for_nothing_is_refused(wanted: Wanted) -> None:
    with pytest.raises(SearchInvalid):
        wanted.checked()

"""How a search is carried out: by comparing all or by the index, and with which marks in the text."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.database import DatabaseBusy, Statement
from services.jobs import search, store_search
from services.jobs.domain import Owner
from services.jobs.domain_search import Highlight, ModeReason, Wanted
from services.jobs.highlights import END, START, highlights
from services.jobs.search import Asked, parameters
from services.jobs.store_search import BREADTH, CANDIDATES, EXACT, K, Shape, search_statement
from services.jobs.use_cases_search import Searches
from tests.services.jobs.library import SENT, Library, conversation, membership, message, opened

CROWD = """
    insert into jobs.messages (workspace, id, conversation_id, author_id, text, sent_at, role, deleted, changed_at)
    select :workspace, 'x' || n, :conversation, 'bob', '', now(), 1, false, now() from generate_series(1, :number) n
"""


@pytest.fixture
def short_walks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The index is asked, and gives up at once."""

    async def few(_queries: object, _asked: object) -> bool:
        return False

    monkeypatch.setattr(search, "few", few)
    monkeypatch.setattr(store_search, "LONGEST", 1)
    monkeypatch.setattr(store_search, "BREADTH", 8)
    store_search.by_index.cache_clear()
    yield
    store_search.by_index.cache_clear()


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Ann in a channel."""
    async with opened(database_url) as library:
        await library.feed(conversation("general"), membership("general", "ann"))
        yield library


def asked(library: Library, query: str, vector: list[float], **filters: object) -> Asked:
    """A search of Ann's."""
    wanted = Wanted(query, **filters)  # type: ignore[arg-type]
    return Asked(Owner(library.workspace, "ann"), wanted, "english", library.model.model, vector)


async def test_both_ways_find_the_same(library: Library) -> None:
    texts = ["lunch", "pizza", "kitten cat", "ship lunch", "beach holiday lunch", "invoice"]
    await library.feed(*(message(f"m{n}", text, minutes=n) for n, text in enumerate(texts * 10)))
    await library.feed(message("foreign", "lunch", "elsewhere"), message("early", "lunch", minutes=-10))
    await library.read()
    (vector,) = await library.model.embed(["lunch holiday"])
    for filters in ({}, {"author_id": "bob", "role": 1, "from_time": SENT}, {"conversation_id": "general"}):
        given_ = asked(library, "lunch -ship", list(vector), **filters)
        async with library.database.begin() as queries:
            ways = [await search.hybrid(queries, given_, exact=exact) for exact in (True, False)]
        found = [{row["id"] for row in rows} for rows in ways]
        assert found[0] == found[1]
        assert not found[0] & {"foreign", *(f"m{n}" for n in range(3, 60, 6))}
        assert found[0]


async def test_the_index_is_asked_only_where_many_messages_are_in_sight(library: Library) -> None:
    given_ = asked(library, "lunch", [1.0] * 384)
    await library.rows(CROWD, conversation="elsewhere", number=EXACT + 1)
    await library.rows("update jobs.messages set id = 'y' || id where workspace = :workspace")
    assert await search.few(library.database, given_)
    await library.rows(CROWD, conversation="general", number=EXACT + 1)
    assert not await search.few(library.database, given_)
    assert await search.few(library.database, asked(library, "lunch", [1.0] * 384, author_id="ann"))


@pytest.mark.usefixtures("short_walks")
async def test_where_the_walk_is_given_up_all_are_compared(library: Library) -> None:
    # Each a little less about lunch than the one before it.
    await library.feed(*(message(f"x{n}", "lunch" + " and" * n, "elsewhere") for n in range(BREADTH * 2)))
    await library.feed(message("mine", "cat holiday"))
    await library.read()
    given_ = asked(library, "pizza", list((await library.model.embed(["pizza"]))[0]))
    async with library.database.begin() as queries:
        # Of so few messages, the planner may sort them all instead.
        await queries.rows(Statement(text("set local enable_sort = off")))
        assert [row["id"] for row in await search.hybrid(queries, given_, exact=False)] == [None]
    found = await search.search(library.database, given_)
    assert [hit.message_id for hit in found.hits] == ["mine"]


async def test_the_score_is_the_sum_of_reciprocal_ranks(library: Library) -> None:
    await library.feed(message("m1", "lunch lunch"), message("m2", "pizza"), message("m3", "kitten"))
    await library.read()
    (vector,) = await library.model.embed(["lunch"])
    rows = await library.database.rows(search_statement(Shape()), **parameters(asked(library, "lunch", list(vector))))
    scores = {row["id"]: row["score"] for row in rows}
    assert scores == {
        "m1": pytest.approx(2 / (K + 1)),
        "m2": pytest.approx(1 / (K + 2)),
        "m3": pytest.approx(1 / (K + 3)),
    }


async def test_newer_messages_do_not_push_out_better_ones(library: Library) -> None:
    await library.feed(message("best", "printer invoice overdue"))
    await library.feed(*(message(f"m{n}", "printer", minutes=n) for n in range(1, CANDIDATES + 20)))
    library.model.away = True
    assert (await library.ids("ann", "printer overdue"))[0] == "best"


async def test_nobody_waits_for_a_model_that_hangs(library: Library) -> None:
    await library.feed(message("m1", "lunch"))
    library.model.hangs = True
    owner = Owner(library.workspace, "ann")
    found = await Searches(library.database, library.model, "english", 0.05).search(owner, Wanted("lunch"))
    assert (found.reason, [hit.message_id for hit in found.hits]) == (ModeReason.AWAY, ["m1"])
    with pytest.raises(DatabaseBusy):
        await Searches(library.database, library.model, "english").search(owner, Wanted("lunch"), 0.05)


def test_marks_are_counted_in_code_points() -> None:
    content = "a 🍕 <i>b</i> 🍕 c"
    marked = f"a {START}🍕{END}  i>b /i> {START}🍕{END} c"
    assert [content[each.start : each.end] for each in highlights(marked)] == ["🍕", "🍕"]
    assert highlights(f"{START}a{END}{START}b{END}c{START}d{END}") == [
        Highlight(0, 1),
        Highlight(1, 2),
        Highlight(3, 4),
    ]
    assert highlights("abc") == highlights("") == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["lunch", "Lunches", "<b>", "</b>", "a@b.de", "http://x.y/lunch", "🌴", " ", "\n", "-", "<", START, END]
        )
    )
)
async def test_what_is_marked_is_the_word(library: Library, pieces: list[str]) -> None:
    content = "".join(["lunch ", *pieces])
    await library.feed(message("m1", content))
    library.model.away = True
    (hit,) = (await library.search("ann", "lunch")).hits
    found = [hit.content[each.start : each.end].lower() for each in hit.highlights]
    assert found[0].startswith("lunch")
    assert all("lunch" in each for each in found)

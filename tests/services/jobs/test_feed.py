"""Facts as jobs keeps them: in whatever order they come, and what deletions take with them."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.migrations import migrate
from chassis.settings import SettingsError
from chassis.times import OccurredInFuture
from tests.services.jobs.library import NUMBERS, Library, conversation, membership, message, opened

MIGRATIONS = Path(__file__).parents[3] / "services" / "jobs" / "migrations"
Change = dict[str, Any]
START = datetime(2026, 5, 4, tzinfo=UTC)
FACTS = """
    select 'user ' || id as key, array[name, deleted::text] as fact
    from jobs.users where workspace = :workspace union all
    select 'conversation ' || id, array[name, deleted::text]
    from jobs.conversations where workspace = :workspace union all
    select 'membership ' || conversation_id || user_id, array[removed::text]
    from jobs.memberships where workspace = :workspace union all
    select 'message ' || id, array[conversation_id, text, role::text, deleted::text, (embed_at is not null)::text]
    from jobs.messages where workspace = :workspace
"""


def dated(change: Change, minute: int) -> Change:
    return change | {"occurred_at": START + timedelta(minutes=minute)}


CHANGES: list[Change] = [
    *({"user": {"id": who, "display_name": name}} for who in ("ann", "bob") for name in (who, who.title())),
    *({"user_deleted": {"id": who}} for who in ("ann", "bob")),
    *(conversation(where) for where in ("c1", "c2")),
    *({"conversation_deleted": {"id": where}} for where in ("c1", "c2")),
    *(membership(where, who, removed) for where in ("c1", "c2") for who in ("ann", "bob") for removed in (False, True)),
    *(message(id_, text, where) for id_ in ("m1", "m2") for text in ("lunch", "cat") for where in ("c1", "c2")),
    *({"message_deleted": {"id": id_}} for id_ in ("m1", "m2")),
]
BASIS: list[Change] = [
    *(conversation(where) for where in ("c1", "c2")),
    *(membership(where, who) for where in ("c1", "c2") for who in ("ann", "bob")),
    *(message(id_, "lunch", "c1") for id_ in ("m1", "m2")),
]


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """An empty workspace."""
    async with opened(database_url) as library:
        yield library


async def kept(library: Library, batches: list[list[Change]]) -> dict[str, list[str]]:
    """What can be found after the batches, and what is kept of what they said."""
    fresh = replace(library, workspace=f"order-{next(NUMBERS)}")
    await fresh.feed(*(dated(change, -1) for change in BASIS))
    for batch in batches:
        await fresh.feed(*batch)
    rows = await fresh.rows(FACTS)
    texts = {row["key"]: row["fact"] for row in rows if row["key"].startswith("message")}
    assert all((fact[1] == "") == (fact[3] == "true") != (fact[4] == "true") for fact in texts.values())
    seen = {who: sorted(await fresh.ids(who, "lunch OR cat")) for who in ("ann", "bob")}
    return {**seen, **{key: fact for key, fact in texts.items() if fact[3] == "false"}}


M1_DELETED, C1_DELETED, ANN_DELETED = (
    {f"{what}_deleted": {"id": id_}} for what, id_ in (("message", "m1"), ("conversation", "c1"), ("user", "ann"))
)


@pytest.mark.parametrize(
    "happened",
    [
        [message("m1", "cat", "c1"), M1_DELETED],
        [M1_DELETED, message("m1", "cat", "c2")],
        [message("m1", "cat", "c1"), C1_DELETED, conversation("c1")],
        [C1_DELETED, message("m1", "cat", "c2")],
        [membership("c1", "ann", removed=True), membership("c1", "ann")],
        [membership("c2", "ann"), ANN_DELETED],
    ],
    ids=range(6),
)
async def test_changes_that_meet_may_arrive_in_any_order(library: Library, happened: list[Change]) -> None:
    history = [dated(change, minute) for minute, change in enumerate(happened, 1)]
    in_order = await kept(library, [[change] for change in history])
    for arrived in itertools.permutations(history):
        assert await kept(library, [list(arrived)]) == in_order
    assert await kept(library, [[change] for change in reversed(history)]) == in_order


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(CHANGES), max_size=7), st.randoms(use_true_random=False), st.integers(0, 7))
async def test_dated_changes_may_arrive_in_any_order(
    library: Library, happened: list[Change], chance: Any, cut: int
) -> None:
    history = [dated(change, minute) for minute, change in enumerate(happened)]
    arrived = list(history)
    chance.shuffle(arrived)
    batches = [batch for batch in (arrived[:cut], arrived[cut:]) if batch]
    assert await kept(library, batches) == await kept(library, [[change] for change in history])


async def test_a_message_that_passed_through_a_deleted_conversation_is_gone(library: Library) -> None:
    batch = [C1_DELETED, message("m9", "lunch", "c1"), message("m9", "lunch", "c2")]
    assert await kept(library, [batch]) == await kept(library, [[each] for each in batch])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.booleans()), max_size=7))
async def test_a_batch_is_taken_in_order_as_if_it_came_one_by_one(
    library: Library, happened: list[tuple[Change, bool]]
) -> None:
    history = [dated(change, place) if date else change for place, (change, date) in enumerate(happened)]
    assert await kept(library, [history] if history else []) == await kept(library, [[each] for each in history])


@pytest.mark.parametrize("gone", [M1_DELETED, C1_DELETED], ids=["message", "conversation"])
async def test_nothing_of_a_deleted_text_stays(library: Library, gone: Change) -> None:
    await library.feed(*BASIS)
    await library.read()
    await library.feed(gone)
    sql = "select text, words::text, vector::text, model, embed_at from jobs.messages where workspace = :workspace"
    (row,) = await library.rows(f"{sql} and id = 'm1'")
    assert tuple(row) == ("", "", None, None, None)


async def test_a_deleted_person_is_in_no_conversation(library: Library) -> None:
    await library.feed(*BASIS, {"user": {"id": "ann", "display_name": "Ann"}})
    await library.feed(ANN_DELETED, membership("c1", "ann"))
    found = {row["key"]: row["fact"] for row in await library.rows(FACTS)}
    assert (found["user ann"], found["membership c1ann"], found["membership c2ann"]) == (
        ["", "true"],
        ["true"],
        ["true"],
    )
    assert found["message m1"][3] == "false"


async def test_files_are_not_kept_and_their_dates_count(library: Library) -> None:
    file = {"file": {"id": "f1", "uploader_id": "ann", "name": "x"}}
    await library.feed(file, {"file_deleted": {"id": "f1"}}, message("m1", "lunch"))
    assert [row["key"] for row in await library.rows(FACTS)] == ["message m1"]
    late = file | {"occurred_at": datetime.now(UTC) + timedelta(hours=2)}
    with pytest.raises(OccurredInFuture) as caught:
        await library.feed(message("m2", "lunch"), late)
    assert [each.field for each in caught.value.fields] == ["changes[1].occurred_at"]
    assert len(await library.rows(FACTS)) == 1


async def test_without_pgvector_the_service_says_what_is_missing(new_database: Callable[..., str]) -> None:
    url = new_database()
    connection = await asyncpg.connect(url)
    await connection.execute("create view pg_available_extensions as select ''::name as name, '' as default_version")
    await connection.execute(f'alter database "{url.rpartition("/")[2]}" set search_path = public, pg_catalog')
    await connection.close()
    with pytest.raises(SettingsError, match=r"has no extension vector\. Search needs the extension pgvector"):
        await migrate(url, MIGRATIONS, "jobs")

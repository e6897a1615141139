"""Expiry in the database, with nobody to keep time, which is moved in the rows: B07-B10, H01, H02, H04, H06, H08."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import asyncpg
import pytest

from chassis.database import Database, DatabaseSettings
from services.presence import store, store_expiry, store_people
from services.presence.domain import MANUAL
from services.presence.store import Owner
from services.presence.store_expiry import Key
from tests.services.presence.ageing import ANN, World

MANY = """
insert into presence.claims
  (workspace, user_id, claim_id, source, priority, emoji, text, dnd, expires_at, expiry_id, set_at)
select 'w', 'user-' || number % $2, 'claim-' || number, 's', 0, '', 'x', false, now(), gen_random_uuid(), now()
from generate_series(1, $1) as number
"""
# Keeps a record of every row that is really deleted.
RECORD = """
create table if not exists public.deleted (expiry_id uuid not null);
create or replace function public.record() returns trigger language plpgsql as
  $$ begin insert into public.deleted values (old.expiry_id); return null; end $$;
create or replace trigger record after delete on presence.claims for each row execute function public.record();
truncate presence.claims, public.deleted;
"""


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """No claims."""
    database = await Database.connect(DatabaseSettings(database_url), "tests")
    connection = await asyncpg.connect(database_url)
    await connection.execute(RECORD)
    world = World(database, connection)
    await connection.add_listener("cairn_presence", lambda *said: world.told.append(said[3]))
    yield world
    await connection.close()
    await database.aclose()


async def test_a_stale_ring_never_ends_a_newer_status(world: World) -> None:
    """H01: the timer of the old status comes after the new one was set, even in the moment that it is being set."""
    old = await world.put("old", 1)
    await world.pass_(2)
    async with world.database.begin() as queries:
        await world.put("new", 1, queries)
        ringing = asyncio.create_task(store_expiry.expire(world.database, [old]))
        await world.blocked()
    assert await ringing == 0
    assert await store_expiry.expire(world.database, [old]) == 0
    assert await world.texts() == ["new"]


async def test_a_sweep_never_ends_a_newer_status(world: World) -> None:
    await world.put("old", 1)
    await world.pass_(2)
    async with world.database.begin() as queries:
        await world.put("new", 1, queries)
        assert await store_expiry.sweep(world.database, 0, 100) == 0
    assert await store_expiry.sweep(world.database, 0, 100) == 0
    assert await world.texts() == ["new"]


async def test_a_status_set_while_the_old_one_is_cleared_lives_and_will_end(world: World) -> None:
    """H02: between what it read and what it writes, the timer takes the row away."""
    old = await world.put("old", 1)
    await world.pass_(2)
    async with world.database.begin() as queries:
        assert await store_expiry.expire(queries, [old]) == 1
        setting = asyncio.create_task(world.put("new", 1))
        await world.blocked()
    new = await setting
    assert await world.texts() == ["new"]
    [due] = await store_expiry.due(world.database, 3600, 10)
    assert (*due[:3], due.expiry_id) == new


async def test_a_change_holds_what_it_read(world: World) -> None:
    """H02 for a change of parts: the row that was read cannot end before the change is written."""
    old = await world.put("old", 1)
    async with world.database.begin() as queries:
        assert await store.lock(queries, ANN, MANUAL, MANUAL)
        clearing = asyncio.create_task(store.clear(world.database, ANN, MANUAL, MANUAL))
        await world.blocked()
        await world.put("changed", 1, queries)
    await clearing
    assert await world.texts() == []
    assert await store_expiry.expire(world.database, [old]) == 0


async def test_a_change_of_nothing_holds_that_there_is_nothing(world: World) -> None:
    async with world.database.begin() as queries:
        await store.serialise(queries, ANN)
        assert await store.lock(queries, ANN, MANUAL, MANUAL) is None
        setting = asyncio.create_task(world.put("set meanwhile", 1))
        await world.blocked()
        await world.put("changed", 1, queries)
    await setting
    assert await world.texts() == ["set meanwhile"]


async def test_two_sets_at_the_same_instant(world: World) -> None:
    """H06: one transaction is one instant; what was set last ends at its own time."""
    async with world.database.begin() as queries:
        first = await world.put("first", 1, queries)
        second = await world.put("second", 4, queries)
    await world.pass_(1.5)
    assert await store_expiry.expire(world.database, [first]) == 0
    assert await world.texts() == ["second"]
    await world.pass_(3)
    assert await store_expiry.expire(world.database, [first]) == 0
    assert await store_expiry.expire(world.database, [first, second]) == 1
    assert await world.rows() == 0


async def test_what_has_expired_is_not_read_though_nobody_deletes_it(world: World) -> None:
    """H08: no worker, no timekeeper, no sweep."""
    await world.put("over", 1)
    assert (await store_people.read(world.database, "w", ["ann"]))["ann"].status_hold
    await world.pass_(1)
    assert await world.rows() == 1
    assert await store.live(world.database, ANN) == []
    assert await store.lock(world.database, ANN, MANUAL, MANUAL) is None
    said = (await store_people.read(world.database, "w", ["ann"]))["ann"]
    assert (said.text, said.status_hold, said.status_expires_time) == ("", None, None)
    assert await store_people.everybody(world.database, "w", 10) == []


async def test_what_has_expired_takes_no_room(world: World) -> None:
    for number in range(20):
        await world.put("x", 1, claim=f"claim-{number}")
    await world.pass_(1)
    await world.put("there is room", 1, claim="one more")
    assert (await world.texts(), await world.rows()) == (["there is room"], 21)


async def test_what_is_due(world: World) -> None:
    late, soon = await world.put("late", 1, claim="late"), await world.put("soon", 3, claim="soon")
    await world.put("later", 5, claim="later")
    await world.put("never", None, claim="never")
    await world.pass_(2)
    due = await store_expiry.due(world.database, 3600 * 2, 10)
    assert [(*each[:3], each.expiry_id) for each in due] == [late, soon]
    assert [round(each.seconds / 3600) for each in due] == [-1, 1]
    assert [each.claim_id for each in await store_expiry.due(world.database, 3600 * 2, 1)] == ["late"]
    assert await store_expiry.expire(world.database, [late, soon]) == 1
    assert await world.texts() == ["later", "never", "soon"]


async def test_an_expiry_is_told_once_and_only_when_it_is_so(world: World) -> None:
    key = await world.put("x", 1)
    assert await world.heard() == ["w\nann"]
    await world.pass_(1)
    with suppress(ZeroDivisionError):
        async with world.database.begin() as queries:
            assert await store_expiry.expire(queries, [key]) == 1
            raise ZeroDivisionError
    assert (await world.heard(), await world.rows()) == ([], 1)
    async with world.database.begin() as queries:
        assert await store_expiry.expire(queries, [key]) == 1
        assert await world.heard() == []
    assert await world.heard() == ["w\nann"]
    for _ in range(2):
        await store_expiry.expire(world.database, [key])
        await store_expiry.sweep(world.database, 0, 10)
    assert await world.heard() == []


async def test_the_claims_of_one_person_that_end_together_are_told_once(world: World) -> None:
    keys = [await world.put("x", 1, claim=f"claim-{number}") for number in range(5)]
    await world.heard()
    await world.pass_(1)
    assert await store_expiry.expire(world.database, keys) == 5
    assert await world.heard() == ["w\nann"]


async def test_a_sweep_waits_for_the_grace_and_skips_what_others_are_at(world: World) -> None:
    await world.connection.execute(MANY, 3, 3)
    await world.pass_(1)
    [first, *rest] = await store_expiry.due(world.database, 0, 10)
    async with world.database.begin() as queries:
        assert await store_expiry.expire(queries, [(*first[:3], first.expiry_id)]) == 1
        assert await store_expiry.sweep(world.database, 3700, 10) == 0
        assert await store_expiry.sweep(world.database, 3000, 10) == len(rest)
    assert await world.rows() == 0


async def ring(world: World, keys: Sequence[Key], seed: int) -> int:
    """A hand: works off everything, in an order of its own."""
    shuffled = sorted(keys, key=lambda key: key[3].int * seed % 1_000_003)
    return sum([await store_expiry.expire(world.database, shuffled[at : at + 100]) for at in range(0, len(keys), 100)])


async def sweep(world: World) -> int:
    """A replica that finds everything overdue."""
    total = 0
    while found := await store_expiry.sweep(world.database, 0, 500):
        total += found
    return total


async def test_two_hands_and_two_replicas_expire_each_row_once(world: World) -> None:
    """5,000 expiries of as many people in the same second."""
    await world.connection.execute(MANY, 5000, 5000)
    due = await store_expiry.due(world.database, 0, 5000)
    keys: list[Key] = [(*each[:3], each.expiry_id) for each in due]
    work = (ring(world, keys, 1), ring(world, keys, 2), sweep(world), sweep(world))
    counts = await asyncio.gather(*work)
    assert sum(counts) == 5000
    assert sorted(await world.deleted()) == sorted(each.expiry_id for each in due)
    assert await world.rows() == 0
    assert sorted(await world.heard()) == sorted(f"w\n{each.user}" for each in due)


async def test_hands_that_meet_people_who_set_something(world: World) -> None:
    """People with many claims, all of which end at once, and one of them sets twenty anew meanwhile."""
    await world.connection.execute(MANY, 1000, 20)
    world.owner = Owner("w", "user-3")
    due = await store_expiry.due(world.database, 0, 1000)
    keys: list[Key] = [(*each[:3], each.expiry_id) for each in due]
    anew = [f"claim-{number}" for number in range(3, 400, 20)]
    hands = asyncio.gather(ring(world, keys, 3), ring(world, keys, 4), sweep(world))
    await asyncio.gather(*(world.put(claim, 1, claim=claim) for claim in anew))
    assert sum(await hands) == len(await world.deleted())
    assert await world.texts() == sorted(anew)
    assert await world.rows() == 20

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from cairn.presence.v1 import presence_pb2 as pb
from services.presence.domain import Online
from services.presence.hub import Pace
from tests.services.presence.stage import Stage, Stream, eventually, staged


@pytest.fixture
async def stage(database_url: str, redis_url: str) -> AsyncIterator[Stage]:
    """A hub that goes by hints alone."""
    async with staged(database_url, redis_url) as stage:
        yield stage


@pytest.mark.parametrize("ids", [("ann", "bob", "cy"), ()])
async def test_resuming_tells_what_was_missed_and_no_more(stage: Stage, ids: tuple[str, ...]) -> None:
    await stage.says("ann", "Here")
    async with stage.watching("bob", *ids) as stream, stage.watching("eve", *ids) as other:
        await stage.says("cy", "One")
        await stream.until(lambda seen: seen.text == "One")
        token = stream.token
        await other.until(lambda seen: seen.text == "One")
        for text in ("Two", "Three"):
            await stage.says("ann", text)
            assert (await other.next()).presence.text == text
    async with stage.watching("bob", *ids, token=token) as stream:
        assert (stream.snapshots, stream.people) == (0, {})
        assert (await stream.next()).presence.text == "Three"
        await stage.says("cy", "Four")
        assert (await stream.next()).presence.text == "Four"


async def test_what_changes_while_nobody_watches_is_told_on_resuming(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as stream:
        token = stream.token
    await stage.says("ann", "Tea")
    async with stage.watching("bob", "ann", token=token) as stream:
        if not stream.people:
            await stream.next()
        assert stream.people["ann"].text == "Tea"


@pytest.mark.parametrize("ids", [("ann",), ()])
async def test_a_token_from_before_nobody_looked_is_worth_nothing(
    database_url: str, redis_url: str, ids: tuple[str, ...]
) -> None:
    async with staged(database_url, redis_url, Pace(reconcile=0.05, linger=60)) as stage:
        await stage.says("ann", "Here")
        async with stage.watching("eve", "cy"):
            async with stage.watching("bob", *ids) as stream:
                token = stream.token
            room = stage.hub._readers[stage.workspace].room
            stage.clock[0] += 61
            await eventually(lambda: not room.watched_whole and len(room.facets) == 1)
            await stage.says("ann", "")
            # Somebody looks again, and finds nobody there to tell of.
            async with stage.watching("eve", *ids), stage.watching("bob", *ids, token=token) as again:
                assert again.token != token
                assert again.snapshots == 1
                assert not again.people.get("ann", pb.Presence()).text


async def test_a_token_is_good_for_the_same_people_and_the_same_person(stage: Stage) -> None:
    async with stage.watching("bob", "ann", "cy") as stream:
        token = stream.token
        for who, ids in (("bob", ("ann",)), ("bob", ("ann", "cy", "eve")), ("bob", ()), ("eve", ("ann", "cy"))):
            async with stage.watching(who, *ids, token=token) as again:
                assert again.snapshots == (len(ids) or 1)
        async with stage.watching("bob", "cy", "ann", token=token) as again:
            assert again.snapshots == 0


@pytest.mark.parametrize("token", ["nonsense", "a:b:c", ":::", "0123456789ab:7:0123456789ab", "x:²:y", "9" * 128])
async def test_a_token_that_is_none_gives_a_snapshot(stage: Stage, token: str) -> None:
    async with stage.watching("bob", "ann", token=token) as stream:
        assert stream.snapshots == 1


@pytest.mark.parametrize("seed", range(6))
async def test_readers_that_come_and_go_end_up_with_the_truth(stage: Stage, seed: int) -> None:
    """Whatever is cut off where: what a reader has put together is what a reading says."""
    people = ["ann", "bob", "cy", "dan"]
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    known: dict[str, pb.Presence] = {}
    token, ids = "", people if seed % 2 else []
    for number in range(12):
        async with stage.watching("bob", *ids, token=token) as stream:
            await stirred(stage, chance, number)
            for _ in range(chance.randrange(3)):
                await asyncio.wait([asyncio.create_task(some(stream))])
        if stream.snapshots:
            known = {}
        known.update(stream.people)
        token = stream.token
        for user in chance.sample(people, chance.randrange(2)):
            await stage.says(user, f"while away {number}")
    await settled(stage, known, token, ids)


async def stirred(stage: Stage, chance: random.Random, number: int) -> None:
    """Have something happen to some people, or to nobody."""
    people = ["ann", "bob", "cy", "dan"]
    for _ in range(chance.randrange(4)):
        await stage.says(chance.choice(people), chance.choice(["", "Tea", f"{number}"]))
        if chance.random() < 0.5:
            await stage.beats(chance.choice(people), chance.choice([Online.ACTIVE, Online.AWAY]))


async def some(stream: Stream) -> None:
    """Read an event, if one comes soon."""
    reading = asyncio.create_task(stream.next())
    await asyncio.wait([reading], timeout=0.02)
    reading.cancel()


async def settled(stage: Stage, known: dict[str, pb.Presence], token: str, ids: list[str]) -> None:
    """Come back once more, and hear all that is left to hear."""
    await stage.says("dan", "The end")
    async with stage.watching("bob", *ids, token=token) as stream:
        while stream.people.get("dan", pb.Presence()).text != "The end":
            await stream.next()
        known.update(stream.people)
    async with stage.watching("eve", "ann", "cy", "dan") as fresh:
        assert {user: seen.text for user, seen in fresh.people.items()} == {
            user: known.get(user, pb.Presence()).text for user in fresh.people
        }

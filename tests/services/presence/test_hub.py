import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from cairn.presence.v1 import presence_pb2 as pb
from chassis.errors import CairnError, Unavailable
from services.presence.domain import Online
from tests.services.presence.stage import Event, Stage, Stream, eventually, staged

OFFLINE, AWAY, ACTIVE = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_AWAY, pb.Presence.ONLINE_ACTIVE


@pytest.fixture
async def stage(database_url: str, redis_url: str) -> AsyncIterator[Stage]:
    """A hub that goes by hints alone."""
    async with staged(database_url, redis_url) as stage:
        yield stage


async def test_people_as_they_are_then_ready_then_changes(stage: Stage) -> None:
    await stage.says("ann", "Tea")
    async with stage.watching("bob", "ann", "cy") as stream:
        assert [(each.user_id, each.text, each.online) for each in stream.people.values()] == [
            ("ann", "Tea", OFFLINE),
            ("cy", "", OFFLINE),
        ]
        await stage.says("ann", "Cake")
        event = await stream.next()
        assert (event.event, event.presence.text) == (Event.EVENT_CHANGE, "Cake")
        await stage.beats("cy")
        assert (await stream.next()).presence.online == ACTIVE


async def test_half_a_snapshot_is_nothing_to_go_on_from(stage: Stage) -> None:
    events = stage.hub.watch(stage.caller("bob"), ["ann", "cy"])
    first = Event.FromString(await anext(events))
    assert (first.event, first.resume_token) == (Event.EVENT_SNAPSHOT, "")
    await events.aclose()


async def test_what_does_not_change_is_not_told(stage: Stage) -> None:
    async with stage.watching("bob", "ann", "cy") as stream:
        await stage.beats("ann")
        await stream.until(lambda seen: seen.online == ACTIVE)
        # Active a little later, and the same status once more.
        await stage.beats("ann")
        await stage.says("ann", "Tea")
        await stage.says("ann", "Tea")
        await stage.says("cy", "End")
        await stream.until(lambda seen: seen.user_id == "cy")
        assert stream.changes == 3


async def test_a_change_during_the_first_reading_is_not_lost(stage: Stage) -> None:
    stage.script.gate.clear()
    stage.script.begun.clear()
    events = stage.hub.watch(stage.caller("bob"), ["ann"])
    first = asyncio.ensure_future(anext(events))
    await asyncio.wait_for(stage.script.begun.wait(), 5)
    # What the hub holds in its hands is old now.
    await stage.says("ann", "Tea")
    stage.script.gate.set()
    stream = Stream(events)
    assert Event.FromString(await first).presence.text in {"", "Tea"}
    await stream.ready()
    while not stream.people or stream.people["ann"].text != "Tea":
        await stream.next()
    await events.aclose()


async def test_changes_while_a_reading_runs_become_one(stage: Stage) -> None:
    async with stage.watching("bob", "ann", "cy") as stream:
        stage.script.gate.clear()
        stage.script.readings.clear()
        stage.script.begun.clear()
        await stage.says("ann", "0")
        await asyncio.wait_for(stage.script.begun.wait(), 5)
        for number in range(1, 50):
            await stage.says("ann", str(number))
        # What is told last is heard last.
        await stage.says("cy", "End")
        await heard_of(stage, "cy")
        stage.script.gate.set()
        await stream.until(lambda seen: seen.text == "49")
        assert stage.script.readings == [["ann"], ["ann", "cy"]]
        assert stream.changes == 2


async def heard_of(stage: Stage, user: str) -> None:
    """Wait until the hub knows that it is to read somebody."""
    hinted = stage.hub._readers[stage.workspace]._hinted
    await eventually(lambda: user in {facet.key.user for facet in hinted})


async def test_one_reading_serves_all_watchers(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        watching = [stage.watching(f"watcher-{number}", "ann", "cy") for number in range(100)]
        streams = await asyncio.gather(*(stack.enter_async_context(each) for each in watching))
        assert len(stage.script.readings) < 20
        stage.script.readings.clear()
        await stage.says("ann", "Tea")
        heard = await asyncio.gather(*(stream.next() for stream in streams))
        assert {event.presence.text for event in heard} == {"Tea"}
        assert stage.script.readings == [["ann"]]


async def test_a_change_waits_for_a_part_of_a_look_at_everybody_and_no_more(stage: Stage) -> None:
    crowd = [f"person-{number}" for number in range(350)]
    async with stage.watching("bob", *crowd) as stream:
        stage.script.gate.clear()
        stage.script.readings.clear()
        stage.script.begun.clear()
        everybody = stage.hub._readers[stage.workspace].rounds.next()
        await asyncio.wait_for(stage.script.begun.wait(), 5)
        await stage.says(crowd[-1], "Tea")
        await heard_of(stage, crowd[-1])
        stage.script.gate.set()
        assert (await stream.next()).presence.text == "Tea"
        await asyncio.wait_for(everybody, 5)
        assert stage.script.readings[1][0] == crowd[-1]
        assert [len(reading) for reading in stage.script.readings] == [100, 101, 100, 50]


async def test_nobody_is_read_for_whom_nobody_asks(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as stream:
        stage.script.readings.clear()
        await stage.says("eve", "Psst")
        await stage.says("ann", "Tea")
        await stream.next()
        assert stage.script.readings == [["ann"]]


async def test_a_slow_reader_is_dropped_and_can_come_back(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as slow, stage.watching("bob", "ann") as quick:
        for number in range(20):
            await stage.says("ann", f"{number}")
            await quick.next()
        (waiting,) = [each for each in stage.hub._watchers if each._pending]
        assert len(waiting._pending) == 1
        reading = asyncio.create_task(quick.next())
        await asyncio.sleep(0)
        stage.clock[0] += 31
        await ended(slow, "SLOW_READER")
        await stage.says("ann", "Hello again")
        assert (await reading).presence.text == "Hello again"
    async with stage.watching("bob", "ann", token=slow.token) as stream:
        assert (await stream.next()).presence.text == "Hello again"
        assert stream.snapshots == 0


async def ended(stream: Stream, reason: str) -> None:
    """Wait until a stream that its reader left alone would end, then have it read."""
    await asyncio.sleep(0.1)
    with pytest.raises(CairnError) as caught:
        await stream.next()
    assert caught.value.reason == reason


async def test_draining_ends_every_stream_and_takes_no_new_one(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as waiting, stage.watching("bob") as whole:
        reading = asyncio.create_task(waiting.next())
        await asyncio.sleep(0)
        stage.hub.drain()
        for end in (reading, asyncio.create_task(whole.next())):
            with pytest.raises(Unavailable) as caught:
                await end
            assert caught.value.reason == "DRAINING"
    with pytest.raises(Unavailable):
        await anext(stage.hub.watch(stage.caller("bob"), ["ann"]))
    assert not stage.hub._watchers


@pytest.mark.parametrize("ids", [("ann", "cy"), ()])
async def test_an_invisible_person_sees_themselves_and_nobody_else_does(stage: Stage, ids: tuple[str, ...]) -> None:
    await stage.hides("ann", invisible=True)
    await stage.beats("ann")
    async with stage.watching("ann", *ids) as ann, stage.watching("bob", *ids) as bob:
        assert ann.people["ann"].online == ACTIVE
        assert bob.people.get("ann", pb.Presence(user_id="ann", online=OFFLINE)) == pb.Presence(
            user_id="ann", online=OFFLINE
        )
        await stage.beats("ann", Online.AWAY)
        assert (await ann.next()).presence.online == AWAY
        await stage.says("cy", "Hello")
        assert (await bob.next()).presence.user_id == "cy"
        await stage.hides("ann", invisible=False)
        assert (await bob.next()).presence.online == AWAY
        assert bob.changes == 2


@pytest.mark.parametrize("ids", [("ann", "cy"), ()])
async def test_somebody_who_hides_goes_offline_for_others_only(stage: Stage, ids: tuple[str, ...]) -> None:
    await stage.beats("ann")
    async with stage.watching("ann", *ids) as ann, stage.watching("bob", "ann") as bob:
        await stage.hides("ann", invisible=True)
        seen = (await bob.next()).presence
        assert (seen.online, seen.HasField("last_active_time")) == (OFFLINE, True)
        await stage.says("cy", "Hello")
        assert (await ann.next()).presence.user_id == "cy"


async def test_the_numbers_in_between_tell_nothing_of_who_hides(stage: Stage) -> None:
    """What the hidden see of themselves has numbers too; but numbers are times, whatever was done in between."""
    await stage.hides("ghost", invisible=True)
    async with stage.watching("bob") as bob, stage.watching("ghost") as ghost:
        await stage.says("amy", "0")
        await bob.until(lambda seen: seen.user_id == "amy")
        for second in (1, 2):
            for state in (Online.ACTIVE, Online.AWAY) * second:
                await stage.beats("ghost", state)
                await ghost.until(lambda seen: seen.user_id == "ghost")
            stage.clock[0] = second
            await stage.says("amy", str(second))
            await bob.until(lambda seen: seen.user_id == "amy")
            await ghost.until(lambda seen: seen.user_id == "amy")
            assert number_of(bob.token) == second * 1_000_000
    stage.clock[0] = 3
    async with stage.watching("bob") as bob:
        assert number_of(bob.token) == 3_000_000


def number_of(token: str) -> int:
    return int(token.split(":")[1])


async def test_the_whole_workspace_is_who_is_or_says_anything(stage: Stage) -> None:
    await stage.says("ann", "Tea")
    await stage.beats("cy")
    await stage.says("quiet", "For now")
    await stage.says("quiet", "")
    async with stage.watching("bob") as stream:
        assert set(stream.people) == {"ann", "cy", "bob"}
        await stage.says("new", "Hello")
        assert (await stream.next()).presence.user_id == "new"
        await stage.beats("bob")
        assert (await stream.next()).presence.user_id == "bob"
        await stage.says("ann", "")
        assert await stream.until(lambda seen: seen.user_id == "ann") == pb.Presence(user_id="ann", online=OFFLINE)

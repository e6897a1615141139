import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from cairn.presence.v1 import presence_pb2 as pb
from chassis.errors import Unavailable
from chassis.identity import Caller
from services.presence.domain import Online, Presence
from services.presence.hub import Pace
from services.presence.online import OnlineAway
from services.presence.use_cases import People
from tests.services.presence.stage import Stage, eventually, staged

OFFLINE, AWAY, ACTIVE = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_AWAY, pb.Presence.ONLINE_ACTIVE
OFFLINE_ANN = pb.Presence(user_id="ann", online=OFFLINE)


@pytest.fixture
async def stage(database_url: str, redis_url: str) -> AsyncIterator[Stage]:
    """A hub that goes by hints alone."""
    async with staged(database_url, redis_url) as stage:
        yield stage


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    """Redis itself."""
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def test_a_person_nobody_could_read_is_read_as_soon_as_that_is_possible(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as stream:
        stage.script.broken = True
        await stage.says("ann", "Tea")
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable) as caught:
                await anext(stage.hub.watch(stage.caller("eve"), ["cy"]))
        assert caught.value.reason == "PEOPLE_AWAY"
        stage.script.broken = False
        assert (await stream.next()).presence.text == "Tea"


async def test_a_stream_is_the_heartbeat_of_its_device(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as bob:
        async with stage.watching("ann", "ann", device="phone") as ann:
            assert ann.people["ann"].online == ACTIVE
            assert (await bob.next()).presence.online == ACTIVE
            # Longer than a lease, and only because the stream beats.
            await asyncio.sleep(stage.sessions.lease_seconds * 1.5)
        seen = (await bob.next()).presence
        assert (seen.online, seen.HasField("last_active_time"), bob.changes) == (OFFLINE, True, 2)


async def test_a_device_is_there_as_long_as_any_of_its_streams(database_url: str, redis_url: str) -> None:
    async with staged(database_url, redis_url, grace=0.02) as stage, stage.watching("bob", "ann") as bob:
        async with stage.watching("ann", device="phone"):
            async with stage.watching("ann", device="phone"):
                assert (await bob.next()).presence.online == ACTIVE
            for _ in range(60):
                assert (await stage.sessions.batch(stage.workspace, ["ann"]))["ann"].online is Online.ACTIVE
                await asyncio.sleep(stage.sessions.lease_seconds / 60)
            await stage.says("ann", "Still here")
            seen = (await bob.next()).presence
            assert (seen.text, seen.online) == ("Still here", ACTIVE)
        assert (await bob.next()).presence.online == OFFLINE


async def test_a_reader_that_was_dropped_is_no_longer_there(stage: Stage) -> None:
    """Its stream may stay open for as long as it likes."""
    async with stage.watching("bob", "ann") as bob, stage.watching("ann", "cy", device="phone"):
        assert (await bob.next()).presence.online == ACTIVE
        reading = asyncio.create_task(bob.next())
        await asyncio.sleep(0)
        stage.clock[0] += 31
        assert (await reading).presence.online == OFFLINE


async def test_a_device_whose_beat_redis_did_not_take_is_there_soon_after(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat, failures = stage.sessions.beat, iter([OnlineAway(), OnlineAway()])

    async def unsteady(*words: Any) -> Online:
        for failure in failures:
            raise failure
        return await beat(*words)

    monkeypatch.setattr(stage.sessions, "beat", unsteady)
    monkeypatch.setattr(stage.sessions, "lease_seconds", 3)
    async with stage.watching("bob", "ann") as bob, stage.watching("ann", device="phone"):
        assert (await bob.next()).presence.online == ACTIVE


async def test_the_end_of_a_lease_is_told(stage: Stage) -> None:
    async with stage.watching("bob", "ann") as stream:
        await stage.beats("ann")
        assert (await stream.next()).presence.online == ACTIVE
        assert (await stream.next()).presence.online == OFFLINE


async def test_what_changes_while_the_hub_hears_nothing_is_told_when_it_does(stage: Stage) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cairn-presence-watch'"
    async with stage.watching("bob", "ann") as stream:
        await stage.database._runner.execute(cut)
        await stage.says("ann", "Tea")
        assert (await stream.next()).presence.text == "Tea"
        await stage.says("ann", "Cake")
        assert (await stream.next()).presence.text == "Cake"


async def test_the_same_with_redis(stage: Stage, redis: "Redis") -> None:
    async with stage.watching("bob", "ann") as stream:
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
        await stage.sessions.beat(stage.workspace, "ann", "phone", Online.ACTIVE)
        assert (await stream.next()).presence.online == ACTIVE
        await stage.beats("ann", Online.AWAY)
        assert (await stream.next()).presence.online == AWAY


async def test_what_is_no_hint_is_passed_over(stage: Stage, redis: "Redis") -> None:
    async with stage.watching("bob", "ann") as stream:
        for nonsense in (b"", b"\xff\xfe", b"\n", b"no such place\nann", stage.workspace.encode()):
            await redis.publish("cairn:presence", nonsense)
        await stage.beats("ann")
        assert (await stream.next()).presence.online == ACTIVE


async def test_a_reading_that_does_not_end_holds_up_nothing(database_url: str, redis_url: str) -> None:
    """As one whose cancellation was swallowed."""
    released = asyncio.Event()
    async with asyncio.timeout(10), staged(database_url, redis_url) as stage:
        stage.script._people = Deaf(stage.script._people, released)
        first = asyncio.ensure_future(anext(stage.hub.watch(stage.caller("bob"), ["ann"])))
        await asyncio.wait([first], timeout=0.1)
    released.set()
    await eventually(lambda: not stage.hub._readings)
    with pytest.raises(Unavailable):
        await first


class Deaf(People):
    """Readings that do not hear that they are to end."""

    def __init__(self, people: People, released: asyncio.Event) -> None:
        """They end when `released`."""
        super().__init__(people._database, people._sessions)
        self._released = released

    async def batch(self, caller: Caller, ids: Sequence[str]) -> list[Presence]:
        """Wait, whatever comes."""
        while not self._released.is_set():
            with suppress(asyncio.CancelledError):
                await self._released.wait()
        return [Presence(id_) for id_ in ids if caller.workspace]


@pytest.mark.parametrize("ids", [("ann", "cy"), ()])
async def test_who_could_not_be_seen_is_looked_at_again_when_redis_is_back(
    database_url: str, redis_url: str, redis: "Redis", ids: tuple[str, ...]
) -> None:
    """No connection is cut here, and no hint comes."""
    async with staged(database_url, redis_url, lease=60) as stage:
        await stage.beats("ann")
        await redis.execute_command("CLIENT", "PAUSE", 300)  # type: ignore[no-untyped-call]
        async with stage.watching("bob", *ids) as stream:
            assert stream.people.get("ann", OFFLINE_ANN) == OFFLINE_ANN
            assert (await stream.until(lambda seen: seen.user_id == "ann")).online == ACTIVE


async def test_a_redis_that_answers_is_not_asked_for_nothing(stage: Stage) -> None:
    async with stage.watching("bob", "ann"), stage.watching("bob"):
        assert await stage.sessions.batch(stage.workspace, []) == {}
        assert not stage.sessions.guessed.is_set()


@pytest.mark.parametrize("ids", [("ann", "bob"), ()])
async def test_what_no_hint_tells_of_is_found(
    database_url: str, redis_url: str, redis: "Redis", ids: tuple[str, ...]
) -> None:
    async with staged(database_url, redis_url, Pace(reconcile=0.1), lease=60) as stage:
        await stage.says("ann", "Tea")
        await stage.beats("ann")
        async with stage.watching("bob", *ids) as stream:
            await redis.flushall()
            assert (await stream.next()).presence.online == OFFLINE
            await stage.database._runner.execute("DELETE FROM presence.claims WHERE workspace = $1", stage.workspace)
            assert (await stream.next()).presence.text == ""


async def test_nobody_is_remembered_for_ever(database_url: str, redis_url: str) -> None:
    async with staged(database_url, redis_url, Pace(reconcile=0.05, linger=60)) as stage:
        async with stage.watching("bob", "ann") as stream, stage.watching("bob"):
            token = stream.token
        assert stage.workspace in stage.hub._readers
        stage.clock[0] += 61
        await eventually(lambda: not stage.hub._readers)
        await stage.says("ann", "Tea")
        async with stage.watching("bob", "ann", token=token) as stream:
            assert (stream.snapshots, stream.people["ann"].text) == (1, "Tea")

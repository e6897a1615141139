"""Watching over gRPC, in a service without a worker: rows B20, B32, H12; every change is heard within a second."""

import asyncio
from datetime import UTC, datetime

import grpc
import pytest
from grpc import StatusCode

from cairn.feed.v1 import feed_pb2
from cairn.presence.v1 import dnd_pb2
from cairn.presence.v1 import presence_pb2 as pb
from chassis.times import to_time
from tests.services.presence.client import Service
from tests.services.presence.stage import eventually
from tests.services.presence.watching import watching

OFFLINE, ACTIVE = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_ACTIVE


async def test_a_status_is_seen_as_it_is_set_replaced_and_cleared(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        assert stream.people["ann"] == pb.Presence(user_id="ann", online=OFFLINE)
        await service.set("ann", preset="focusing", expires_in="1h")
        ann = await stream.until(lambda seen: seen.text == "Focusing")
        assert (ann.emoji, ann.HasField("status_expires_time")) == ("🎯", True)
        await service.set("ann", emoji="🍵", text="Tea")
        ann = await stream.until(lambda seen: seen.text == "Tea")
        assert not ann.HasField("status_expires_time")
        await service.ask("ann", pb.ClearStatusRequest())
        assert await stream.until(lambda seen: not seen.text) == pb.Presence(user_id="ann", online=OFFLINE)


async def test_a_snooze_is_seen(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        dnd = await service.ask("ann", dnd_pb2.SetDndRequest(snooze_for="30m"))
        ann = await stream.until(lambda seen: seen.dnd)
        assert ann.dnd_until_time == dnd.active_until_time
        await service.ask("ann", dnd_pb2.SetDndRequest())
        await stream.until(lambda seen: not seen.dnd)


async def test_an_expiry_is_seen_once_and_on_time(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        until = to_time((await service.set("ann", text="Tea", expires_in="1s")).effective.expires_time)
        await stream.until(lambda seen: seen.text == "Tea")
        ann = await stream.until(lambda seen: not seen.text, seconds=10)
        late = (datetime.now(UTC) - until).total_seconds()
        assert 0 < late < 5
        assert ann == pb.Presence(user_id="ann", online=OFFLINE)
        await service.set("ann", text="Next")
        assert (await stream.next()).presence.text == "Next"


async def test_what_is_left_shows_when_a_claim_ends(service: Service) -> None:
    await service.set("ann", text="Writing")
    call = pb.SetClaimRequest(claim_id="call", priority=90, text="In a call", expires_in="1s")
    async with watching(service, "bob", "ann") as stream:
        await service.ask(service.as_service("ann"), call)
        await stream.until(lambda seen: seen.text == "In a call")
        await stream.until(lambda seen: seen.text == "Writing", seconds=2)


async def test_the_end_of_a_snooze_is_seen(service: Service) -> None:
    """No row expires here: the replica notices when it looks again, which is every few seconds."""
    await service.ask("ann", dnd_pb2.SetDndRequest(snooze_for="1s"))
    async with watching(service, "bob", "ann") as stream:
        assert stream.people["ann"].dnd
        await stream.until(lambda seen: not seen.dnd, seconds=8)


async def test_a_device_that_closes_is_seen_after_the_grace(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        await service.ask("ann", pb.HeartbeatRequest(device_id="phone"))
        await stream.until(lambda seen: seen.online == ACTIVE)
        await service.ask("ann", pb.HeartbeatRequest(device_id="phone", state=pb.HeartbeatRequest.STATE_OFFLINE))
        # The grace, and then within a second.
        ann = await stream.until(lambda seen: seen.online == OFFLINE, seconds=3)
        assert ann.HasField("last_active_time")


async def test_a_device_that_falls_silent_is_seen_when_its_lease_ends(service: Service) -> None:
    """G-B14: the end of a lease is told too."""
    async with watching(service, "bob", "ann") as stream:
        await service.ask("ann", pb.HeartbeatRequest(device_id="phone"))
        await stream.until(lambda seen: seen.online == ACTIVE)
        await stream.until(lambda seen: seen.online == OFFLINE, seconds=4)


async def test_resuming_tells_what_was_missed_and_no_more(service: Service) -> None:
    async with watching(service, "bob", "ann", "cy", "dan") as stream:
        await service.set("cy", text="One")
        await stream.until(lambda seen: seen.text == "One")
        token = stream.token
    await service.set("ann", text="Two")
    await service.set("ann", text="Three")
    async with watching(service, "bob", "ann", "cy", "dan", token=token) as stream:
        assert (stream.snapshots, stream.people) == (0, {})
        # The first of the two changes is told as well where it was noticed before the second.
        await stream.until(lambda seen: seen.text == "Three")
        await service.set("dan", text="Four")
        await stream.until(lambda seen: seen.user_id == "dan")
        assert set(stream.people) == {"ann", "dan"}


@pytest.mark.parametrize("token", ["nonsense", "0123456789ab:7:0123456789ab"])
async def test_a_token_that_means_nothing_here_gives_a_snapshot(service: Service, token: str) -> None:
    await service.set("ann", text="Tea")
    async with watching(service, "bob", "ann", token=token) as stream:
        assert (stream.snapshots, stream.people["ann"].text) == (1, "Tea")


async def test_the_whole_workspace(service: Service) -> None:
    await service.set("ann", text="Tea")
    await service.ask("cy", pb.HeartbeatRequest(device_id="phone"))
    elsewhere = Service(service.channel, service.parts)
    async with watching(service, "bob") as stream:
        assert {"ann", "cy"} <= set(stream.people) <= {"ann", "cy", "bob"}
        await elsewhere.set("eve", text="Not for you")
        await service.set("new", text="Hello")
        ann = await stream.until(lambda seen: seen.text)
        assert (ann.user_id, ann.text) == ("new", "Hello")


async def test_a_thousand_people_and_not_one_more(service: Service) -> None:
    ids = [f"user-{number}" for number in range(1000)]
    async with watching(service, "bob", *ids) as stream:
        assert list(stream.people) == ids
        await service.set("user-999", text="Here")
        await stream.until(lambda seen: seen.user_id == "user-999")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with watching(service, "bob", *ids, "one-more"):
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_all_watchers_hear_of_a_change(service: Service) -> None:
    streams = [watching(service, f"watcher-{number}", "ann") for number in range(20)]
    opened = await asyncio.gather(*(each.__aenter__() for each in streams))
    await service.set("ann", text="Tea")
    heard = await asyncio.gather(*(each.until(lambda seen: seen.text == "Tea") for each in opened))
    assert len({each.SerializeToString(deterministic=True) for each in heard}) == 1
    await asyncio.gather(*(each.__aexit__(None, None, None) for each in streams))


async def test_of_streams_that_are_closed_nothing_is_left(service: Service) -> None:
    devices = [f"tab-{number % 20}" for number in range(100)]
    streams = [watching(service, f"user-{number % 10}", "ann", device=tab) for number, tab in enumerate(devices)]
    streams += [watching(service, f"user-{number}") for number in range(50)]
    await asyncio.gather(*(each.__aenter__() for each in streams))
    hub = service.parts.hub
    room = hub._readers[service.workspace].room
    assert len(hub._watchers) == 150
    assert len(hub._holds._streams) == 20
    await asyncio.gather(*(each.__aexit__(None, None, None) for each in streams))
    await eventually(lambda: not (hub._watchers or hub._holds._streams or hub._readings))
    assert not room.whole
    assert not any(facet.watchers for facet in room.facets.values())


async def test_a_server_that_stops_says_so(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        service.parts.hub.drain()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.next()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_stream_of_somebody_deleted_ends(service: Service) -> None:
    """Or it would go on to say that they are there; others hear that they are not."""
    deleted = feed_pb2.Change(user_deleted=feed_pb2.Deleted(id="ann"))
    async with watching(service, "ann", "bob", device="phone") as own, watching(service, "bob", "ann") as others:
        await service.ask(service.as_service(), feed_pb2.ApplyRequest(changes=[deleted]))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await own.next()
        assert (caught.value.code(), caught.value.details()) == (StatusCode.UNAUTHENTICATED, "This person was deleted")
        assert (await others.until(lambda ann: ann.online == OFFLINE)).user_id == "ann"
    await eventually(lambda: not service.parts.hub._holds._streams)
    [ann] = await service.seen("bob", "ann")
    assert (ann.online, ann.HasField("last_active_time")) == (OFFLINE, False)

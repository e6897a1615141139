"""Who is invisible looks, byte for byte, like somebody who is offline; to everybody but themselves.

Somebody who was there before looks like somebody who left: with the time of it, which nothing changes any more.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis.asyncio

from cairn.presence.v1 import presence_pb2 as pb
from services.presence.online import LAST_ACTIVE, OnlineAway
from services.presence.online_scripts import PREFIX
from tests.services.presence.client import Service
from tests.services.presence.there import eventually
from tests.services.presence.watching import watching

OFFLINE, ACTIVE = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_ACTIVE
Beat = pb.HeartbeatRequest
# Of a device that closes, in these tests.
GRACE = timedelta(seconds=0.2)


def bytes_of(seen: Any, user: str) -> bytes:
    """What is on the wire, but for the name, and of the time of their last activity only that it is there."""
    assert seen.user_id == user
    other = pb.Presence()
    other.CopyFrom(seen)
    other.user_id = "somebody"
    if other.HasField("last_active_time"):
        other.last_active_time.FromSeconds(1)
    return other.SerializeToString(deterministic=True)


async def hide(service: Service, user: str, invisible: bool = True) -> None:
    assert (await service.ask(user, pb.SetVisibilityRequest(invisible=invisible))).invisible == invisible


async def beat(service: Service, user: str, state: Any = Beat.STATE_ACTIVE) -> Any:
    return (await service.ask(user, Beat(device_id="phone", state=state))).online


async def leave(service: Service, *users: str) -> None:
    """Have people be there, close their devices, and be offline."""
    for user in users:
        await beat(service, user)
        await beat(service, user, Beat.STATE_OFFLINE)

    async def left() -> bool:
        return all(each.online == OFFLINE for each in await service.seen("bob", *users))

    await eventually(left)


async def one(service: Service, user: str, viewer: str = "bob") -> Any:
    return await service.ask(viewer, pb.GetPresenceRequest(user_id=user))


def active(seen: Any) -> datetime:
    """When they were last active, which must be known."""
    assert seen.HasField("last_active_time")
    return datetime.fromtimestamp(seen.last_active_time.ToMilliseconds() / 1000, UTC)


async def not_for(service: Service, user: str, longer: timedelta) -> None:
    """Wait until somebody has not been active for longer."""

    async def idle() -> bool:
        return datetime.now(UTC) - active(await one(service, user, user)) > longer

    await eventually(idle)


async def test_hidden_is_offline_in_get_and_batch(service: Service) -> None:
    await hide(service, "ghost")
    assert await beat(service, "ghost") == ACTIVE
    hidden, gone = await service.seen("bob", "ghost", "gone")
    assert bytes_of(hidden, "ghost") == bytes_of(gone, "gone")
    one = await service.ask("bob", pb.GetPresenceRequest(user_id="ghost"))
    other = await service.ask("bob", pb.GetPresenceRequest(user_id="gone"))
    assert bytes_of(one, "ghost") == bytes_of(other, "gone")


async def test_hidden_with_a_status_is_offline_with_that_status(service: Service) -> None:
    await hide(service, "ghost")
    await beat(service, "ghost")
    for user in ("ghost", "gone"):
        await service.set(user, emoji="🌴", text="Away", dnd=True)
    hidden, gone = await service.seen("bob", "ghost", "gone")
    assert hidden.text == "Away"
    assert bytes_of(hidden, "ghost") == bytes_of(gone, "gone")


async def test_the_hidden_see_themselves(service: Service) -> None:
    await hide(service, "ghost")
    await beat(service, "ghost")
    seen = await service.seen("ghost", "ghost", "bob")
    assert [each.online for each in seen] == [ACTIVE, OFFLINE]
    assert seen[0].HasField("last_active_time")
    assert (await service.ask("ghost", pb.GetPresenceRequest(user_id="ghost"))).online == ACTIVE
    async with watching(service, "ghost", "ghost") as stream:
        assert stream.people["ghost"].online == ACTIVE
    async with watching(service, "ghost") as stream:
        assert stream.people["ghost"].online == ACTIVE


async def test_hidden_is_offline_in_a_snapshot(service: Service) -> None:
    await hide(service, "ghost")
    await beat(service, "ghost")
    async with watching(service, "bob", "ghost", "gone") as stream:
        assert bytes_of(stream.people["ghost"], "ghost") == bytes_of(stream.people["gone"], "gone")
    async with watching(service, "bob") as stream:
        assert stream.people.keys() <= {"bob"}


async def test_hiding_is_going_and_showing_is_coming(service: Service) -> None:
    await leave(service, "gone")
    await beat(service, "ann")
    async with watching(service, "bob", "ann", "gone") as stream:
        assert stream.people["ann"].online == ACTIVE
        await hide(service, "ann")
        await stream.until(lambda seen: seen.online == OFFLINE)
        assert bytes_of(stream.people["ann"], "ann") == bytes_of(stream.people["gone"], "gone")
        await beat(service, "ann")
        await hide(service, "ann", invisible=False)
        assert (await stream.next()).presence.online == ACTIVE


async def test_nothing_the_hidden_do_is_heard_of(service: Service) -> None:
    """Beats, hiding again and closing are silent; the next thing to be heard is what others may see."""
    await hide(service, "ghost")
    async with watching(service, "bob", "ghost") as chosen, watching(service, "bob") as everybody:
        await beat(service, "ghost")
        await hide(service, "ghost")
        await service.ask("ghost", pb.HeartbeatRequest(device_id="tab", state=pb.HeartbeatRequest.STATE_AWAY))
        for device in ("phone", "tab"):
            state = pb.HeartbeatRequest.STATE_OFFLINE
            await service.ask("ghost", pb.HeartbeatRequest(device_id=device, state=state))
        async with watching(service, "ghost", "bob", device="laptop"):
            await service.set("ghost", text="Boo")
            for stream in (chosen, everybody):
                heard = (await stream.next()).presence
                assert heard == pb.Presence(user_id="ghost", text="Boo", online=OFFLINE)


async def test_the_time_somebody_hid_at_is_the_time_they_left(service: Service) -> None:
    """Never before what others saw already, and a grace before they went: so it is with everybody who leaves."""
    await beat(service, "ann")
    before = active(await one(service, "ann"))
    await hide(service, "ann")
    assert active(await one(service, "ann")) == before
    await hide(service, "ann", invisible=False)
    await not_for(service, "ann", GRACE * 2)
    hiding = datetime.now(UTC)
    await hide(service, "ann")
    left = active(await one(service, "ann"))
    assert hiding - GRACE - timedelta(milliseconds=2) <= left <= datetime.now(UTC) - GRACE


async def test_whatever_the_hidden_do_the_time_they_left_stays(service: Service, redis_url: str) -> None:
    await leave(service, "idle")
    for user in ("ann", "idle"):
        await beat(service, "ann")
        left = active(await one(service, user))
        await hide(service, user)
        for act in (beat(service, user), hide(service, user), leave(service, user), beat(service, user)):
            await act
            async with watching(service, "bob", user) as stream:
                seen = [stream.people[user], await one(service, user), *await service.seen("bob", user)]
            assert {active(each) for each in seen} == {left}
        assert active(await one(service, user, user)) > left
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
    await beat(service, "ann")
    # Of somebody who left, nothing would be known now.
    assert bytes_of(await one(service, "ann"), "ann") == bytes_of(await one(service, "stranger"), "stranger")


async def test_when_the_hidden_left_is_forgotten_after_thirty_days(service: Service, redis_url: str) -> None:
    """As it is with those who left; and the beats of the hidden do not keep it."""
    await beat(service, "ann")
    await hide(service, "ann")
    key = f"{PREFIX}seen:{service.workspace}\nann"
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        known: Any = await client.get(key)
        *others, left = known.decode().split(" ")
        await client.set(key, " ".join([*others, str(int(left) - round(LAST_ACTIVE.total_seconds() * 1000))]))
    await beat(service, "ann")
    assert not (await one(service, "ann")).HasField("last_active_time")


async def test_hiding_needs_no_redis(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await beat(service, "ann")

    async def away(*_: str) -> None:
        raise OnlineAway

    monkeypatch.setattr(service.parts.sessions, "hide", away)
    await hide(service, "ann")
    assert await one(service, "ann") == pb.Presence(user_id="ann", online=OFFLINE)


async def test_who_hides_again_left_again(service: Service) -> None:
    await beat(service, "ann")
    await hide(service, "ann")
    first = active(await one(service, "ann"))
    await hide(service, "ann", invisible=False)
    await not_for(service, "ann", GRACE)
    await beat(service, "ann")
    await hide(service, "ann")
    assert active(await one(service, "ann")) > first


async def test_the_hidden_take_no_place_among_those_who_are_there(service: Service) -> None:
    """Neither in the order of a snapshot, nor where a workspace is too large for one."""
    async with watching(service, "eve") as first:
        await hide(service, "ghost")
        await beat(service, "ghost")
        for user in ("amy", "zoe", "ghost"):
            await service.set(user, text="Tea")
        await first.until(lambda seen: seen.user_id == "ghost")
        await beat(service, "zoe")
        await first.until(lambda seen: seen.online == ACTIVE)
        async with watching(service, "bob") as second:
            assert list(second.people) == ["bob", "zoe", "amy", "ghost"]
    # Those who are there, the latest first; then anybody.
    await beat(service, "amy")
    await beat(service, "ghost")
    assert await service.parts.people.everybody(service.workspace, 2) == ["amy", "zoe"]


async def test_showing_again_shows_everything(service: Service) -> None:
    await hide(service, "ann")
    await beat(service, "ann")
    await hide(service, "ann", invisible=False)
    (ann,) = await service.seen("bob", "ann")
    assert (ann.online, ann.HasField("last_active_time")) == (ACTIVE, True)

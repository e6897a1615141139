"""Devices and what they make of a person, through the server: rows B28-B33, H09, H11; leases here last two seconds."""

import asyncio
import time
from typing import Any

import redis.asyncio
from grpc import StatusCode

from cairn.presence.v1 import presence_pb2 as pb
from tests.services.presence.client import Service
from tests.services.presence.watching import watching

OFFLINE, ACTIVE, AWAY = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_ACTIVE, pb.Presence.ONLINE_AWAY
Beat = pb.HeartbeatRequest


async def beat(service: Service, user: str, device: str, state: Any = Beat.STATE_ACTIVE) -> Any:
    answer = await service.ask(user, Beat(device_id=device, state=state))
    return answer.online


async def online(service: Service, user: str) -> Any:
    (seen,) = await service.seen("viewer", user)
    return seen.online


async def becomes(service: Service, user: str, state: Any, seconds: float = 4) -> None:
    give_up = time.monotonic() + seconds
    while await online(service, user) != state:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)


async def test_nobody_is_there_until_they_say_so(service: Service) -> None:
    assert await online(service, "ann") == OFFLINE
    answer = await service.ask("ann", Beat(device_id="phone"))
    assert answer.online == ACTIVE
    assert 0 < answer.next_in.ToTimedelta().total_seconds() < 2
    (ann,) = await service.seen("bob", "ann")
    assert (ann.online, ann.HasField("last_active_time")) == (ACTIVE, True)


async def test_two_devices(service: Service) -> None:
    """H09: close one, hide one, hide both, close the last."""
    await beat(service, "ann", "phone")
    await beat(service, "ann", "laptop")
    assert await beat(service, "ann", "phone", Beat.STATE_OFFLINE) == ACTIVE
    await beat(service, "ann", "phone")
    assert await beat(service, "ann", "phone", Beat.STATE_AWAY) == ACTIVE
    assert await beat(service, "ann", "laptop", Beat.STATE_AWAY) == AWAY
    assert await online(service, "ann") == AWAY
    await beat(service, "ann", "phone", Beat.STATE_OFFLINE)
    # Within the grace it may be a page that is only loaded again.
    assert await beat(service, "ann", "laptop", Beat.STATE_OFFLINE) == AWAY
    await becomes(service, "ann", OFFLINE)


async def test_coming_back_within_the_grace_is_never_having_left(service: Service) -> None:
    async with watching(service, "bob", "ann") as stream:
        await beat(service, "ann", "phone")
        await stream.until(lambda seen: seen.online == ACTIVE)
        await beat(service, "ann", "phone", Beat.STATE_OFFLINE)
        assert await beat(service, "ann", "phone") == ACTIVE
        await service.set("ann", text="Still here")
        event = await stream.next()
        assert (event.presence.text, event.presence.online) == ("Still here", ACTIVE)


async def test_a_device_that_falls_silent_is_gone_when_its_lease_ends(service: Service) -> None:
    await beat(service, "ann", "phone")
    await becomes(service, "ann", OFFLINE)
    (ann,) = await service.seen("bob", "ann")
    assert ann.HasField("last_active_time")


async def test_a_stream_is_a_heartbeat(service: Service) -> None:
    async with watching(service, "ann", "bob", device="tab"):
        give_up = time.monotonic() + 3
        while time.monotonic() < give_up:
            assert await online(service, "ann") == ACTIVE
            await asyncio.sleep(0.1)
    await becomes(service, "ann", OFFLINE)


async def test_a_thousand_people_at_once(service: Service) -> None:
    """H11: one call, everybody in the order asked, and the one after the thousandth is refused."""
    ids = [f"user-{number}" for number in range(1000)]
    await asyncio.gather(*(beat(service, id_, "phone") for id_ in ids[::100]))
    await service.set("user-7", text="Tea")
    people = await service.seen("viewer", *reversed(ids))
    assert [each.user_id for each in people] == ids[::-1]
    assert [each.user_id for each in people if each.online == ACTIVE] == ids[::100][::-1]
    assert [each.user_id for each in people if each.text] == ["user-7"]
    refusal = await service.refused("viewer", pb.BatchGetPresenceRequest(user_ids=[*ids, "more"]))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("user_ids",))


async def test_a_flush_heals_by_itself(service: Service, redis_url: str) -> None:
    """B29: the next heartbeat makes everything anew, whether it is a call or a stream."""
    async with watching(service, "cy", "ann", device="tab") as stream:
        await beat(service, "ann", "phone")
        await stream.until(lambda seen: seen.online == ACTIVE)
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.flushall()
        assert await online(service, "ann") == OFFLINE
        assert await beat(service, "ann", "phone") == ACTIVE
        assert await online(service, "ann") == ACTIVE
        await becomes(service, "cy", ACTIVE, seconds=2)


async def test_a_person_has_at_most_twenty_devices(service: Service) -> None:
    await asyncio.gather(*(beat(service, "ann", f"tab-{number}") for number in range(20)))
    refusal = await service.refused("ann", Beat(device_id="one more"))
    assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_DEVICES")
    assert await beat(service, "ann", "tab-0") == ACTIVE

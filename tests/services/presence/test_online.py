import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from services.presence.domain import Online, TooManyDevices
from services.presence.online import CHANNEL, MAX_DEVICES, SWEEP_MOST, OnlineAway, Seen, Sessions
from tests.services.presence.there import GRACE, LEASE, There, eventually


@pytest.fixture
async def there(redis_url: str) -> AsyncIterator[There]:
    """Ann, with no device yet, where no service sweeps but this one: others of this run have another database."""
    own_url = redis_url.removesuffix("/0") + "/1"
    sessions = Sessions(own_url, LEASE, GRACE)
    redis = Redis.from_url(own_url)
    yield There(sessions, redis)
    await sessions.aclose()
    await redis.aclose()


@pytest.fixture
async def heard(there: There) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Waits for the next thing published and tells it."""
    async with there.redis.pubsub() as channel:
        await channel.subscribe(CHANNEL)

        async def listen() -> str:
            async with asyncio.timeout(3):
                async for message in channel.listen():
                    if message["type"] == "message" and message["data"].decode().startswith(f"{there.workspace}\n"):
                        return str(message["data"].decode())
            raise AssertionError

        yield listen


async def test_the_most_present_of_all_devices_counts(there: There) -> None:
    assert await there.beat("laptop", Online.AWAY) is Online.AWAY
    assert await there.beat("phone", Online.ACTIVE) is Online.ACTIVE
    assert await there.beat("laptop", Online.AWAY) is Online.ACTIVE
    assert await there.beat("phone", Online.AWAY) is Online.AWAY
    assert await there.online() is Online.AWAY


async def test_one_of_two_devices_closes_and_the_other_counts_on(there: There) -> None:
    await there.beat("laptop")
    await there.beat("phone", Online.AWAY)
    assert await there.beat("laptop", Online.OFFLINE) is Online.ACTIVE
    assert GRACE / 2 < await there.until(Online.AWAY) < LEASE


async def test_the_last_device_closes_and_the_person_is_offline_after_the_grace(there: There) -> None:
    await there.beat("phone")
    assert await there.beat("phone", Online.OFFLINE) is Online.ACTIVE
    assert GRACE / 2 < await there.until(Online.OFFLINE) < LEASE


async def test_a_device_that_comes_back_within_the_grace_was_never_gone(there: There) -> None:
    await there.beat("phone")
    await there.beat("phone", Online.OFFLINE)
    await there.beat("phone")
    assert await there.until(Online.OFFLINE) > LEASE / 2


async def test_a_lease_ends_by_itself_with_nobody_sweeping(there: There) -> None:
    await there.beat("phone", Online.ACTIVE)
    assert await there.until(Online.OFFLINE) < LEASE * 2


async def test_an_active_lease_ends_before_that_of_a_device_that_is_away(there: There) -> None:
    await there.beat("laptop", Online.ACTIVE)
    await asyncio.sleep(LEASE / 2)
    await there.beat("phone", Online.AWAY)
    await there.until(Online.AWAY)
    await there.until(Online.OFFLINE)


async def test_last_active_is_kept_when_the_person_is_gone(there: There) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    await there.beat("phone")
    await there.beat("phone", Online.OFFLINE)
    await there.until(Online.OFFLINE)
    last = (await there.seen()).last_active_time
    assert last is not None
    assert before < last < datetime.now(UTC) + timedelta(seconds=1)


async def test_somebody_who_was_only_ever_away_has_no_last_active_time(there: There) -> None:
    await there.beat("phone", Online.AWAY)
    assert await there.seen() == Seen(Online.AWAY, None)
    assert await there.seen("nobody") == Seen(Online.OFFLINE, None)


async def test_keeping_a_device_leaves_it_as_it_said_it_was(there: There) -> None:
    await there.beat("phone", None, "stream")
    assert await there.online() is Online.ACTIVE
    await there.beat("phone", Online.AWAY)
    assert await there.beat("phone", None, "stream") is Online.AWAY


async def test_an_old_stream_that_ends_late_closes_nothing_of_the_new_one(there: There) -> None:
    await there.beat("phone", None, "old")
    await there.beat("phone", None, "new")
    await there.beat("phone", Online.OFFLINE, "old")
    assert await there.until(Online.OFFLINE) > LEASE / 2


async def test_the_twenty_first_device_is_refused_and_leaves_no_trace(there: There) -> None:
    for number in range(MAX_DEVICES):
        await there.beat(f"tab-{number}", Online.AWAY)
    with pytest.raises(TooManyDevices) as caught:
        await there.beat("one more")
    assert (caught.value.reason, caught.value.retry_after) == ("TOO_MANY_DEVICES", GRACE)
    assert await there.beat("tab-3", Online.AWAY) is Online.AWAY
    await there.until(Online.OFFLINE)
    assert await there.beat("one more") is Online.ACTIVE


async def test_a_beat_publishes_only_what_changes(there: There, heard: Callable[[], Awaitable[str]]) -> None:
    await there.beat("phone")
    await there.beat("phone")
    await there.beat("laptop", Online.AWAY)
    await there.sessions.beat(there.workspace, "bob", "phone", Online.ACTIVE)
    assert [await heard(), await heard()] == [f"{there.workspace}\nann", f"{there.workspace}\nbob"]


async def test_the_sweep_publishes_what_nobody_beats_any_more(
    there: There, heard: Callable[[], Awaitable[str]]
) -> None:
    await there.redis.flushdb()
    await there.beat("phone")
    await heard()
    swept: list[int] = []

    async def five_sweep() -> bool:
        swept.extend(await asyncio.gather(*(there.sessions.sweep() for _ in range(5))))
        return any(swept)

    await eventually(five_sweep)
    assert sum(swept) == 1
    assert await heard() == f"{there.workspace}\nann"
    assert await there.sessions.present(there.workspace) == []


async def test_a_lease_that_ends_between_a_beat_and_a_sweep_is_told_of_all_the_same(
    there: There, heard: Callable[[], Awaitable[str]]
) -> None:
    await there.beat("laptop", Online.ACTIVE)
    await there.beat("laptop", Online.OFFLINE)
    await there.beat("phone", Online.AWAY)
    await heard()
    await there.until(Online.AWAY)
    # The beat finds that what was told last is no longer so.
    await there.beat("phone", Online.AWAY)
    assert await heard() == f"{there.workspace}\nann"


async def test_the_sweep_says_when_the_next_one_is_worth_while(there: There) -> None:
    await there.redis.flushdb()
    await there.beat("phone")
    _, wait = await there.sessions.sweep_once()
    assert wait == SWEEP_MOST
    await there.beat("phone", Online.OFFLINE)
    _, wait = await there.sessions.sweep_once()
    assert GRACE / 2 < wait <= GRACE
    await there.redis.flushdb()
    assert await there.sessions.sweep_once() == (0, SWEEP_MOST)


async def test_a_beat_makes_everything_anew_after_a_flush(there: There, heard: Callable[[], Awaitable[str]]) -> None:
    await there.beat("phone")
    await heard()
    await there.redis.flushdb()
    await there.redis.script_flush()
    assert await there.online() is Online.OFFLINE
    assert await there.beat("phone", None) is Online.ACTIVE
    assert await heard() == f"{there.workspace}\nann"
    assert await there.online() is Online.ACTIVE


async def test_nothing_is_left_of_somebody_forgotten(there: There, heard: Callable[[], Awaitable[str]]) -> None:
    await there.beat("phone")
    await heard()
    await there.sessions.forget(there.workspace, "ann")
    assert await heard() == f"{there.workspace}\nann\ngone"
    assert await there.seen() == Seen()
    assert [key async for key in there.redis.scan_iter(f"*{there.workspace}*")] == []


async def test_closing_a_device_nobody_knows_leaves_nothing(there: There) -> None:
    assert await there.beat("phone", Online.OFFLINE) is Online.OFFLINE
    assert [key async for key in there.redis.scan_iter(f"*{there.workspace}*")] == []


async def test_a_thousand_people_in_one_round_trip(there: There) -> None:
    ids = [f"user-{number}" for number in range(1000)]
    for id_ in ids[::100]:
        await there.sessions.beat(there.workspace, id_, "phone", Online.ACTIVE)
    seen = await there.sessions.batch(there.workspace, ids)
    assert list(seen) == ids
    assert [id_ for id_ in ids if seen[id_].online is Online.ACTIVE] == ids[::100]
    assert set(await there.sessions.present(there.workspace)) == set(ids[::100])


async def test_without_redis_reads_say_offline_at_once_and_beats_say_when_to_try_again(
    free_port: Callable[[], int],
) -> None:
    away = Sessions(f"redis://127.0.0.1:{free_port()}/0")
    begun = time.monotonic()
    assert await away.batch("w", ["ann"]) == {"ann": Seen()}
    assert await away.present("w") == []
    assert time.monotonic() - begun < 3
    with pytest.raises(OnlineAway) as caught:
        await away.beat("w", "ann", "phone", Online.ACTIVE)
    assert (caught.value.reason, caught.value.retry_after) == ("ONLINE_AWAY", 1)
    await away.aclose()


async def test_when_redis_goes_away_a_lease_that_was_read_holds_until_it_ends(there: There) -> None:
    await there.beat("phone")
    assert await there.online() is Online.ACTIVE
    await there.redis.client_pause(1500)
    begun = time.monotonic()
    assert await there.online() is Online.ACTIVE
    assert (await there.seen("bob")).online is Online.OFFLINE
    assert time.monotonic() - begun < 1.2
    assert await there.until(Online.OFFLINE) < LEASE * 2
    # Others use this Redis too: it answers when the pause is over.
    await there.redis.ping()

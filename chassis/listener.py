"""Hears what is published on a channel of Redis. What is said may be lost: whoever listens looks for himself, too."""

import asyncio
from collections.abc import Callable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chassis.cancellation import unless_cancelled
from chassis.outage import Outage

# After so long a silence the connection is asked whether it is there; both together are less than ten seconds.
SILENCE_SECONDS = 5.0
ANSWER_SECONDS = 3.0


class RedisListener:
    """SUBSCRIBE on a connection of its own."""

    def __init__(self, redis_url: str, channel: str) -> None:
        """Which Redis, and what to listen to."""
        self._url = redis_url
        self._channel = channel
        self._outage = Outage(f"{channel} (listen)")

    async def run(self, heard: Callable[[str], None], lost: Callable[[], None]) -> None:
        """Listen for ever. `lost` is called whenever something may have been missed: each time it begins, too."""
        while True:
            try:
                await self._listen(heard, lost)
            except Exception as error:  # noqa: BLE001 - whatever it was, listening goes on
                await asyncio.sleep(self._outage.began(error))

    async def _listen(self, heard: Callable[[str], None], lost: Callable[[], None]) -> None:
        redis = Redis.from_url(self._url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=ANSWER_SECONDS)
        asked = False
        async with redis, redis.pubsub() as channel:
            await channel.subscribe(self._channel)
            while True:
                unless_cancelled()
                message = await channel.get_message(timeout=ANSWER_SECONDS if asked else SILENCE_SECONDS)
                if message is None and asked:
                    raise TimeoutError
                asked = message is None
                if message is None:
                    await channel.ping()
                elif message["type"] == "subscribe":
                    # The library subscribes again by itself; what was said in between is lost all the same.
                    self._outage.ended()
                    lost()
                elif message["type"] == "message":
                    heard(message["data"].decode(errors="replace"))

"""A consumer of a Redis stream that lives through whatever happens to Redis, and takes over from those that died."""

import asyncio
import uuid
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from chassis.outage import Outage

GROUP = "workers"
# Below the timeout of the socket, or an idle queue would look like a broken connection.
BLOCK_SECONDS = 1.0
# A read that has not come back by then never does: the connection is half open, or Redis hangs.
READ_SECONDS = 4.0
PATIENCE_SECONDS = 1.0
# A consumer that has not said for so long that it lives is dead.
ALIVE_SECONDS = 6.0
MAX_DELIVERIES = 5
TROUBLE = (RedisError, OSError, TimeoutError)

# Says that consumer ARGV[2] of group ARGV[1] lives (or, if ARGV[4] is 0, no longer does). Then adds once more, as new
# entries, what dead consumers were working at, and what was sent to this one and got lost on the way: ARGV[6] and
# later are the entries it knows of. Answers how many entries could not be added again.
TEND = """
local stream, group, me, prefix = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local alive_ms, most, page = tonumber(ARGV[4]), tonumber(ARGV[5]), 1000
local known, lost = {}, 0
for i = 6, #ARGV do known[ARGV[i]] = true end

local function add_again(id)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  local fields, data, tries = entry and entry[2] or {}, nil, 1
  for i = 1, #fields, 2 do
    if fields[i] == 'data' then data = fields[i + 1] end
    if fields[i] == 'tries' then tries = tonumber(fields[i + 1]) or most end
  end
  if data and tries < most then
    redis.call('XADD', stream, '*', 'data', data, 'tries', tries + 1)
  else
    lost = lost + 1
  end
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
end

local function take_from(consumer, idle)
  local entries = redis.call('XPENDING', stream, group, 'IDLE', idle, '-', '+', page, consumer)
  for _, entry in ipairs(entries) do
    if consumer ~= me or not known[entry[1]] then add_again(entry[1]) end
  end
  return #entries
end

if alive_ms > 0 then redis.call('SET', prefix .. me, 1, 'PX', alive_ms) else redis.call('DEL', prefix .. me) end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local name = consumer[2]
  if name == me and alive_ms > 0 then
    take_from(me, alive_ms)
  elseif redis.call('EXISTS', prefix .. name) == 0 and take_from(name, 0) < page then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, name)
  end
end
return lost
"""


class Entry(NamedTuple):
    """An entry of the stream."""

    id: bytes
    fields: dict[bytes, bytes]


class Consumer:
    """Reads a stream as one of the group that shares its entries."""

    def __init__(self, redis: Redis, stream: str, read_count: int) -> None:
        """At most `read_count` entries are read at once."""
        self._redis = redis
        self._stream = stream
        self._read_count = read_count
        self._name = uuid.uuid4().hex
        self._script = redis.register_script(TEND)
        self._reading = Outage(f"{stream} (read)")
        self._tending = Outage(f"{stream} (upkeep)")
        self._declared = False
        # Entries read and not yet deleted; of them, those done with.
        self._known: set[bytes] = set()
        self._done: set[bytes] = set()

    async def read(self) -> list[Entry]:
        """The next entries; none if none came within a second or, after a pause, if Redis was in trouble."""
        streams: Any = {self._stream: ">"}
        milliseconds = round(BLOCK_SECONDS * 1000)
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._declare()
                found: Any = await self._redis.xreadgroup(
                    GROUP, self._name, streams, count=self._read_count, block=milliseconds
                )
        except TROUBLE as error:
            self._declared = False  # whatever it was; after a flush the group is gone
            await asyncio.sleep(self._reading.began(error))
            return []
        self._reading.ended()
        entries = [Entry(*each) for each in found[0][1]] if found else []
        self._known.update(entry.id for entry in entries)
        return entries

    async def acknowledge(self, entry_id: bytes) -> None:
        """Delete an entry; if that is not possible now, it is done with the next one or at the next `tend`."""
        self._done.add(entry_id)
        await self._delete_done()

    async def tend(self) -> tuple[bool, int]:
        """Say that this consumer lives and take over from dead ones; to be called well within ALIVE_SECONDS.

        Tells whether Redis could be reached, and how many entries had to be given up.
        """
        return await self._tend(round(ALIVE_SECONDS * 1000), self._known)

    async def hand_back(self) -> None:
        """Leave what was read and not acknowledged to the others."""
        await self._tend(0, set())

    async def _tend(self, alive_ms: int, known: set[bytes]) -> tuple[bool, int]:
        await self._delete_done()
        given: list[str | int | bytes] = [GROUP, self._name, f"{self._stream}:alive:", alive_ms, MAX_DELIVERIES]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._declare()
                lost = int(await self._script(keys=[self._stream], args=[*given, *known]))
        except TROUBLE as error:
            self._declared = False
            self._tending.began(error)
            return False, 0
        self._tending.ended()
        return True, lost

    async def _declare(self) -> None:
        """Make the group, from the first entry on: what was rung before the first worker ever came counts, too."""
        if self._declared:
            return
        try:
            await self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._declared = True

    async def _delete_done(self) -> None:
        done = list(self._done)
        if not done:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._redis.pipeline(transaction=True) as pipe:
                pipe.xack(self._stream, GROUP, *done)
                pipe.xdel(self._stream, *done)
                await pipe.execute()
        except TROUBLE:
            return
        self._done.difference_update(done)
        self._known.difference_update(done)

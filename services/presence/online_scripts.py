r"""What Redis does by itself, at once, with the leases of devices. Times are its own, in milliseconds.

    devices:<workspace>\n<user>   hash: device -> "<state> <lease ends> <holder>"; gone with its last lease
    seen:<workspace>\n<user>      "<active until> <away until> <last active> <told> <left>": all that a read needs
    due                           sorted set: person -> when what they are may change next
    there:<workspace>             sorted set: who has a lease -> until when

`told` is what was published last. Since every change is found against it, none is lost between a beat and a sweep.
`left` is when somebody who hides was last active, as far as others may know; it stays while their devices go on.
All keys share a hash tag, so that they are in one slot of a cluster.
"""

PREFIX = "{cairn:presence}:"

_COMMON = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function number(value) return string.format('%.0f', value) end

local function settle(prefix, member, active, away, last, told, left, channel, keep)
  local break_ = string.find(member, '\\n', 1, true)
  local workspace, user = string.sub(member, 1, break_ - 1), string.sub(member, break_ + 1)
  local online, change = 'offline', nil
  if active > now then online, change = 'active', active
  elseif away > now then online, change = 'away', away end
  -- Of those who left, nothing is known for longer.
  if left + tonumber(keep) < now then left = 0 end
  local seen = table.concat({number(active), number(away), number(last), online, number(left)}, ' ')
  redis.call('SET', prefix .. 'seen:' .. member, seen, 'PX', keep)
  if change then
    redis.call('ZADD', prefix .. 'due', number(change), member)
    redis.call('ZADD', prefix .. 'there:' .. workspace, number(math.max(active, away)), user)
  else
    redis.call('ZREM', prefix .. 'due', member)
    redis.call('ZREM', prefix .. 'there:' .. workspace, user)
  end
  if online ~= told then redis.call('PUBLISH', channel, member) end
  return online
end

local function recall(prefix, member)
  local seen = redis.call('GET', prefix .. 'seen:' .. member)
  if not seen then return 0, 0, 0, 'offline', 0, false end
  local active, away, last, told, left = string.match(seen, '^(%d+) (%d+) (%d+) (%a+) (%d+)$')
  return tonumber(active), tonumber(away), tonumber(last), told, tonumber(left), true
end
"""

# One device says what it is: `active`, `away`, `offline` (its lease is cut to the grace), or `keep` (as it was).
# Only the holder that beat last can cut a lease: an old stream that ends late takes nothing from a new one.
BEAT = (
    _COMMON
    + """
local prefix, channel, member, device, state, holder = unpack(ARGV, 1, 6)
local lease, grace, keep, most = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], tonumber(ARGV[10])
local key = prefix .. 'devices:' .. member
local _, _, last, told, left, known = recall(prefix, member)
local devices, count, said = {}, 0, redis.call('HGETALL', key)
for i = 1, #said, 2 do
  local is, till, by = string.match(said[i + 1], '^(%a+) (%d+) (.*)$')
  if tonumber(till) > now then
    devices[said[i]] = {is = is, till = tonumber(till), by = by}
    count = count + 1
  else
    redis.call('HDEL', key, said[i])
  end
end

local mine = devices[device]
if state == 'keep' then state = mine and mine.is or 'active' end
if state == 'active' or (mine and mine.is == 'active') then last = now end
if state ~= 'offline' then
  if not mine and count >= most then return {'full', number(grace)} end
  if holder == '' and mine then holder = mine.by end
  mine = {is = state, till = now + lease, by = holder}
elseif mine and (holder == '' or holder == mine.by) then
  mine.till = math.min(mine.till, now + grace)
elseif not known then
  return {'offline', '0'}
end
devices[device] = mine

local active, away = 0, 0
if mine then redis.call('HSET', key, device, mine.is .. ' ' .. number(mine.till) .. ' ' .. mine.by) end
for _, each in pairs(devices) do
  if each.is == 'active' then active = math.max(active, each.till) else away = math.max(away, each.till) end
end
if active + away > 0 then redis.call('PEXPIRE', key, number(math.max(active, away) - now + 1000)) end
return {settle(prefix, member, active, away, last, told, left, channel, keep), '0'}
"""
)

# Somebody hides. Others are to see them as if they had closed their devices, a grace ago at the latest: nobody is
# offline sooner than that after they were active. Never earlier than others may have seen them active.
HIDE = (
    _COMMON
    + """
local prefix, member, grace = unpack(ARGV)
local active, away, last, told, left, known = recall(prefix, member)
if not known then return end
left = active > now and math.max(last, now - grace) or last
local seen = table.concat({number(active), number(away), number(last), told, number(left)}, ' ')
redis.call('SET', prefix .. 'seen:' .. member, seen, 'KEEPTTL')
"""
)

# People whose leases may have ended: how many were looked at, how many of them are now something else, and in how
# many milliseconds the next is due (-1: nobody).
SWEEP = (
    _COMMON
    + """
local prefix, channel, keep, limit = unpack(ARGV)
local changed = 0
local due = redis.call('ZRANGEBYSCORE', prefix .. 'due', '-inf', number(now), 'LIMIT', 0, limit)
for _, member in ipairs(due) do
  local active, away, last, told, left, known = recall(prefix, member)
  if not known then
    redis.call('ZREM', prefix .. 'due', member)
  elseif settle(prefix, member, active, away, last, told, left, channel, keep) ~= told then
    changed = changed + 1
  end
end
local first = redis.call('ZRANGE', prefix .. 'due', 0, 0, 'WITHSCORES')
return {#due, changed, first[2] and math.max(0, first[2] - now) or -1}
"""
)

# What is known of many people, in their order: the time, and the `seen` of each (empty: nothing). One argument and one
# answer for all of them: a thousand of each cost the client ten times what they cost Redis.
READ = """
local time = redis.call('TIME')
local found, keys = {}, {}
local function get()
  for _, seen in ipairs(#keys > 0 and redis.call('MGET', unpack(keys)) or {}) do found[#found + 1] = seen or '' end
  keys = {}
end
for member in string.gmatch(ARGV[2], '[^%z]+') do
  keys[#keys + 1] = ARGV[1] .. 'seen:' .. member
  if #keys == 1000 then get() end
end
get()
return {time[1] * 1000 + math.floor(time[2] / 1000), table.concat(found, '\\n')}
"""

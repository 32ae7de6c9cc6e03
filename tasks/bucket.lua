-- Token buckets that all workers share. Grants n permits from every bucket, or from none; a negative n puts them back.
-- KEYS: one bucket each.  ARGV: n, then for each bucket: permits per second, capacity, permits at birth, how many are left there.
-- Returns 0 if granted, else the milliseconds until it is worth asking again. Time is the server's own.
local n = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = 0
local filled = {}
for i, key in ipairs(KEYS) do
  local rate, capacity, birth = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local least = n
  if n > 0 then least = n + tonumber(ARGV[4 * i + 1]) end
  local state = redis.call('HMGET', key, 'tokens', 'at', 'halted')
  local tokens = tonumber(state[1]) or birth
  local at = tonumber(state[2]) or now
  local halted = tonumber(state[3]) or 0
  tokens = math.min(capacity, tokens + math.max(0, now - at) * rate / 1000)
  filled[i] = tokens
  if halted > now then
    wait = math.max(wait, halted - now)
  elseif tokens < least then
    wait = math.max(wait, math.ceil((least - tokens) * 1000 / rate))
  end
end
for i, key in ipairs(KEYS) do
  local rate, capacity = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local tokens = filled[i]
  if wait == 0 then tokens = math.min(capacity, tokens - n) end
  redis.call('HSET', key, 'tokens', tokens, 'at', now)
  -- Forgotten once it would be full again, but never before a halt is over.
  local halted = tonumber(redis.call('HGET', key, 'halted')) or 0
  redis.call('PEXPIRE', key, math.max(math.ceil(capacity * 1000 / rate) + 1000, halted - now + 1000))
end
return wait

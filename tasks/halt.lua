-- Lets nothing pass a bucket for a time; a longer halt that stands already is kept.
-- KEYS: the bucket.  ARGV: milliseconds. Time is the server's own.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local halt = now + tonumber(ARGV[1])
if halt > (tonumber(redis.call('HGET', KEYS[1], 'halted')) or 0) then
  redis.call('HSET', KEYS[1], 'halted', halt, 'tokens', 0, 'at', now)
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) + 60000)
end

-- Reserves the next free moment of each chat: no more than one message a second to the same person, over all workers and the bot.
-- KEYS: one for each chat.  ARGV: milliseconds between two messages; how many of them may be run ahead of, in a short burst.
-- Returns, for each chat, how many milliseconds to wait for its moment. Time is the server's own.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local apart, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = {}
for i, key in ipairs(KEYS) do
  local moment = math.max(now, tonumber(redis.call('GET', key)) or 0)
  redis.call('SET', key, moment + apart, 'PX', moment + apart - now)
  waits[i] = math.max(0, moment - now - burst)
end
return waits

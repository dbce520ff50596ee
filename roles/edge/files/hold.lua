-- Requests wait here while what they are for is away for some seconds, instead of failing. The map says until when, in seconds
-- since the epoch, so that nobody waits for ever where whoever began it was killed. Module haproxy_hold writes it.
local holds = Map.new(os.getenv("HOLD_MAP"), Map._str)

core.register_action("hold", { "http-req" }, function()
  repeat
    local deadline = tonumber(holds:lookup("api")) or 0
    local waits = core.now().sec < deadline
    if waits then core.msleep(50) end
  until not waits
end)

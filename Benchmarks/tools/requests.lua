-- Sends the requests of a file, each after its length on a line, one after the other; all connections share them.
--   wrk … -s requests.lua URL -- FILE [MILLISECONDS between two requests of a connection]
local requests, position = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    while true do
        local length = file:read("*n")
        if not length then break end
        file:read(1) -- the newline
        requests[#requests + 1] = file:read(length)
    end
    file:close()
    local pause = tonumber(arguments[2] or 0)
    if pause > 0 then delay = function() return pause end end
end

function request()
    position = position % #requests + 1
    return requests[position]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"p50":%.0f,"p99":%.0f,"errors":%d,"refused":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end

-- What an Application Load Balancer does to each request before it forwards it.
-- LISTENER_PORT and LISTENER_PROTOCOL are filled in when the listener is rendered.

local REASONS = {
  ["301"] = "Moved Permanently", ["302"] = "Found", ["400"] = "Bad Request",
  ["414"] = "Request-URI Too Large", ["463"] = "",
}

local function page(status)
  local title = status
  if REASONS[status] ~= "" then title = status .. " " .. REASONS[status] end
  return "<html>\r\n<head><title>" .. title .. "</title></head>\r\n<body>\r\n<center><h1>" .. title ..
    "</h1></center>\r\n</body>\r\n</html>\r\n"
end

local function answer(handle, status, location)
  handle:respond({[":status"] = status, ["content-type"] = "text/html", ["location"] = location}, page(status))
end

local function fill(template, values)
  return (template:gsub("#{(%a+)}", values))
end

local function redirect(handle, target)
  local path, query = handle:headers():get(":path"):match("^/?([^?]*)%??(.*)$")
  local host = handle:headers():get(":authority"):gsub(":%d+$", "")
  local values = {protocol = LISTENER_PROTOCOL, host = host, port = target.own_port, path = path, query = query}
  local location = fill(target.protocol, values):lower() .. "://" .. fill(target.host, values) .. ":" ..
    fill(target.port, values) .. fill(target.path, values)
  local filled = fill(target.query, values)
  if filled ~= "" then location = location .. "?" .. filled end
  answer(handle, target.status, location)
end

local function refusal(headers)
  if headers:get(":method") == "CONNECT" then return "400" end
  if #headers:get(":path") > 16384 then return "414" end
  for name, value in pairs(headers) do
    if #name + #value > 16384 then return "400" end
  end
  local forwarded = headers:get("x-forwarded-for")
  if forwarded and select(2, forwarded:gsub(",", "")) >= 30 then return "463" end
  return nil
end

local function trace_id()
  local random = {}
  for i = 1, 24 do random[i] = string.format("%x", math.random(0, 15)) end
  return "1-" .. string.format("%08x", os.time()) .. "-" .. table.concat(random)
end

local function trace(headers)
  local given = headers:get("x-amzn-trace-id")
  if not given then return "Root=" .. trace_id() end
  local rest = given:gsub("Self=[^;]*;?", "")
  if rest:find("Root=", 1, true) then return "Self=" .. trace_id() .. ";" .. rest end
  return "Root=" .. trace_id() .. ";" .. rest
end

math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000003)

function envoy_on_request(handle)
  local headers = handle:headers()
  local status = refusal(headers)
  if status then
    answer(handle, status)
    return
  end
  local target = handle:metadata():get("redirect")
  if target then
    redirect(handle, target)
    return
  end
  local client = handle:streamInfo():downstreamDirectRemoteAddress():gsub(":%d+$", "")
  local forwarded = headers:get("x-forwarded-for")
  headers:replace("x-forwarded-for", forwarded and (forwarded .. ", " .. client) or client)
  headers:replace("x-forwarded-proto", LISTENER_PROTOCOL)
  headers:replace("x-forwarded-port", LISTENER_PORT)
  headers:replace("x-amzn-trace-id", trace(headers))
  headers:replace(":authority", (headers:get(":authority"):gsub(":%d+$", "")))
  headers:remove("te")
  headers:remove("x-envoy-external-address")
  headers:remove("x-envoy-internal")
end

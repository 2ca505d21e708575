// SPDX-License-Identifier: Apache-2.0
#include "core/server/limits.h"

#include <algorithm>
#include <charconv>
#include <variant>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/nearest_word.h"

namespace adit::server {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// Where a limit is kept. Times are numbers of milliseconds here.
using Place = std::variant<Duration*, std::size_t*, std::uint32_t*, double*>;

struct Limit {
  std::string_view name;
  Place (*place)(ServerLimits& limits);
  std::uint64_t lowest, highest;
  std::string_view meaning;
};

constexpr std::uint64_t kDay = 24ULL * 60 * 60 * 1000;
constexpr std::uint64_t kMillion = 1'000'000;

// clang-format off
constexpr Limit kLimits[] = {
    {"head-bytes", [](ServerLimits& l) -> Place { return &l.head.headBytes; }, 256, 60 * 1024, "size of a request's head (431)"},
    {"target-bytes", [](ServerLimits& l) -> Place { return &l.head.targetBytes; }, 64, 60 * 1024, "length of its path and query (414)"},
    {"head-fields", [](ServerLimits& l) -> Place { return &l.head.fields; }, 8, 240, "number of its fields (431)"},
    {"head-timeout", [](ServerLimits& l) -> Place { return &l.headTimeout; }, 10, kDay, "for a head to arrive (408)"},
    {"handshake-timeout", [](ServerLimits& l) -> Place { return &l.handshakeTimeout; }, 10, kDay, "for TLS to be agreed on"},
    {"keep-alive-timeout", [](ServerLimits& l) -> Place { return &l.keepAliveTimeout; }, 10, kDay, "between requests"},
    {"body-timeout", [](ServerLimits& l) -> Place { return &l.bodyIdleTimeout; }, 10, kDay, "without a byte of a body, until its answer begins (408)"},
    {"body-rate", [](ServerLimits& l) -> Place { return &l.bodyRate; }, 0, kMillion, "bytes a second of a body that flows (408); 0: any"},
    {"write-timeout", [](ServerLimits& l) -> Place { return &l.writeIdleTimeout; }, 10, kDay, "for a visitor that reads nothing (reset)"},
    {"busy-write-timeout", [](ServerLimits& l) -> Place { return &l.busyWriteTimeout; }, 10, kDay, "the same while held-bytes are half used; most held first"},
    {"read-rate", [](ServerLimits& l) -> Place { return &l.readRate; }, 0, kMillion, "bytes a second of a visitor that reads (reset); 0: any"},
    {"held-bytes", [](ServerLimits& l) -> Place { return &l.heldBytes; }, 64 * 1024, 1000 * kMillion, "of answers nobody reads, a worker (reset)"},
    {"requests-per-tunnel", [](ServerLimits& l) -> Place { return &l.requestsPerTunnel; }, 1, kMillion, "at a time (503)"},
    {"address-share", [](ServerLimits& l) -> Place { return &l.addressShare; }, 1, 100, "percent of a tunnel's free places for one address (503)"},
    {"connections", [](ServerLimits& l) -> Place { return &l.connections; }, 1, kMillion, "visitors' in all"},
    {"handshakes-per-worker", [](ServerLimits& l) -> Place { return &l.handshakesPerWorker; }, 1, kMillion, "TLS handshakes at a time"},
    {"connections-per-address", [](ServerLimits& l) -> Place { return &l.connectionsPerAddress; }, 1, kMillion, "of an IPv4 address or IPv6 /64"},
    {"connections-from-loopback", [](ServerLimits& l) -> Place { return &l.connectionsFromLoopback; }, 1, kMillion, "of this machine, such as a proxy's"},
    {"spare-descriptors", [](ServerLimits& l) -> Place { return &l.spareDescriptors; }, 0, kMillion, "never used for visitors"},
    {"h2-streams", [](ServerLimits& l) -> Place { return &l.h2.concurrentStreams; }, 1, 10'000, "HTTP/2: of a connection at a time"},
    {"h2-requests", [](ServerLimits& l) -> Place { return &l.h2.requests; }, 1, kMillion, "HTTP/2: of a connection, then GOAWAY"},
    {"h2-stream-window", [](ServerLimits& l) -> Place { return &l.h2.streamWindow; }, 65'535, 64 * kMillion, "HTTP/2: bytes on the way"},
    {"h2-connection-window", [](ServerLimits& l) -> Place { return &l.h2.connectionWindow; }, 65'535, 256 * kMillion, "HTTP/2: the same, all streams"},
    {"h2-most-window", [](ServerLimits& l) -> Place { return &l.h2.mostWindow; }, 65'535, 256 * kMillion, "HTTP/2: what both grow to for fast visitors far away"},
    {"h2-window-growth", [](ServerLimits& l) -> Place { return &l.windowGrowth; }, 0, 10'000 * kMillion, "HTTP/2: by that, all connections of a worker"},
    {"h2-header-bytes", [](ServerLimits& l) -> Place { return &l.h2.headerBlockBytes; }, 256, kMillion, "HTTP/2: a header block, compressed"},
    {"h2-continuations", [](ServerLimits& l) -> Place { return &l.h2.continuations; }, 0, 1000, "HTTP/2: frames of a block after its first"},
    {"h2-settings", [](ServerLimits& l) -> Place { return &l.h2.settingsEntries; }, 8, 1000, "HTTP/2: entries of a SETTINGS"},
    {"h2-queued-acks", [](ServerLimits& l) -> Place { return &l.h2.queuedAcks; }, 1, kMillion, "HTTP/2: answers a visitor does not read"},
    {"h2-reset-burst", [](ServerLimits& l) -> Place { return &l.h2.resetBurst; }, 1, kMillion, "HTTP/2: streams reset at once"},
    {"h2-reset-rate", [](ServerLimits& l) -> Place { return &l.h2.resetRate; }, 0, kMillion, "HTTP/2: and a second afterwards"},
    {"h2-control-burst", [](ServerLimits& l) -> Place { return &l.h2.controlBurst; }, 1, kMillion, "HTTP/2: PING, SETTINGS, ... at once"},
    {"h2-control-rate", [](ServerLimits& l) -> Place { return &l.h2.controlRate; }, 0, kMillion, "HTTP/2: and a second afterwards"},
};
// clang-format on

struct Unit {
  std::string_view suffix;
  std::uint64_t milliseconds;
};
constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"", 1000}};

bool readNumber(std::string_view text, std::uint64_t& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool readTime(std::string_view text, std::uint64_t& value) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    if (!readNumber(text.substr(0, text.size() - unit.suffix.size()), value)) continue;
    if (value > kDay) return false;
    value *= unit.milliseconds;
    return true;
  }
  return false;
}

std::string showTime(std::uint64_t value) {
  return value % 1000 == 0 ? fmt::format("{}s", value / 1000) : fmt::format("{}ms", value);
}

std::string show(const Place& place, std::uint64_t value) {
  return std::holds_alternative<Duration*>(place) ? showTime(value) : fmt::format("{}", value);
}

std::uint64_t valueOf(const Place& place) {
  if (const auto* time = std::get_if<Duration*>(&place))
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(**time).count());
  if (const auto* size = std::get_if<std::size_t*>(&place)) return **size;
  if (const auto* rate = std::get_if<double*>(&place)) return static_cast<std::uint64_t>(**rate);
  return **std::get_if<std::uint32_t*>(&place);
}

void store(const Place& place, std::uint64_t value) {
  if (const auto* time = std::get_if<Duration*>(&place)) {
    **time = milliseconds(value);
  } else if (const auto* size = std::get_if<std::size_t*>(&place)) {
    **size = value;
  } else if (const auto* rate = std::get_if<double*>(&place)) {
    **rate = static_cast<double>(value);
  } else {
    **std::get_if<std::uint32_t*>(&place) = static_cast<std::uint32_t>(value);
  }
}

std::string unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Limit& limit : kLimits) names.push_back(limit.name);
  const std::string_view meant = nearestWord(name, names, 3);
  if (meant.empty()) return fmt::format("there is no limit '{}'", name);
  return fmt::format("there is no limit '{}'; did you mean '{}'?", name, meant);
}

}  // namespace

Result<> setLimit(ServerLimits& limits, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is not of the form name=value", assignment));
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  const Limit* limit = std::find_if(std::begin(kLimits), std::end(kLimits),
                                    [name](const Limit& each) { return each.name == name; });
  if (limit == std::end(kLimits)) return fail(ErrorCode::InvalidArgument, unknown(name));
  const Place place = limit->place(limits);
  const bool isTime = std::holds_alternative<Duration*>(place);
  std::uint64_t value = 0;
  if (!(isTime ? readTime(text, value) : readNumber(text, value))) {
    return fail(ErrorCode::InvalidArgument, fmt::format("the limit '{}' needs a {}, not '{}'", name,
                                                        isTime ? "time such as 30s" : "number", text));
  }
  if (value < limit->lowest || value > limit->highest) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the limit '{}' goes from {} to {}", name, show(place, limit->lowest),
                            show(place, limit->highest)));
  }
  store(place, value);
  return {};
}

std::string describeLimits() {
  ServerLimits defaults;
  std::string text = "Limits of a server (--limit name=value) and their defaults:\n";
  for (const Limit& limit : kLimits) {
    const Place place = limit.place(defaults);
    text += fmt::format("  {:<34} {}\n", fmt::format("{}={}", limit.name, show(place, valueOf(place))),
                        limit.meaning);
  }
  return text;
}

}  // namespace adit::server

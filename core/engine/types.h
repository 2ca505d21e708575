// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values the engine exchanges with the application and the window: specifications in, snapshots and events out. Plain
// values; any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/log.h"

namespace adit::engine {

using TunnelId = std::uint64_t;

/// What a user asks for.
struct TunnelSpec {
  std::string name;    ///< A DNS label; empty: a readable random one.
  std::string target;  ///< "3000", "host:port", "http://host:port", "unix:/path".
};

enum class TunnelState : std::uint8_t {
  Stopped,       ///< Not declared to the server.
  Connecting,    ///< Waiting for the server's first answer.
  Online,        ///< The public address answers.
  Reconnecting,  ///< Was online; the connection to the server is being made again.
  Failed,        ///< The server refused it (name taken, ...): see error.
};
std::string_view toString(TunnelState state) noexcept;

enum class LinkState : std::uint8_t { Offline, Connecting, Online, Waiting, Failed, Stopped };
std::string_view toString(LinkState state) noexcept;

/// Totals since the start of the process. In is from visitors to the origin, out is from the origin to visitors; content and
/// heads as they pass the client.
struct TrafficCounters {
  std::uint64_t bytesIn = 0, bytesOut = 0, requests = 0, failures = 0;
  std::uint32_t active = 0;  ///< Requests in flight now.
  friend bool operator==(const TrafficCounters&, const TrafficCounters&) = default;
};

struct TunnelSnapshot {
  TunnelId id = 0;
  TunnelSpec spec;
  TunnelState state = TunnelState::Stopped;
  std::string url;     ///< Public address while known (kept through reconnection).
  Error error;         ///< Meaningful in Failed, and the newest cause in Reconnecting.
  bool hasError = false;
  TrafficCounters traffic;
};

struct LinkSnapshot {
  LinkState state = LinkState::Offline;
  std::string server;         ///< "t.example.com:4433", or "this computer" for the embedded server.
  bool embedded = false;
  Error error;                ///< Newest cause while Waiting or Failed.
  bool hasError = false;
  std::chrono::milliseconds retryIn{0};
  double roundTripMs = 0;
};

struct Snapshot {
  std::uint64_t revision = 0;  ///< Grows with every change other than counters.
  std::chrono::steady_clock::time_point taken;
  LinkSnapshot link;
  std::vector<TunnelSnapshot> tunnels;  ///< In the order they were added.
  TrafficCounters total;
};

/// Something that happened, for the log pane, notifications and --json.
struct TunnelChanged { TunnelId id = 0; };
struct TunnelRemoved { TunnelId id = 0; };
struct LinkChanged {};
struct LogAdded { LogEntry entry; };
using Event = std::variant<TunnelChanged, TunnelRemoved, LinkChanged, LogAdded>;

}  // namespace adit::engine

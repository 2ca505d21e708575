// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values that the engine exchanges with the application and the window: specifications go in, snapshots
// and events come out. Plain values; any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/log.h"
#include "core/client/status.h"
#include "core/client/target.h"

namespace adit::engine {

using client::LinkSnapshot;
using client::LinkState;
using client::OriginOptions;
using client::OriginProblem;
using client::Target;
using client::TargetProblem;
using client::toString;
using client::TrafficCounters;
using client::TunnelId;
using client::TunnelSnapshot;
using client::TunnelSpec;
using client::TunnelState;

struct Snapshot {
  std::uint64_t revision = 0;  ///< Grows with every change other than counters.
  std::chrono::steady_clock::time_point taken;
  LinkSnapshot link;
  std::vector<TunnelSnapshot> tunnels;  ///< In the order they were added.
  TrafficCounters total;
};

/// Events, for the log pane, notifications and --json. Each contains the state that it reports, because a
/// snapshot may be newer when the event is read.
struct TunnelChanged {
  TunnelId id = 0;
  TunnelSnapshot tunnel;
};
struct TunnelRemoved {
  TunnelId id = 0;
};
struct LinkChanged {
  LinkSnapshot link;
};
/// useEmbedded() could not start the embedded server; the engine keeps the server it had.
struct ServerChangeFailed {
  Error error;
};
/// Visitors got an answer that this client made, because the origin gave none.
struct ProblemSeen {
  OriginProblem problem;
};
struct LogAdded {
  LogEntry entry;
};
/// The answer to Engine::releaseName.
struct NameReleased {
  std::string name;
  bool released = false;
  Error error;  ///< Set if it was not released.
};
using Event = std::variant<TunnelChanged, TunnelRemoved, LinkChanged, ServerChangeFailed, ProblemSeen,
                           LogAdded, NameReleased>;

/// The embedded server's default ports, which are not the defaults of other development servers.
inline constexpr std::uint16_t kEmbeddedHttpPort = 4080;
inline constexpr std::uint16_t kEmbeddedHttpsPort = 4443;

}  // namespace adit::engine

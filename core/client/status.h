// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a client reports about itself: tunnels, the link to its server, traffic. Plain values; any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/config/origin_options.h"

namespace adit::client {

using TunnelId = std::uint64_t;
using config::OriginOptions;

/// What a user asks for.
struct TunnelSpec {
  std::string name;    ///< A DNS label; empty: a readable random one.
  std::string target;  ///< As Target::parse takes it: "3000", "https://host", "h2c://host:port", ...
  OriginOptions origin = {};
  bool takeOver = false;  ///< Takes the name over, once, from another session of the same user.
  friend bool operator==(const TunnelSpec&, const TunnelSpec&) = default;
};

enum class TunnelState : std::uint8_t {
  Stopped,       ///< Not declared to the server.
  Connecting,    ///< Waiting for the server's first answer.
  Online,        ///< The public address answers.
  Reconnecting,  ///< Was online; the connection to the server is being made again.
  Failed,        ///< The server refused it (name taken, ...): see error.
};
/// "stopped", "connecting", "online", "reconnecting", "failed".
std::string_view toString(TunnelState state) noexcept;

enum class LinkState : std::uint8_t {
  Offline,     ///< Not started.
  Connecting,  ///< Resolving, handshake or login.
  Online,      ///< Logged in.
  Waiting,     ///< For the next attempt; see retryIn.
  Failed,      ///< Will not try again by itself: wrong pin, token refused, no version in common.
  Stopped,     ///< Closed on purpose.
};
/// "offline", "connecting", "online", "waiting", "failed", "stopped".
std::string_view toString(LinkState state) noexcept;

/// Totals since the start of the process. "In" is from visitors to the origin, "out" from the origin to
/// visitors; heads and content are counted as they pass the client.
struct TrafficCounters {
  std::uint64_t bytesIn = 0, bytesOut = 0, requests = 0, failures = 0;
  std::uint32_t active = 0;  ///< Requests in flight now.
  friend bool operator==(const TrafficCounters&, const TrafficCounters&) = default;
};

struct TunnelSnapshot {
  TunnelId id = 0;
  TunnelSpec spec;
  TunnelState state = TunnelState::Stopped;
  std::string url;  ///< The public address, while it is known (also during a reconnection).
  Error error;      ///< Valid in Failed, and in Reconnecting, where it is the newest cause.
  bool hasError = false;
  TrafficCounters traffic;
  std::string plainUrl = {};  ///< If `url` is https://: the address without TLS; empty if there is none.
  bool selfSigned = false;    ///< Visitors of the https:// address are warned about its certificate.
  std::string name = {};      ///< The name from the server, else the wanted one; empty before it chose one.
  /// Failed: another session of the user has the name. Starting it with TunnelSpec::takeOver moves it here.
  bool heldElsewhere = false;
};

/// Requests that this client answered itself, because their origin gave no (complete) answer.
struct OriginProblem {
  TunnelId tunnel = 0;
  std::string name;          ///< The tunnel's; empty if there is no tunnel with that id.
  std::uint16_t status = 0;  ///< That visitors got; 0: their connection was cut in the middle of an answer.
  std::string code;          ///< "origin-refused", "origin-broken", "origin-slow", "tunnel-unknown".
  std::string cause;    ///< The ErrorCode's name ("resolve-failed") if there was an error; otherwise empty.
  std::string message;  ///< A sentence for the user that names the target.
  std::uint32_t requests = 1;  ///< How many requests this stands for.
};

struct LinkSnapshot {
  LinkState state = LinkState::Offline;
  std::string server;  ///< "t.example.com:4433", or "this computer" for the embedded server.
  bool embedded = false;
  Error error;  ///< Newest cause while Waiting or Failed.
  bool hasError = false;
  std::chrono::milliseconds retryIn{0};
  double roundTripMs = 0;
  /// How long ago the server was last heard (or first asked for), as of this snapshot; zero while Online.
  std::chrono::milliseconds awayFor{0};
  std::string_view congestion = {};  ///< Of this end's connection ("bbr", "cubic"); empty without one.
};

}  // namespace adit::client

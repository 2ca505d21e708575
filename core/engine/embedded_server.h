// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server inside the client's own process: loopback only, a key and a token made anew each time. What one
// machine needs to try everything offline. As few programs but browsers resolve names below localhost, its
// tunnel has the hosts localhost, 127.0.0.1 and [::1] as well, while it is the only one. Any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/engine/types.h"
#include "core/server/server.h"
#include "core/session/join_link.h"

namespace adit::engine {

struct EmbeddedServer {
  std::unique_ptr<server::Server> server;
  session::JoinLink link;
};

struct EmbeddedServerParams {
  /// The first port to try; where something listens on it, by IPv4 or IPv6, the next twenty are tried, then
  /// any. 0: any.
  std::uint16_t httpPort = kEmbeddedHttpPort;
  std::optional<std::uint16_t> httpsPort = {};  ///< HTTPS too, likewise.
  /// Ports of origins, never taken: the server would be in the way of an origin that is started later, and a
  /// tunnel to it would lead back to the server.
  std::vector<std::uint16_t> originPorts = {};
  std::size_t loopbackPayload = 16376;              ///< See quic::TransportLimits.
  std::optional<quic::Congestion> congestion = {};  ///< See quic::TransportLimits.
  /// Where the certificate for HTTPS is kept (tls::ensureSelfSigned), so that it is worth trusting; empty:
  /// one in memory, made anew each time.
  std::filesystem::path certificateDirectory = {};
  http::RequestVia requestVia = http::RequestVia::Omitted;
};

/// Blocks for some milliseconds: keys are made, files read, threads started.
Result<EmbeddedServer> startEmbeddedServer(const EmbeddedServerParams& wanted);

}  // namespace adit::engine

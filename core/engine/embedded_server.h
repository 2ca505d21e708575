// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server inside the client's own process, with which everything can be used on one machine, offline. It
// listens on loopback only and makes a new key and a new token each time. Browsers resolve names below
// localhost, but few other programs do, so its tunnel also has the hosts localhost, 127.0.0.1 and [::1] while
// it is the only one. Any thread.

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
  /// The first port to try. If something listens on it, by IPv4 or IPv6, the next twenty are tried, and then
  /// any free port. 0: any free port.
  std::uint16_t httpPort = kEmbeddedHttpPort;
  std::optional<std::uint16_t> httpsPort = {};  ///< The same for HTTPS; empty: no HTTPS.
  /// The ports of origins, which the server must not use: it would block an origin that starts later, and the
  /// origin's tunnel would lead back to the server.
  std::vector<std::uint16_t> originPorts = {};
  std::size_t loopbackPayload = 16376;              ///< See quic::TransportLimits.
  std::optional<quic::Congestion> congestion = {};  ///< See quic::TransportLimits.
  /// Where the certificate for HTTPS is kept (tls::ensureSelfSigned), so that users need to trust it only
  /// once. Empty: a new one each time, in memory only.
  std::filesystem::path certificateDirectory = {};
  http::RequestVia requestVia = http::RequestVia::Omitted;
};

/// Blocks for some milliseconds while it makes keys, reads files and starts threads.
Result<EmbeddedServer> startEmbeddedServer(const EmbeddedServerParams& wanted);

}  // namespace adit::engine

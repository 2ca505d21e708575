// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server inside the client's own process: loopback only, a key and a token made anew each time. What one
// machine needs to try everything offline. Any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/server/server.h"
#include "core/session/join_link.h"

namespace adit::engine {

struct EmbeddedServer {
  std::unique_ptr<server::Server> server;
  session::JoinLink link;
};

struct EmbeddedServerParams {
  /// Where one is taken, both move on by up to twenty, or to any. 0: any.
  std::uint16_t httpPort = 8080;
  std::optional<std::uint16_t> httpsPort;  ///< HTTPS too.
  std::size_t loopbackPayload = 16376;     ///< See quic::TransportLimits.
  /// Where the certificate for HTTPS is kept (tls::ensureSelfSigned), so that it is worth trusting; empty:
  /// one in memory, made anew each time.
  std::filesystem::path certificateDirectory = {};
};

Result<EmbeddedServer> startEmbeddedServer(const EmbeddedServerParams& wanted);

}  // namespace adit::engine

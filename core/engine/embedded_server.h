// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server inside the client's own process: loopback only, a key and a token made anew each time. What one
// machine needs to try everything offline. Any thread.

#include <cstdint>
#include <memory>

#include "core/server/server.h"
#include "core/session/join_link.h"

namespace adit::engine {

struct EmbeddedServer {
  std::unique_ptr<server::Server> server;
  session::JoinLink link;
};

/// `httpPort` or, where it is taken, one of the twenty after it, or any. 0: any.
Result<EmbeddedServer> startEmbeddedServer(std::uint16_t httpPort, std::size_t loopbackPayload);

}  // namespace adit::engine

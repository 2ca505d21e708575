// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's limits with their defaults (design section 8). Plain values, fixed at start.

#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"
#include "core/http/h1_parser.h"

namespace adit::server {

struct ServerLimits {
  http::HeadLimits head;
  Duration headTimeout = std::chrono::seconds(10);       ///< 408
  Duration handshakeTimeout = std::chrono::seconds(10);  ///< TLS, from the connection on; closed.
  Duration keepAliveTimeout = std::chrono::seconds(60);  ///< Between requests; closed without a word.
  Duration bodyIdleTimeout = std::chrono::seconds(30);   ///< A visitor that stops in the middle of its body.
  Duration writeIdleTimeout = std::chrono::seconds(30);  ///< A visitor that stops reading.
  std::uint32_t requestsPerTunnel = 1000;                ///< Concurrent; 503 beyond.
  std::size_t connectionsPerWorker = 10'000;             ///< Visitors; accepting pauses beyond.
  std::size_t handshakesPerWorker = 1000;   ///< TLS handshakes in progress; accepting pauses beyond.
  std::size_t connectionsPerAddress = 256;  ///< A worker and visitor address (IPv6: /64); loopback is exempt.
};

}  // namespace adit::server

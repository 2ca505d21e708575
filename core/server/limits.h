// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's limits with their defaults, and the names by which an operator sets them ("--limit
// name=value"). Plain values, part of a ServerConfig.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/http/h1_parser.h"
#include "core/http/h2_guard.h"

namespace adit::server {

struct ServerLimits {
  http::HeadLimits head;
  http::H2Limits h2;
  Duration headTimeout = std::chrono::seconds(10);       ///< 408
  Duration handshakeTimeout = std::chrono::seconds(10);  ///< TLS, from the connection on; closed.
  Duration keepAliveTimeout = std::chrono::seconds(60);  ///< Between requests; closed without a word.
  /// How long a visitor may stop in the middle of its body before its answer has begun; 408.
  Duration bodyIdleTimeout = std::chrono::minutes(2);
  std::size_t bodyRate = 256;  ///< Bytes a second a body must bring while it flows; 408.
  Duration writeIdleTimeout = std::chrono::minutes(5);  ///< A visitor that stops reading; reset.
  /// The same while more than half of heldBytes waits; those who hold most go first.
  Duration busyWriteTimeout = std::chrono::seconds(30);
  std::size_t readRate = 256;                ///< Bytes a second a visitor must read while it reads; reset.
  std::size_t heldBytes = 16 * 1024 * 1024;  ///< Of answers that visitors do not read, a worker.
  std::uint32_t requestsPerTunnel = 1000;    ///< Concurrent; 503 beyond.
  /// Percent of a tunnel's free places that one visitor's address may have; 503 beyond. Loopback and trusted
  /// proxies may have all.
  std::uint32_t addressShare = 25;
  std::size_t windowGrowth = 64 * 1024 * 1024;   ///< Of HTTP/2 connections' windows, a worker.
  std::size_t connections = 10'000;              ///< Visitors in all; accepting pauses beyond.
  std::size_t handshakesPerWorker = 1000;        ///< TLS handshakes in progress; accepting pauses beyond.
  std::size_t connectionsPerAddress = 256;       ///< A visitor's IPv4 address or IPv6 /64.
  std::size_t connectionsFromLoopback = 10'000;  ///< A proxy on this machine speaks for many.
  std::size_t spareDescriptors = 64;             ///< Never used for visitors.
};

/// Sets one limit from "name=value". Times are a number with ms, s or m behind it (a bare number: seconds).
/// InvalidArgument with a sentence: unknown name (with the one that was perhaps meant), no number, out of
/// range.
Result<> setLimit(ServerLimits& limits, std::string_view assignment);
/// Every name with its meaning and default, a line each, for the help text.
std::string describeLimits();

}  // namespace adit::server

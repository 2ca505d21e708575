// SPDX-License-Identifier: Apache-2.0
#pragma once
// One client and one server in a SimWorld, and what the tests of both need over and over. One thread.

#include <optional>

#include "tests/sim/sim_apps.h"
#include "tests/sim/sim_world.h"

namespace adit::sim {

inline const net::SocketAddress kServerAddress = net::SocketAddress::fromIpv4({10, 0, 0, 1}, 4433);
inline const net::SocketAddress kClientAddress = net::SocketAddress::fromIpv4({10, 0, 0, 2}, 50000);

/// Made once a process: a P-256 key and its certificate.
std::shared_ptr<const tls::Identity> serverIdentity();
std::shared_ptr<const tls::Identity> clientIdentity();
quic::EndpointParams serverParams();
quic::EndpointParams clientParams();

struct SimPair {
  explicit SimPair(std::uint64_t seed, const quic::EndpointParams& server = serverParams(),
                   const quic::EndpointParams& client = clientParams());
  /// Connects and waits for both ends; the server's end is `atServer`.
  bool connect(Duration limit = std::chrono::seconds(10));
  /// Starts a connection from the client's node without waiting.
  transport::Link* startConnect();
  bool until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60)) {
    return world.runUntil(done, limit);
  }

  SimWorld world;
  SimNode server, client;
  ConnectionLog atClient, atServer;
  EchoServer echo;
  transport::Link* serverConnection = nullptr;
  /// Where set before connect(), the server echoes instead of recording.
  bool echoes = false;
};

}  // namespace adit::sim

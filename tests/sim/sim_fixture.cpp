// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_fixture.h"

namespace adit::sim {

std::shared_ptr<const tls::Identity> serverIdentity() {
  static const auto made = tls::Identity::generate("server").value();
  return made;
}

std::shared_ptr<const tls::Identity> clientIdentity() {
  static const auto made = tls::Identity::generate("client").value();
  return made;
}

quic::EndpointParams serverParams() {
  quic::EndpointParams params;
  params.role = quic::Role::Server;
  params.identity = serverIdentity();
  SeededRandom random(42);
  params.keys = quic::StaticKeys::generate(random);
  return params;
}

quic::EndpointParams clientParams() {
  quic::EndpointParams params;
  params.identity = clientIdentity();
  return params;
}

SimPair::SimPair(std::uint64_t seed, const quic::EndpointParams& serverSide,
                 const quic::EndpointParams& clientSide)
    : world(simSeed(seed)),
      server(world, kServerAddress, serverSide),
      client(world, kClientAddress, clientSide) {
  server.accepted = [this](transport::Link& connection) {
    serverConnection = &connection;
    if (echoes) {
      connection.setHandler(&echo);
    } else {
      atServer.connected = true;
      atServer.connection = &connection;
      connection.setHandler(&atServer);
    }
  };
}

transport::Link* SimPair::startConnect() {
  return client.connect(kServerAddress, atClient, serverIdentity()->pin());
}

bool SimPair::connect(Duration limit) {
  return startConnect() != nullptr &&
         world.runUntil([this] { return atClient.connected && serverConnection != nullptr; }, limit);
}

}  // namespace adit::sim

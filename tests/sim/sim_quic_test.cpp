// SPDX-License-Identifier: Apache-2.0
// A client and a server over the simulated network: the handshake, streams, bulk transfers over bad links.
#include <QtTest>

#include "tests/sim/sim_apps.h"
#include "tests/sim/sim_world.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

namespace {

const net::SocketAddress kServerAddress = net::SocketAddress::fromIpv4({10, 0, 0, 1}, 4433);
const net::SocketAddress kClientAddress = net::SocketAddress::fromIpv4({10, 0, 0, 2}, 50000);

std::shared_ptr<const tls::Identity> identity(std::string_view name) {
  auto made = tls::Identity::generate(name);
  return made ? *made : nullptr;
}

quic::EndpointParams serverParams() {
  static const auto server = identity("server");
  quic::EndpointParams params;
  params.role = quic::Role::Server;
  params.identity = server;
  return params;
}

quic::EndpointParams clientParams() {
  static const auto client = identity("client");
  quic::EndpointParams params;
  params.identity = client;
  return params;
}

}  // namespace

class SimQuicTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void handshakeAndEcho();
};

void SimQuicTest::handshakeAndEcho() {
  SimWorld world(simSeed(1));
  SimNode server(world, kServerAddress, serverParams());
  SimNode client(world, kClientAddress, clientParams());
  EchoServer echo;
  std::optional<tls::Pin> seen;
  server.accepted = [&](quic::Connection& connection) {
    connection.setHandler(&echo);
    seen = connection.peerPin();
  };
  ConnectionLog log;
  QVERIFY(client.connect(kServerAddress, log, serverParams().identity->pin()) != nullptr);
  QVERIFY(world.runUntil([&] { return log.connected; }, 1s));
  QVERIFY(log.connection->peerPin() == serverParams().identity->pin());
  auto [stream, streamLog] = log.open(*log.connection);
  QVERIFY(stream != nullptr);
  stream->sendCopy(asBytes("hello"));
  stream->finish();
  QVERIFY(world.runUntil([&] { return streamLog->closed; }, 1s));
  QCOMPARE(streamLog->received, std::string("hello"));
  QVERIFY(streamLog->fin);
  QVERIFY(seen == clientParams().identity->pin());
}

QTEST_GUILESS_MAIN(SimQuicTest)
#include "sim_quic_test.moc"

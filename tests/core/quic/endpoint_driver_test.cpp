// SPDX-License-Identifier: Apache-2.0
// The driver over real loopback sockets: a handshake, an echo, a transfer, a new socket in the middle of one.
#include <QtTest>

#include "core/quic/endpoint_driver.h"
#include "tests/sim/sim_apps.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const tls::Identity> serverIdentity() {
  static const auto made = tls::Identity::generate("server").value();
  return made;
}

struct Side final : quic::EndpointDriver::Handler {
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::create().value();
  std::unique_ptr<quic::EndpointDriver> driver;
  std::function<void(transport::Link&)> accepted;

  bool open(quic::EndpointParams params) {
    net::UdpParams udp;
    udp.bind = net::SocketAddress::loopback4(0);
    auto made = quic::EndpointDriver::open(*loop, std::move(params), udp, *this);
    if (!made) return false;
    driver = std::move(*made);
    return true;
  }
  void onAccepted(transport::Link& connection) override { accepted(connection); }
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}
};

struct Pair {
  Side server, client;
  EchoServer echo;
  ConnectionLog log;

  bool open(std::size_t loopbackPayload) {
    quic::EndpointParams params;
    params.limits.loopbackPayload = loopbackPayload;
    params.alpn = "adit/1";
    if (!client.open(params)) return false;
    SecureRandom random;
    params.keys = quic::StaticKeys::generate(random);
    params.role = quic::Role::Server;
    params.identity = serverIdentity();
    if (!server.open(params)) return false;
    server.accepted = [this](transport::Link& connection) { connection.setHandler(&echo); };
    quic::ConnectParams connect;
    connect.peer = server.driver->localAddress();
    connect.pin = serverIdentity()->pin();
    connect.handler = &log;
    return client.driver->connect(connect).has_value();
  }
  bool turnUntil(const std::function<bool()>& done) {
    for (int turn = 0; turn < 2'000'000 && !done(); ++turn) {
      server.loop->runOnce();
      client.loop->runOnce();
    }
    return done();
  }
};

}  // namespace

class EndpointDriverTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void echoes_data();
  void echoes();
  void survivesANewSocket();
  void closesBothEnds();
  void namesATakenAddress();
};

void EndpointDriverTest::echoes_data() {
  QTest::addColumn<int>("payload");
  QTest::newRow("internet-sized packets") << 0;
  QTest::newRow("large packets") << 16376;
}

void EndpointDriverTest::echoes() {
  QFETCH(int, payload);
  Pair pair;
  QVERIFY(pair.open(static_cast<std::size_t>(payload)));
  QVERIFY(pair.turnUntil([&] { return pair.log.connected; }));
  auto [stream, log] = pair.log.open(*pair.log.connection);
  log->keepBytes = false;
  constexpr std::uint64_t kTotal = 8 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  QVERIFY(pair.turnUntil([&] { return log->closed; }));
  QCOMPARE(log->bytes, kTotal);
  QVERIFY(log->patternHolds);
  QVERIFY(pair.client.driver->udpCounters().bytesOut > kTotal);
}

void EndpointDriverTest::survivesANewSocket() {
  Pair pair;
  QVERIFY(pair.open(16376));
  QVERIFY(pair.turnUntil([&] { return pair.log.connected; }));
  auto [stream, log] = pair.log.open(*pair.log.connection);
  log->keepBytes = false;
  constexpr std::uint64_t kTotal = 16 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  QVERIFY(pair.turnUntil([&log = log] { return log->bytes > kTotal / 4; }));
  const auto before = pair.client.driver->localAddress();
  QVERIFY(pair.client.driver->rebind().has_value());
  QVERIFY(pair.client.driver->localAddress() != before);
  QVERIFY(pair.turnUntil([&log = log] { return log->closed; }));
  QCOMPARE(log->bytes, kTotal);
  QVERIFY(log->patternHolds);
}

void EndpointDriverTest::closesBothEnds() {
  Pair pair;
  QVERIFY(pair.open(16376));
  QVERIFY(pair.turnUntil([&] { return pair.log.connected; }));
  pair.client.driver->closeAll(7, "bye");
  QVERIFY(pair.log.closed.has_value());
  QVERIFY(pair.turnUntil([&] { return pair.echo.closed.has_value(); }));
  QCOMPARE(pair.echo.closed->code, std::uint64_t{7});
  QCOMPARE(pair.echo.closed->reason, std::string("bye"));
}

void EndpointDriverTest::namesATakenAddress() {
  Pair pair;
  QVERIFY(pair.open(0));
  net::UdpParams udp;
  udp.bind = pair.server.driver->localAddress();
  const auto made = quic::EndpointDriver::open(*pair.client.loop, {}, udp, pair.client);
  QVERIFY(!made.has_value());
  QVERIFY(made.error().code == ErrorCode::AddressInUse);
}

QTEST_GUILESS_MAIN(EndpointDriverTest)
#include "endpoint_driver_test.moc"

// SPDX-License-Identifier: Apache-2.0
// A client and a server over the simulated network: handshakes, streams, bulk transfers over bad links,
// changes of address.
#include <set>

#include <QtTest>

#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

class SimQuicTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void handshakeShowsBothIdentities();
  void clientWithoutIdentityHasNoPin();
  void echoesOverManyStreams();
  void transfersOverBadLinks_data();
  void transfersOverBadLinks();
  void paysOneRoundTripForTheHandshake();
  void survivesSecondsOfDelay();
  void followsARebindingNat();
  void migratesWhenAsked();
  void refusesEndlessMigrations();
  void changesKeys();
  void reusesStreams();
  void idleConnectionIsKeptAlive();
  void sparesAcknowledgements();
};

void SimQuicTest::handshakeShowsBothIdentities() {
  SimPair pair(1);
  std::optional<tls::Pin> seen;
  const auto accept = pair.server.accepted;
  pair.server.accepted = [&](transport::Link& connection) {
    accept(connection);
    seen = connection.peerPin();
  };
  QVERIFY(pair.connect());
  QVERIFY(seen == clientIdentity()->pin());
  QVERIFY(pair.atClient.connection->peerPin() == serverIdentity()->pin());
  QVERIFY(pair.serverConnection->peerAddress() == kClientAddress);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{1});
  QCOMPARE(pair.server.endpoint().counters().handshakes, std::uint64_t{1});
}

void SimQuicTest::clientWithoutIdentityHasNoPin() {
  SimPair pair(2, serverParams(), quic::EndpointParams{});
  QVERIFY(pair.connect());
  QVERIFY(!pair.serverConnection->peerPin().has_value());
}

void SimQuicTest::echoesOverManyStreams() {
  SimPair pair(3);
  pair.echoes = true;
  QVERIFY(pair.connect());
  constexpr int kStreams = 1000;
  int open = 0, done = 0;
  bool right = true;
  const auto start = [&] {
    while (open < kStreams) {
      auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
      if (stream == nullptr) return;
      const std::string text = "request " + std::to_string(open++);
      log->onClose = [&, expected = text, log = log](transport::Stream&) {
        ++done;
        right = right && log->received == expected && log->fin;
      };
      stream->sendCopy(asBytes(text));
      stream->finish();
    }
  };
  pair.atClient.onCredit = [&](transport::Link&) { start(); };
  start();
  QVERIFY(open < kStreams);  // the limit holds
  QVERIFY(pair.until([&] { return done == kStreams; }));
  QVERIFY(right);
  QVERIFY(pair.until([&] { return pair.echo.open == 0; }));
  QCOMPARE(pair.echo.opened, kStreams);
  QVERIFY(pair.atClient.credits > 0);
}

void SimQuicTest::transfersOverBadLinks_data() {
  QTest::addColumn<quint64>("seed");
  QTest::addColumn<double>("loss");
  QTest::addColumn<double>("reorder");
  QTest::addColumn<double>("duplicate");
  QTest::addColumn<double>("corrupt");
  QTest::addColumn<quint64>("bytes");
  constexpr quint64 kTwenty = 20 * 1024 * 1024;
  QTest::newRow("clean") << quint64{10} << 0.0 << 0.0 << 0.0 << 0.0 << kTwenty;
  QTest::newRow("loss 1 %") << quint64{11} << 0.01 << 0.0 << 0.0 << 0.0 << kTwenty;
  QTest::newRow("reordering 5 %") << quint64{12} << 0.0 << 0.05 << 0.0 << 0.0 << kTwenty;
  QTest::newRow("everything a little") << quint64{13} << 0.005 << 0.01 << 0.01 << 0.005 << kTwenty;
  QTest::newRow("everything a little, again") << quint64{14} << 0.005 << 0.01 << 0.01 << 0.005 << kTwenty;
  QTest::newRow("everything badly") << quint64{15} << 0.10 << 0.10 << 0.10 << 0.05 << quint64{1024 * 1024};
}

void SimQuicTest::transfersOverBadLinks() {
  QFETCH(quint64, seed);
  QFETCH(quint64, bytes);
  QFETCH(double, loss);
  QFETCH(double, reorder);
  QFETCH(double, duplicate);
  QFETCH(double, corrupt);
  SimPair pair(seed);
  QVERIFY(pair.connect());
  pair.world.link().loss = loss;
  pair.world.link().reorder = reorder;
  pair.world.link().duplicate = duplicate;
  pair.world.link().corrupt = corrupt;
  pair.world.link().jitter = 1ms;
  // Both ways at once, on one stream each way and in the two directions of one.
  std::unique_ptr<PatternSource> answer;
  StreamLog* down = nullptr;
  pair.atServer.onOpened = [&](transport::Stream& stream, StreamLog& log) {
    log.keepBytes = false;
    down = &log;
    answer = std::make_unique<PatternSource>(stream, log, bytes);
  };
  auto [stream, up] = pair.atClient.open(*pair.atClient.connection);
  up->keepBytes = false;
  PatternSource source(*stream, *up, bytes);
  QVERIFY(pair.until([&, up = up] { return up->closed && down != nullptr && down->closed; }, 60min));
  QCOMPARE(up->bytes, bytes);
  QCOMPARE(down->bytes, bytes);
  QVERIFY(up->patternHolds);
  QVERIFY(down->patternHolds);
  QVERIFY(up->fin);
  QVERIFY(down->fin);
  QCOMPARE(up->eventsAfterClose + down->eventsAfterClose + pair.atClient.eventsAfterClose, 0);
}

void SimQuicTest::paysOneRoundTripForTheHandshake() {
  SimPair pair(20);
  pair.world.link().delay = 50ms;
  const Timestamp begun = pair.world.now();
  QVERIFY(pair.startConnect() != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.connected; }));
  QVERIFY(pair.world.now() - begun < 110ms);
}

void SimQuicTest::survivesSecondsOfDelay() {
  auto patient = clientParams();
  auto server = serverParams();
  patient.limits.handshakeTimeout = server.limits.handshakeTimeout = 60s;
  SimPair pair(21, server, patient);
  pair.echoes = true;
  pair.world.link().delay = 3s;
  QVERIFY(pair.connect(60s));
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes(std::string(100'000, 'x')));
  stream->finish();
  QVERIFY(pair.until([&, log = log] { return log->closed; }, 10min));
  QCOMPARE(log->received.size(), std::size_t{100'000});
}

void SimQuicTest::followsARebindingNat() {
  SimPair pair(22);
  pair.echoes = true;
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  log->keepBytes = false;
  constexpr std::uint64_t kTotal = 4 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  QVERIFY(pair.until([&log = log] { return log->bytes > kTotal / 3; }));
  const auto moved = net::SocketAddress::fromIpv4({10, 0, 0, 77}, 61000);
  pair.client.rebind(moved);
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QCOMPARE(log->bytes, kTotal);
  QVERIFY(log->patternHolds);
  QVERIFY(pair.serverConnection->peerAddress() == moved);
  QVERIFY(pair.serverConnection->stats().migrations >= 1);
}

void SimQuicTest::migratesWhenAsked() {
  SimPair pair(23);
  pair.echoes = true;
  QVERIFY(pair.connect());
  pair.world.runFor(1s);  // spare connection IDs have arrived
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  log->keepBytes = false;
  constexpr std::uint64_t kTotal = 4 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  QVERIFY(pair.until([&log = log] { return log->bytes > kTotal / 3; }));
  const auto moved = net::SocketAddress::fromIpv4({10, 9, 9, 9}, 50001);
  pair.client.moveTo(moved);
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QCOMPARE(log->bytes, kTotal);
  QVERIFY(pair.serverConnection->peerAddress() == moved);
  QCOMPARE(pair.atClient.connection->stats().migrations, std::uint64_t{1});
}

void SimQuicTest::refusesEndlessMigrations() {
  SimPair pair(24);
  pair.echoes = true;
  QVERIFY(pair.connect());
  for (std::uint16_t i = 0; i < 50; ++i) {
    pair.client.rebind(net::SocketAddress::fromIpv4({10, 0, 1, 1}, static_cast<std::uint16_t>(40000 + i)));
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    QVERIFY(stream != nullptr);
    stream->sendCopy(asBytes("x"));
    pair.world.runFor(100ms);
  }
  QVERIFY(pair.serverConnection->stats().migrations <= 8);
}

void SimQuicTest::changesKeys() {
  auto params = clientParams();
  params.limits.keyUpdatePackets = 500;
  SimPair pair(25, serverParams(), params);
  pair.echoes = true;
  pair.world.link().bytesPerSecond = 4 * 1024 * 1024;  // long enough: one update must settle before the next
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  log->keepBytes = false;
  constexpr std::uint64_t kTotal = 8 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QCOMPARE(log->bytes, kTotal);
  QVERIFY(log->patternHolds);
  QVERIFY(pair.atClient.connection->stats().keyUpdates >= 2);
}

void SimQuicTest::reusesStreams() {
  SimPair pair(26);
  pair.echoes = true;
  QVERIFY(pair.connect());
  std::set<const void*> objects;
  for (int i = 0; i < 300; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    QVERIFY(stream != nullptr);
    objects.insert(stream);
    QCOMPARE(stream->unsentBytes(), std::size_t{0});
    stream->sendCopy(asBytes("once more"));
    stream->finish();
    QVERIFY(pair.until([&log = log] { return log->closed; }));
    QCOMPARE(log->received, std::string("once more"));
  }
  QCOMPARE(objects.size(), std::size_t{1});
  // Nothing of what was sent stays in memory once it is acknowledged.
  QVERIFY(pair.client.slabs().live() <= 1);
}

void SimQuicTest::idleConnectionIsKeptAlive() {
  SimPair pair(27);
  QVERIFY(pair.connect());
  const Timestamp heard = pair.serverConnection->lastHeard();
  pair.world.runFor(10min);
  QVERIFY(!pair.atClient.closed);
  QVERIFY(!pair.atServer.closed);
  QVERIFY(pair.serverConnection->lastHeard() > heard + 9min);
}

// A receiver that has nothing to say answers several packets with one acknowledgement, and none at once.
void SimQuicTest::sparesAcknowledgements() {
  SimPair pair(28);
  QVERIFY(pair.connect());
  pair.world.runFor(5s);
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  const std::uint64_t before = pair.server.endpoint().counters().packetsOut;
  for (int i = 0; i < 64; ++i) {
    stream->sendCopy(asBytes("a small piece"));
    pair.world.runFor(100us);
  }
  pair.world.runFor(1s);
  const std::uint64_t answers = pair.server.endpoint().counters().packetsOut - before;
  QVERIFY2(answers >= 2 && answers <= 16, std::to_string(answers).c_str());
}

QTEST_GUILESS_MAIN(SimQuicTest)
#include "sim_quic_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Unreliable datagrams (RFC 9221) over the simulated network: delivery, loss, sizes, the queue's bound, and
// peers that take none.
#include <QtTest>

#include "core/transport/datagrams.h"
#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;
using transport::DatagramOutcome;

namespace {

struct DatagramLog final : transport::DatagramHandler {
  std::vector<std::string> received;
  void onDatagram(transport::Link&, ByteView data) override { received.emplace_back(asText(data)); }
};

/// A connected pair whose server's end records datagrams.
struct DatagramPair : SimPair {
  using SimPair::SimPair;
  DatagramLog log;
  bool connectBoth() {
    if (!connect()) return false;
    serverConnection->datagrams()->setDatagramHandler(&log);
    return true;
  }
  transport::Datagrams& sender() { return *atClient.connection->datagrams(); }
  DatagramOutcome send(std::string_view text) { return sender().sendDatagram(asBytes(text)); }
};

std::string numbered(std::size_t number, std::size_t size) {
  std::string text = std::to_string(number);
  text.resize(std::max(size, text.size()), '.');
  return text;
}

}  // namespace

class SimDatagramTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void arrivesBothWays();
  void lossIsNotRepaired();
  void theLargestOneFits_data();
  void theLargestOneFits();
  void theOldestGiveWayWhenTheQueueIsFull();
  void sharesWithABulkStream();
  void aPeerMayTakeNone();
  void nothingBeforeTheHandshakeOrAfterTheEnd();
  void withoutAHandlerTheyAreDropped();
};

void SimDatagramTest::arrivesBothWays() {
  DatagramPair pair(301);
  QVERIFY(pair.connectBoth());
  DatagramLog atClient;
  pair.sender().setDatagramHandler(&atClient);
  QVERIFY(pair.send("ping") == DatagramOutcome::Queued);
  QVERIFY(pair.send("") == DatagramOutcome::Queued);
  QVERIFY(pair.serverConnection->datagrams()->sendDatagram(asBytes("pong")) == DatagramOutcome::Queued);
  pair.world.runFor(15ms);  // one way and a little: nothing waits for a timer
  QCOMPARE(pair.log.received, (std::vector<std::string>{"ping", ""}));
  QCOMPARE(atClient.received, (std::vector<std::string>{"pong"}));
  QCOMPARE(pair.sender().datagramCounters().sent, std::uint64_t{2});
  QCOMPARE(pair.serverConnection->datagrams()->datagramCounters().received, std::uint64_t{2});
}

void SimDatagramTest::lossIsNotRepaired() {
  DatagramPair pair(302);
  QVERIFY(pair.connectBoth());
  pair.world.link().loss = 0.2;
  pair.world.link().reorder = 0.1;
  for (std::size_t i = 0; i < 500; ++i) {
    QVERIFY(pair.send(numbered(i, 100)) == DatagramOutcome::Queued);
    pair.world.runFor(5ms);
  }
  pair.world.link().loss = 0;
  pair.world.runFor(2s);
  const std::vector<std::string>& received = pair.log.received;
  QVERIFY2(received.size() > 300 && received.size() < 470, qPrintable(QString::number(received.size())));
  // Each at most once, and whole.
  std::vector<std::string> sorted = received;
  std::sort(sorted.begin(), sorted.end());
  QVERIFY(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
  for (const std::string& text : received) QCOMPARE(text, numbered(std::stoul(text), 100));
}

void SimDatagramTest::theLargestOneFits_data() {
  QTest::addColumn<bool>("loopback");
  QTest::newRow("internet") << false;
  QTest::newRow("loopback") << true;
}

void SimDatagramTest::theLargestOneFits() {
  QFETCH(bool, loopback);
  SimWorld world(simSeed(303));
  world.link().maxPayload = loopback ? 65'535 : 1500;
  const auto at = [&](std::uint16_t port) {
    return loopback ? net::SocketAddress::loopback4(port) : net::SocketAddress::fromIpv4({10, 0, 0, 1}, port);
  };
  SimNode server(world, at(4433), serverParams()), client(world, at(50000), clientParams());
  ConnectionLog atClient, atServer;
  DatagramLog log;
  server.accepted = [&](transport::Link& link) {
    link.setHandler(&atServer);
    link.datagrams()->setDatagramHandler(&log);
  };
  QVERIFY(client.connect(server.address(), atClient, serverIdentity()->pin()) != nullptr);
  QVERIFY(world.runUntil([&] { return atClient.connected; }, 5s));
  world.runFor(5s);  // the path's packet size is found out
  transport::Datagrams& sender = *atClient.connection->datagrams();
  const std::size_t most = sender.maxDatagramSize();
  QVERIFY2(most > (loopback ? 16'000U : 1'380U), qPrintable(QString::number(most)));
  QVERIFY(sender.sendDatagram(asBytes(std::string(most + 1, 'x'))) == DatagramOutcome::TooLarge);
  QVERIFY(sender.sendDatagram(asBytes(std::string(most, 'y'))) == DatagramOutcome::Queued);
  QVERIFY(sender.sendDatagram(asBytes(std::string(most - 1, 'z'))) == DatagramOutcome::Queued);
  world.runFor(100ms);
  QCOMPARE(log.received.size(), std::size_t{2});
  QCOMPARE(log.received[0], std::string(most, 'y'));
  QCOMPARE(log.received[1], std::string(most - 1, 'z'));
}

void SimDatagramTest::theOldestGiveWayWhenTheQueueIsFull() {
  DatagramPair pair(304);
  QVERIFY(pair.connectBoth());
  constexpr std::size_t kSize = 1000, kCount = 3000;
  for (std::size_t i = 0; i < kCount; ++i) QVERIFY(pair.send(numbered(i, kSize)) == DatagramOutcome::Queued);
  QVERIFY(pair.sender().queuedDatagramBytes() <= transport::Datagrams::kMaxQueued);
  QVERIFY(pair.sender().queuedDatagramBytes() > transport::Datagrams::kMaxQueued - 10 * kSize);
  const std::uint64_t displaced = pair.sender().datagramCounters().displaced;
  QVERIFY(displaced > 0);
  QVERIFY(pair.until([&] { return pair.log.received.size() == kCount - displaced; }));
  QCOMPARE(pair.log.received.front(), numbered(displaced, kSize));
  QCOMPARE(pair.log.received.back(), numbered(kCount - 1, kSize));
  QCOMPARE(pair.sender().queuedDatagramBytes(), std::size_t{0});
}

void SimDatagramTest::sharesWithABulkStream() {
  DatagramPair pair(305);
  pair.world.link().bytesPerSecond = 1'000'000;
  QVERIFY(pair.connectBoth());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 2'000'000);
  source.pump(*stream);
  // Datagrams that would fill the path alone, as long as the transfer lasts.
  std::size_t count = 0;
  const auto refill = [&] {
    while (pair.sender().queuedDatagramBytes() < 200'000) pair.send(numbered(count++, 1000));
    return !pair.atServer.streams.empty() && pair.atServer.streams.begin()->second->fin;
  };
  QVERIFY(pair.until(refill, 30s));
  QVERIFY(pair.atServer.streams.begin()->second->patternHolds);
  const std::size_t beside = pair.log.received.size() * 1000;
  QVERIFY2(beside > 700'000 && beside < 6'000'000, qPrintable(QString::number(beside)));
}

void SimDatagramTest::aPeerMayTakeNone() {
  auto params = serverParams();
  params.limits.maxDatagramFrame = 0;
  DatagramPair pair(306, params);
  QVERIFY(pair.connect());
  QCOMPARE(pair.sender().maxDatagramSize(), std::size_t{0});
  QVERIFY(pair.send("x") == DatagramOutcome::NotSupported);
  QCOMPARE(pair.sender().queuedDatagramBytes(), std::size_t{0});
  // The other direction is offered all the same.
  DatagramLog atClient;
  pair.sender().setDatagramHandler(&atClient);
  QVERIFY(pair.serverConnection->datagrams()->sendDatagram(asBytes("y")) == DatagramOutcome::Queued);
  QVERIFY(pair.until([&] { return atClient.received.size() == 1; }, 1s));
}

void SimDatagramTest::nothingBeforeTheHandshakeOrAfterTheEnd() {
  DatagramPair pair(307);
  transport::Link* link = pair.startConnect();
  QVERIFY(link != nullptr);
  QVERIFY(link->datagrams()->sendDatagram(asBytes("early")) == DatagramOutcome::NotSupported);
  QVERIFY(pair.until([&] { return pair.atClient.connected && pair.serverConnection != nullptr; }));
  pair.serverConnection->datagrams()->setDatagramHandler(&pair.log);
  link->close(0, "");
  QVERIFY(link->datagrams()->sendDatagram(asBytes("late")) == DatagramOutcome::NotSupported);
  QVERIFY(pair.until([&] { return pair.atServer.closed.has_value(); }));
  QVERIFY(pair.log.received.empty());
}

void SimDatagramTest::withoutAHandlerTheyAreDropped() {
  DatagramPair pair(308);
  QVERIFY(pair.connect());
  QVERIFY(pair.send("x") == DatagramOutcome::Queued);
  pair.world.runFor(50ms);
  QCOMPARE(pair.serverConnection->datagrams()->datagramCounters().unwanted, std::uint64_t{1});
  QVERIFY(!pair.atServer.closed);
}

QTEST_GUILESS_MAIN(SimDatagramTest)
#include "sim_datagram_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Congestion control over the simulated network: what loss leaves of a path's rate, and what a transfer
// leaves of a path's round trip.
#include <algorithm>

#include <QtTest>

#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

namespace {

quic::EndpointParams with(quic::EndpointParams params, quic::Congestion congestion) {
  params.limits.congestion = congestion;
  return params;
}

std::uint64_t bytesIn(const ConnectionLog& log) {
  std::uint64_t bytes = 0;
  for (const auto& [id, stream] : log.streams) bytes += stream->bytes;
  return bytes;
}

/// A path of 40 ms and 5 MB/s with a deep queue, on which the client sends without end.
struct BusyPath {
  explicit BusyPath(std::uint64_t seed, quic::Congestion congestion)
      : pair(seed, with(serverParams(), congestion), with(clientParams(), congestion)) {
    LinkParams& link = pair.world.link();
    link.delay = 20ms;
    link.bytesPerSecond = 5'000'000;
    link.queueBytes = 2'000'000;
    pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
    pair.atClient.onOpened = [](transport::Stream& stream, StreamLog& log) {
      stream.setGroup(2);
      log.onData = [](transport::Stream& asked) {
        asked.sendCopy(asBytes(std::string(512, 'a')));
        asked.finish();
      };
    };
  }
  bool start() {
    if (!pair.connect()) return false;
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    stream->setGroup(1);
    bulk.emplace(*stream, *log, std::uint64_t{1} << 40);
    return true;
  }
  /// The server asks for something small, again as soon as it has the answer.
  void ask() {
    auto [stream, log] = pair.atServer.open(*pair.serverConnection);
    log->onClose = [this, asked = pair.world.now()](transport::Stream&) {
      answerTimes.push_back(pair.world.now() - asked);
      ask();
    };
    stream->sendCopy(asBytes("small"));
    stream->finish();
  }
  Duration medianAnswer() {
    std::sort(answerTimes.begin(), answerTimes.end());
    return answerTimes.empty() ? Duration::max() : answerTimes[answerTimes.size() / 2];
  }

  SimPair pair;
  std::optional<PatternSource> bulk;
  std::vector<Duration> answerTimes;
};

/// Bytes that get through in 20 s over 100 ms and 5 MB/s with 1 % of the packets lost.
std::uint64_t throughLoss(quic::Congestion congestion) {
  SimPair pair(500, with(serverParams(), congestion), with(clientParams(), congestion));
  LinkParams& link = pair.world.link();
  link.delay = 50ms;
  link.bytesPerSecond = 5'000'000;
  link.queueBytes = 500'000;
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  if (!pair.connect()) return 0;
  link.loss = 0.01;
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, std::uint64_t{1} << 40);
  pair.world.runFor(20s);
  return bytesIn(pair.atServer);
}

}  // namespace

class SimCongestionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void connectionsSayWhatTheyRun();
  void lossHardlySlowsBbrDown();
  void windowsHoldALongFastPath();
  void smallRequestsBesideATransfer_data();
  void smallRequestsBesideATransfer();
};

void SimCongestionTest::connectionsSayWhatTheyRun() {
  SimPair given(501, with(serverParams(), quic::Congestion::Cubic));
  QVERIFY(given.connect());
  QCOMPARE(std::string(given.serverConnection->stats().congestion), std::string("cubic"));
  QCOMPARE(std::string(given.atClient.connection->stats().congestion),
           std::string(quic::congestionName(quic::chooseCongestion(std::nullopt, false))));
}

void SimCongestionTest::lossHardlySlowsBbrDown() {
  if (!quic::hasBbr()) QSKIP("this build has no BBR");
  const std::uint64_t bbr = throughLoss(quic::Congestion::Bbr), cubic = throughLoss(quic::Congestion::Cubic);
  // Of the 100 MB that the path could carry.
  QVERIFY2(bbr > 70'000'000, qPrintable(QString::number(bbr)));
  QVERIFY2(bbr > 5 * cubic, qPrintable(QString("%1 and %2").arg(bbr).arg(cubic)));
}

// 300 ms at 400 Mbit/s: 15 MB are under way.
void SimCongestionTest::windowsHoldALongFastPath() {
  if (!quic::hasBbr()) QSKIP("this build has no BBR");
  SimPair pair(503);
  LinkParams& link = pair.world.link();
  link.delay = 150ms;
  link.bytesPerSecond = 50'000'000;
  link.queueBytes = 15'000'000;
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, std::uint64_t{1} << 40);
  pair.world.runFor(8s);  // until the start-up's queue is gone
  const std::uint64_t before = bytesIn(pair.atServer);
  pair.world.runFor(2s);
  const std::uint64_t sent = bytesIn(pair.atServer) - before;
  QVERIFY2(sent > 93'000'000, qPrintable(QString::number(sent)));
}

void SimCongestionTest::smallRequestsBesideATransfer_data() {
  QTest::addColumn<int>("turn");
  QTest::newRow("loops that wake up at once") << 0;
  QTest::newRow("loops that wake up every millisecond") << 1;
  QTest::newRow("loops that wake up every 8 ms") << 8;
}

// A round trip and a half, where a queue of two windows would make it two and a half.
void SimCongestionTest::smallRequestsBesideATransfer() {
  QFETCH(int, turn);
  if (!quic::hasBbr()) QSKIP("this build has no BBR");
  BusyPath path(502, quic::Congestion::Bbr);
  path.pair.client.turn = path.pair.server.turn = std::chrono::milliseconds(turn);
  QVERIFY(path.start());
  path.pair.world.runFor(1500ms);
  const std::uint64_t before = bytesIn(path.pair.atServer);
  path.ask();
  path.pair.world.runFor(20s);
  const std::uint64_t sent = bytesIn(path.pair.atServer) - before;
  const double median = std::chrono::duration<double, std::milli>(path.medianAnswer()).count();
  QVERIFY2(median <= 60, qPrintable(QString::number(median) + " ms"));
  QVERIFY2(sent > 86'000'000, qPrintable(QString::number(sent)));
}

QTEST_GUILESS_MAIN(SimCongestionTest)
#include "sim_congestion_test.moc"

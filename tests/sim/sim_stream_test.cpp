// SPDX-License-Identifier: Apache-2.0
// Limits of streams and the ways they end, over the simulated network.
#include <QtTest>

#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

class SimStreamTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void streamLimitAndCredit();
  void resetCodeArrives();
  void stopCodeArrivesOnAnIdleStream();
  void stopDropsWhatIsQueued();
  void massStops();
  void resetAndStopTogether();
  void nothingFollowsFinish();
  void emptyStreamIsAnEnd();
};

void SimStreamTest::streamLimitAndCredit() {
  auto params = serverParams();
  params.limits.peerStreams = 4;
  SimPair pair(207, params);
  pair.echoes = true;
  QVERIFY(pair.connect());
  QCOMPARE(pair.atClient.connection->streamCredit(), std::uint64_t{4});
  std::vector<transport::Stream*> streams;
  for (int i = 0; i < 4; ++i) streams.push_back(pair.atClient.open(*pair.atClient.connection).first);
  QVERIFY(pair.atClient.connection->openStream() == nullptr);
  QCOMPARE(pair.atClient.credits, 0);
  streams[0]->finish();
  QVERIFY(pair.until([&] { return pair.atClient.credits == 1; }, 2s));
  QVERIFY(pair.atClient.connection->openStream() != nullptr);
}

void SimStreamTest::resetCodeArrives() {
  SimPair pair(208);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("partial"));
  pair.world.runFor(50ms);
  StreamLog& server = *pair.atServer.streams.begin()->second;
  QCOMPARE(server.received, std::string("partial"));
  stream->reset(0x20);
  stream->sendCopy(asBytes("ignored"));
  QVERIFY(pair.until([&] { return server.resetCode.has_value(); }, 1s));
  QCOMPARE(*server.resetCode, std::uint64_t{0x20});
  QVERIFY(!server.fin);
  QVERIFY(!server.closed);  // the other direction lives on
  QCOMPARE(stream->unsentBytes(), std::size_t{0});
}

void SimStreamTest::stopCodeArrivesOnAnIdleStream() {
  SimPair pair(209);
  transport::Stream* atServer = nullptr;
  pair.atServer.onOpened = [&](transport::Stream& stream, StreamLog&) { atServer = &stream; };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("GET /events"));
  stream->finish();
  pair.world.runFor(1s);
  QVERIFY(atServer != nullptr);
  stream->stopSending(0x20);
  StreamLog& server = *pair.atServer.streams.begin()->second;
  const Timestamp begun = pair.world.now();
  QVERIFY(pair.until([&] { return server.stopCode.has_value(); }, 1s));
  QVERIFY(pair.world.now() - begun <= 15ms);  // one way and not a timer more
  QCOMPARE(*server.stopCode, std::uint64_t{0x20});
  QVERIFY(pair.until([&, log = log] { return server.closed && log->closed; }, 2s));
}

void SimStreamTest::stopDropsWhatIsQueued() {
  SimPair pair(210);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  transport::Stream* atServer = nullptr;
  pair.atServer.onOpened = [&](transport::Stream& opened, StreamLog& opening) {
    opening.consumes = false;
    atServer = &opened;
  };
  stream->sendCopy(asBytes(std::string(2'000'000, 'q')));
  pair.world.runFor(2s);
  QVERIFY(stream->unsentBytes() > 0);
  atServer->stopSending(0x23);
  QVERIFY(pair.until([&log = log] { return log->stopCode.has_value(); }, 1s));
  QCOMPARE(*log->stopCode, std::uint64_t{0x23});
  QCOMPARE(stream->unsentBytes(), std::size_t{0});
  stream->sendCopy(asBytes("more"));
  QCOMPARE(stream->unsentBytes(), std::size_t{0});
  // The connection answered with a reset by itself.
  QVERIFY(pair.until([&] { return pair.atServer.streams.begin()->second->resetCode.has_value(); }, 1s));
  QCOMPARE(*pair.atServer.streams.begin()->second->resetCode, std::uint64_t{0x23});
}

void SimStreamTest::massStops() {
  SimPair pair(211);
  QVERIFY(pair.connect());
  std::vector<transport::Stream*> streams;
  for (int i = 0; i < 100; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    stream->sendCopy(asBytes("x"));
    streams.push_back(stream);
  }
  pair.world.runFor(1s);
  QCOMPARE(pair.atServer.streams.size(), std::size_t{100});
  for (std::size_t i = 0; i < streams.size(); i += 2) streams[i]->stopSending(i);
  pair.world.runFor(1s);
  std::size_t index = 0;
  for (const auto& [id, log] : pair.atServer.streams) {
    QCOMPARE(log->stopCode.has_value(), index % 2 == 0);
    if (log->stopCode) QCOMPARE(*log->stopCode, index);
    ++index;
  }
}

void SimStreamTest::resetAndStopTogether() {
  SimPair pair(212);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("x"));
  pair.world.runFor(100ms);
  stream->reset(1);
  stream->stopSending(2);
  StreamLog& server = *pair.atServer.streams.begin()->second;
  QVERIFY(pair.until([&, log = log] { return server.closed && log->closed; }, 2s));
  QVERIFY(server.resetCode == std::uint64_t{1});
  QVERIFY(server.stopCode == std::uint64_t{2});
  QVERIFY(!log->stopCode);
  QCOMPARE(server.eventsAfterClose + log->eventsAfterClose, 0);
}

void SimStreamTest::nothingFollowsFinish() {
  SimPair pair(213);
  pair.echoes = true;
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("all"));
  stream->finish();
  stream->finish();
  stream->sendCopy(asBytes(" and more"));
  QVERIFY(pair.until([&log = log] { return log->closed; }, 1s));
  QCOMPARE(log->received, std::string("all"));
  stream->reset(1);  // too late, and harmless
}

void SimStreamTest::emptyStreamIsAnEnd() {
  SimPair pair(218);
  pair.echoes = true;
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }, 1s));
  QVERIFY(log->fin);
  QVERIFY(log->received.empty());
}

QTEST_GUILESS_MAIN(SimStreamTest)
#include "sim_stream_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Flow control, back-pressure and fairness over the simulated network.
#include <QtTest>

#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

class SimFlowTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void slowReceiverStopsTheSender();
  void creditLetsTheSenderGoOn();
  void smallPiecesOfCreditArrive();
  void stalledStreamsLeaveTheOthersAlone();
  void slowReceiversTogetherAreBounded();
  void finPassesWithoutConnectionCredit();
  void unconsumedBytesAreCreditedAtTheEnd();
  void lowWaterIsToldOnce();
  void aProducerMayAskToBeToldEarlier();
  void dataWithoutHandlerIsDiscarded();
  void blockedSinkLosesNothing();
  void fairnessBetweenStreams();
  void fairnessBetweenGroups();
  void oneStreamFillsALongPath();
  void manySmallSlicesArrive();
  void memoryReturnsAfterLoad();
};

namespace {

quic::EndpointParams withWindows(quic::EndpointParams params, std::uint64_t stream,
                                 std::uint64_t connection) {
  params.limits.streamWindow = params.limits.maxStreamWindow = stream;
  params.limits.connectionWindow = params.limits.maxConnectionWindow = connection;
  return params;
}

}  // namespace

void SimFlowTest::slowReceiverStopsTheSender() {
  SimPair pair(200);
  StreamLog* receiver = nullptr;
  pair.atServer.onOpened = [&](transport::Stream&, StreamLog& log) {
    log.keepBytes = log.consumes = false;
    receiver = &log;
  };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, std::uint64_t{1} << 40);
  pair.world.runFor(60s);
  // Exactly the window has arrived, and the sender holds the rest of its high-water mark and no more.
  QCOMPARE(receiver->bytes, std::uint64_t{256 * 1024});
  QVERIFY(receiver->patternHolds);
  QVERIFY(stream->unsentBytes() >= transport::kSendLowWater);
  QVERIFY(stream->unsentBytes() <= transport::kSendHighWater + kSlabSize);
  QVERIFY(pair.client.slabs().live() * kSlabSize < 1024 * 1024);
  QVERIFY(!pair.atClient.closed);
  QVERIFY(!pair.atServer.closed);
}

void SimFlowTest::creditLetsTheSenderGoOn() {
  SimPair pair(201);
  StreamLog* receiver = nullptr;
  transport::Stream* received = nullptr;
  pair.atServer.onOpened = [&](transport::Stream& stream, StreamLog& log) {
    log.keepBytes = log.consumes = false;
    receiver = &log;
    received = &stream;
  };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  constexpr std::uint64_t kTotal = 3 * 1024 * 1024;
  PatternSource source(*stream, *log, kTotal);
  std::uint64_t consumed = 0;
  while (!receiver || !receiver->fin) {
    pair.world.runFor(200ms);
    QVERIFY(receiver != nullptr);
    QVERIFY(receiver->bytes > consumed);
    received->consume(receiver->bytes - consumed);
    consumed = receiver->bytes;
  }
  QCOMPARE(receiver->bytes, kTotal);
  QVERIFY(receiver->patternHolds);
}

void SimFlowTest::smallPiecesOfCreditArrive() {
  const auto small = withWindows(serverParams(), 16 * 1024, 32 * 1024);
  SimPair pair(202, small, clientParams());
  StreamLog* receiver = nullptr;
  transport::Stream* received = nullptr;
  pair.atServer.onOpened = [&](transport::Stream& stream, StreamLog& log) {
    log.keepBytes = log.consumes = false;
    receiver = &log;
    received = &stream;
  };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 200'000);
  std::uint64_t consumed = 0;
  for (int i = 0; i < 4000 && !(receiver != nullptr && receiver->fin); ++i) {
    pair.world.runFor(1ms);
    if (receiver == nullptr) continue;
    const std::uint64_t piece = std::min<std::uint64_t>(300, receiver->bytes - consumed);
    received->consume(piece);
    consumed += piece;
  }
  QVERIFY(receiver->fin);
  QCOMPARE(receiver->bytes, std::uint64_t{200'000});
}

void SimFlowTest::stalledStreamsLeaveTheOthersAlone() {
  SimPair pair(203);
  int stalled = 0;
  pair.atServer.onOpened = [&](transport::Stream&, StreamLog& log) {
    log.keepBytes = false;
    if (stalled++ < 20) log.consumes = false;
  };
  QVERIFY(pair.connect());
  std::vector<std::unique_ptr<PatternSource>> sources;
  for (int i = 0; i < 20; ++i) {  // more than a connection window of them
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    sources.push_back(std::make_unique<PatternSource>(*stream, *log, 10'000'000));
  }
  pair.world.runFor(5s);
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 5'000'000);
  const transport::StreamId id = stream->id();
  QVERIFY(pair.until([&] {
    const auto found = pair.atServer.streams.find(id);
    return found != pair.atServer.streams.end() && found->second->fin;
  }));
  QCOMPARE(pair.atServer.streams[id]->bytes, std::uint64_t{5'000'000});
}

// Beyond the budget those who hold most are given up: what all hold is bounded, and nobody waits for them.
void SimFlowTest::slowReceiversTogetherAreBounded() {
  auto params = serverParams();
  params.limits.maxUnconsumed = 2 * 1024 * 1024;
  params.shedCode = 7;
  SimPair pair(220, params);
  int opened = 0;
  pair.atServer.onOpened = [&](transport::Stream&, StreamLog& log) {
    log.keepBytes = false;
    if (opened++ < 40) log.consumes = false;
  };
  QVERIFY(pair.connect());
  std::vector<std::unique_ptr<PatternSource>> sources;
  for (int i = 0; i < 40; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    sources.push_back(std::make_unique<PatternSource>(*stream, *log, 10'000'000));
  }
  pair.world.runFor(20s);
  std::uint64_t held = 0, shed = 0;
  for (const auto& [id, log] : pair.atServer.streams) {
    if (log->resetCode == transport::AppErrorCode{7}) {
      ++shed;
    } else {
      held += log->bytes;
    }
  }
  QVERIFY(shed > 0);
  QVERIFY(shed < 40);
  QVERIFY(held >= 1024 * 1024);
  QVERIFY(held <= 2 * 1024 * 1024);
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 5'000'000);
  const transport::StreamId id = stream->id();
  QVERIFY(pair.until([&] {
    const auto found = pair.atServer.streams.find(id);
    return found != pair.atServer.streams.end() && found->second->fin;
  }));
}

void SimFlowTest::finPassesWithoutConnectionCredit() {
  const auto tight = withWindows(serverParams(), 64 * 1024, 16 * 1024);
  SimPair pair(204, tight, clientParams());
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.consumes = false; };
  QVERIFY(pair.connect());
  auto [quiet, quietLog] = pair.atClient.open(*pair.atClient.connection);
  quiet->sendCopy(asBytes("short"));
  pair.world.runFor(100ms);
  auto [greedy, greedyLog] = pair.atClient.open(*pair.atClient.connection);
  greedy->sendCopy(asBytes(std::string(100'000, 'g')));
  pair.world.runFor(1s);
  quiet->finish();
  const transport::StreamId id = quiet->id();
  QVERIFY(pair.until([&] { return pair.atServer.streams[id]->fin; }, 2s));
  QCOMPARE(pair.atServer.streams[id]->received, std::string("short"));
}

// A receiver that never consumes still gives the connection its credit back when a stream ends.
void SimFlowTest::unconsumedBytesAreCreditedAtTheEnd() {
  const auto tight = withWindows(serverParams(), 64 * 1024, 128 * 1024);
  SimPair pair(205, tight, clientParams());
  pair.atServer.onOpened = [](transport::Stream& stream, StreamLog& log) {
    log.consumes = log.keepBytes = false;
    log.onData = [&log](transport::Stream& s) {
      if (log.fin) s.finish();
    };
    static_cast<void>(stream);
  };
  QVERIFY(pair.connect());
  for (int i = 0; i < 40; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    QVERIFY(stream != nullptr);
    PatternSource source(*stream, *log, 60'000);
    QVERIFY(pair.until([&log = log] { return log->closed; }, 10s));
  }
}

void SimFlowTest::lowWaterIsToldOnce() {
  SimPair pair(206);
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes(std::string(100'000, 'a')));
  pair.world.runFor(5s);
  QCOMPARE(log->writable, 0);  // was never at the high-water mark
  stream->sendCopy(asBytes(std::string(transport::kSendHighWater, 'b')));
  QVERIFY(stream->unsentBytes() >= transport::kSendHighWater);
  pair.world.runFor(5s);
  QCOMPARE(log->writable, 1);
  QCOMPARE(stream->unsentBytes(), std::size_t{0});
}

void SimFlowTest::aProducerMayAskToBeToldEarlier() {
  SimPair pair(216);
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes(std::string(30'000, 'a')));
  std::size_t left = 0;
  log->onWritable = [&left](transport::Stream& writable) { left = writable.unsentBytes(); };
  stream->awaitWritable(10'000);
  pair.world.runFor(5s);
  QCOMPARE(log->writable, 1);
  QVERIFY(left <= 10'000);
  stream->sendCopy(asBytes(std::string(30'000, 'a')));
  pair.world.runFor(5s);
  QCOMPARE(log->writable, 1);  // asked once, told once
}

void SimFlowTest::dataWithoutHandlerIsDiscarded() {
  SimPair pair(214);
  pair.atServer.onOpened = [](transport::Stream& stream, StreamLog&) { stream.setHandler(nullptr); };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 5'000'000);
  QVERIFY(pair.until([&] { return source.queued() == 5'000'000 && stream->unsentBytes() == 0; }));
}

void SimFlowTest::blockedSinkLosesNothing() {
  SimPair pair(215);
  pair.echoes = true;
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  log->keepBytes = false;
  PatternSource source(*stream, *log, 2'000'000);
  for (int i = 0; i < 200 && !log->closed; ++i) {
    pair.client.sendAllowance = static_cast<std::size_t>(i % 3);
    pair.world.runFor(20ms);
    pair.client.unblock();
    pair.world.runFor(20ms);
  }
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QCOMPARE(log->bytes, std::uint64_t{2'000'000});
  QVERIFY(log->patternHolds);
}

// 100 ms there and back: what windows, their growth and pacing let through together.
void SimFlowTest::oneStreamFillsALongPath() {
  SimPair pair(221);
  pair.world.link().delay = 50ms;
  StreamLog* receiver = nullptr;
  pair.atServer.onOpened = [&](transport::Stream&, StreamLog& log) {
    log.keepBytes = false;
    receiver = &log;
  };
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  PatternSource source(*stream, *log, 96'000'000);
  const Timestamp start = pair.world.now();
  QVERIFY(pair.until([&] { return receiver != nullptr && receiver->bytes >= 24'000'000; }));
  const Timestamp open = pair.world.now();
  QVERIFY2(open - start < 2s, "the windows open slowly");
  QVERIFY(pair.until([&] { return receiver->fin; }));
  const double seconds = std::chrono::duration<double>(pair.world.now() - open).count();
  QVERIFY2(72e6 / seconds > 70e6, qPrintable(QString::number(72 / seconds) + " MB/s"));
}

void SimFlowTest::fairnessBetweenStreams() {
  SimPair pair(216);
  pair.world.link().bytesPerSecond = 2'000'000;
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  QVERIFY(pair.connect());
  std::vector<std::unique_ptr<PatternSource>> sources;
  for (int i = 0; i < 5; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    sources.push_back(std::make_unique<PatternSource>(*stream, *log, 100'000'000));
  }
  pair.world.runFor(5s);
  std::uint64_t least = UINT64_MAX, most = 0;
  for (const auto& [id, log] : pair.atServer.streams) {
    least = std::min(least, log->bytes);
    most = std::max(most, log->bytes);
  }
  QCOMPARE(pair.atServer.streams.size(), std::size_t{5});
  QVERIFY(least > 500'000);
  QVERIFY(most < 2 * least);
}

void SimFlowTest::fairnessBetweenGroups() {
  SimPair pair(218);
  pair.world.link().bytesPerSecond = 2'000'000;
  pair.atServer.onOpened = [](transport::Stream&, StreamLog& log) { log.keepBytes = false; };
  QVERIFY(pair.connect());
  std::vector<std::unique_ptr<PatternSource>> sources;
  transport::StreamId lone = -1;
  for (int i = 0; i < 31; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    stream->setGroup(i == 20 ? 2 : 1);
    if (i == 20) lone = stream->id();
    sources.push_back(std::make_unique<PatternSource>(*stream, *log, 100'000'000));
  }
  pair.world.runFor(5s);
  std::uint64_t crowd = 0, most = 0;
  for (const auto& [id, log] : pair.atServer.streams) {
    if (id == lone) continue;
    crowd += log->bytes;
    most = std::max(most, log->bytes);
  }
  const std::uint64_t alone = pair.atServer.streams.at(lone)->bytes;
  // Thirty streams of one group have no more than the one of the other, and share it evenly.
  QVERIFY2(alone > 3'000'000, QByteArray::number(qulonglong(alone)).constData());
  QVERIFY2(crowd < alone * 5 / 4 && crowd > alone * 3 / 4, QByteArray::number(qulonglong(crowd)).constData());
  QVERIFY(most < crowd / 15);
}

void SimFlowTest::manySmallSlicesArrive() {
  SimPair pair(217);
  pair.echoes = true;
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  SlabWriter writer(pair.client.slabs());
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    expected += piece;
    Slice slice = writer.copy(asBytes(piece));
    writer.copy(asBytes("gap"));  // so that slices do not join
    stream->send(std::move(slice));
  }
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QVERIFY(log->received == expected);
}

void SimFlowTest::memoryReturnsAfterLoad() {
  SimPair pair(219);
  pair.echoes = true;
  QVERIFY(pair.connect());
  pair.world.link().loss = 0.02;
  for (int i = 0; i < 50; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    log->keepBytes = false;
    stream->sendCopy(asBytes(std::string(50'000, 'm')));
    if (i % 3 == 0) {
      stream->reset(1);
      stream->stopSending(1);
    } else {
      stream->finish();
    }
  }
  QVERIFY(pair.until([&] {
    for (const auto& [id, log] : pair.atClient.streams) {
      if (!log->closed) return false;
    }
    return true;
  }));
  pair.world.runFor(1s);
  QVERIFY(pair.client.slabs().live() <= 1);
  QVERIFY(pair.server.slabs().live() <= 1);
}

QTEST_GUILESS_MAIN(SimFlowTest)
#include "sim_flow_test.moc"

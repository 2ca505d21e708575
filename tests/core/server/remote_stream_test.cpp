// SPDX-License-Identifier: Apache-2.0
// Streams between two workers: data, credit, ends of every kind.
#include <QtTest>

#include <atomic>

#include "tests/core/support/two_workers.h"

using namespace adit;
using namespace adit::server;
using namespace adit::test;

class RemoteStreamTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void muchDataGoesBothWays();
  void manyStreamsShareTheWay();
  void smallPiecesAreOneBatch();
  void refusalsSayWhy();
  void oneDirectionEndsAlone();
  void creditComesBackOnlyWhenConsumed();
  void aSlowStreamHoldsItsProducer();
  void abandonedAtAnyStep_data();
  void abandonedAtAnyStep();
  void thePeerGivesUp();
  void eitherWorkerStops_data();
  void eitherWorkerStops();
  void numbersAreUsedAgain();
  void slabsComeHome();
};

void RemoteStreamTest::muchDataGoesBothWays() {
  Pair pair;
  Visitor visitor;
  constexpr std::size_t kBytes = 8 * 1024 * 1024 + 17;
  pair.begin(visitor, kBytes);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, kBytes);
  QVERIFY(visitor.ended);
  QVERIFY(!visitor.wrong);
  QVERIFY(visitor.highest < transport::kSendHighWater + 10'000);
  pair.far.run([&] {
    QCOMPARE(pair.far.lastSession, SessionId{7});
    QCOMPARE(pair.far.lastTunnel, 3ULL);
    QVERIFY(pair.far.streams.front()->highest <= 2 * (transport::kSendHighWater + 10'000));
    // The credit of the last bytes may come after the end.
    QVERIFY(pair.far.streams.front()->consumed > kBytes - kWindow);
    QCOMPARE(pair.far.load->active(), 0U);
    QCOMPARE(pair.far.idles, 1);
  });
}

void RemoteStreamTest::manyStreamsShareTheWay() {
  Pair pair;
  std::vector<Visitor> visitors(40);
  pair.near.run([&] {
    for (std::size_t i = 0; i < visitors.size(); ++i)
      visitors[i].begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 1000 + i * 9000);
  });
  QVERIFY(pair.near.waitFor(
      [&] { return std::all_of(visitors.begin(), visitors.end(), [](auto& each) { return each.closed; }); }));
  for (std::size_t i = 0; i < visitors.size(); ++i) {
    QCOMPARE(visitors[i].received, 1000 + i * 9000);
    QVERIFY(visitors[i].ended);
    QVERIFY(!visitors[i].wrong);
  }
  QCOMPARE(pair.served(), std::size_t{0});
}

void RemoteStreamTest::smallPiecesAreOneBatch() {
  SlabPool pool;
  Outbox outbox(pool);
  outbox.add(StreamCommand::Open, 1, 7, 3);
  outbox.addBytes(StreamCommand::Data, 1, asBytes("one "));
  outbox.addBytes(StreamCommand::Data, 1, asBytes("two"));
  outbox.add(StreamCommand::Consume, 1, 10);
  outbox.add(StreamCommand::Consume, 1, 5);
  outbox.addBytes(StreamCommand::Data, 2, asBytes("other"));
  const std::string large(kSlabSize, 'x');
  outbox.addBytes(StreamCommand::Data, 2, asBytes(large));
  const std::unique_ptr<Batch> batch = outbox.take();
  QVERIFY(outbox.empty());
  QCOMPARE(pool.live(), std::size_t{0});
  QCOMPARE(batch->slabs.size(), std::size_t{2});
  QCOMPARE(batch->items.size(), std::size_t{5});
  QCOMPARE(asText({batch->items[1].data, batch->items[1].value}), std::string_view("one two"));
  QCOMPARE(batch->items[2].value, 15ULL);
  QCOMPARE(batch->items[3].value + batch->items[4].value, std::uint64_t{5 + kSlabSize});
  QVERIFY(batch->items[4].slab == batch->slabs[1]);
}

void RemoteStreamTest::refusalsSayWhy() {
  Pair pair;
  pair.far.run([&] { pair.far.refusal = wire::AppError::Overloaded; });
  Visitor visitor;
  pair.begin(visitor, 100'000);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.resetWith, static_cast<transport::AppErrorCode>(wire::AppError::Overloaded));
  pair.near.run([&] {
    QVERIFY(pair.near.hub.open(0, 7, 3) == nullptr);
    QVERIFY(pair.near.hub.open(2, 7, 3) == nullptr);
  });
}

void RemoteStreamTest::oneDirectionEndsAlone() {
  Pair pair;
  Visitor visitor;
  pair.begin(visitor, 0);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QVERIFY(visitor.ended);
  QCOMPARE(visitor.received, std::size_t{0});
}

void RemoteStreamTest::creditComesBackOnlyWhenConsumed() {
  Pair pair;
  Visitor visitor;
  visitor.consumes = false;
  pair.begin(visitor, 4 * kWindow);
  QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  pair.far.run([&] { QCOMPARE(pair.far.streams.front()->consumed, std::size_t{0}); });
  pair.near.run([&] {
    visitor.consumes = true;
    visitor.stream->consume(2 * kWindow);  // more than there is does no harm
  });
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, 4 * kWindow);
}

void RemoteStreamTest::aSlowStreamHoldsItsProducer() {
  Pair pair;
  pair.far.run([&] { pair.far.bytesPerTurn = 0; });
  Visitor visitor;
  pair.begin(visitor, 16 * transport::kSendHighWater);
  std::size_t before = 0;
  QVERIFY(pair.near.waitFor([&] {
    // Nothing moves any more, on either side.
    return std::exchange(before, visitor.sent) == visitor.sent && visitor.sent > 0 &&
           visitor.stream->unsentBytes() >= transport::kSendHighWater;
  }));
  // What waits beyond counts as what waits here.
  pair.near.run([&] { QVERIFY(visitor.sent <= transport::kSendHighWater + 2 * 10'000); });
}

void RemoteStreamTest::abandonedAtAnyStep_data() {
  QTest::addColumn<int>("step");
  QTest::addColumn<bool>("byPeer");
  for (int step = 0; step < 5; ++step) {
    QTest::addRow("visitor %d", step) << step << false;
    QTest::addRow("stream %d", step) << step << true;
  }
}

void RemoteStreamTest::abandonedAtAnyStep() {
  QFETCH(int, step);
  QFETCH(bool, byPeer);
  Pair pair;
  Visitor visitor;
  visitor.consumes = step != 3;
  const std::size_t bytes = step == 0 ? 0 : step == 1 ? 100 : 4 * kWindow;
  pair.near.run([&] {
    visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), bytes);
    if (step <= 1 && !byPeer) visitor.leave();  // in the very turn
  });
  if (step == 2) QVERIFY(pair.near.waitFor([&] { return visitor.closed || visitor.received > 0; }));
  if (step == 3) QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  if (step == 4) QVERIFY(pair.near.waitFor([&] { return visitor.ended || visitor.closed; }));
  if (byPeer) {
    pair.far.run([&] {
      if (!pair.far.streams.empty()) pair.far.streams.front()->close();
    });
    // Not there yet, or not over: both ends learn of it when it is.
    pair.far.waitFor([&] { return !pair.far.streams.empty(); });
    pair.far.run([&] { pair.far.streams.front()->close(); });
    QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  } else {
    pair.near.run([&] { visitor.leave(); });
    QVERIFY(pair.far.waitFor([&] { return !pair.far.streams.empty(); }));
    QVERIFY(pair.far.waitFor([&] {
      const EchoStream& stream = *pair.far.streams.front();
      return stream.closed || (stream.resetWith == kCode && stream.stoppedWith == kCode);
    }));
    pair.far.run([&] { pair.far.streams.front()->close(); });
  }
  QVERIFY(!visitor.wrong);
  QCOMPARE(pair.served(), std::size_t{0});
  pair.far.run([&] { QCOMPARE(pair.far.load->active(), 0U); });
}

void RemoteStreamTest::thePeerGivesUp() {
  Pair pair;
  Visitor visitor;
  visitor.consumes = false;
  pair.begin(visitor, 4 * kWindow);
  QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  pair.far.run([&] {
    EchoStream& stream = *pair.far.streams.front();
    stream.echoes = false;
    stream.handler->onStreamStopped(stream, 0x20);
    stream.handler->onStreamReset(stream, 0x22);
  });
  QVERIFY(pair.near.waitFor([&] { return visitor.resetWith != 0; }));
  QCOMPARE(visitor.stoppedWith, 0x20ULL);
  QCOMPARE(visitor.resetWith, 0x22ULL);
  pair.near.run([&] {
    QCOMPARE(visitor.stream->unsentBytes(), std::size_t{0});
    visitor.stream->sendCopy(asBytes("too late"));
    QCOMPARE(visitor.stream->unsentBytes(), std::size_t{0});
  });
  QVERIFY(!visitor.closed);
}

void RemoteStreamTest::eitherWorkerStops_data() {
  QTest::addColumn<bool>("nearStops");
  QTest::newRow("the visitors' worker") << true;
  QTest::newRow("the client's worker") << false;
}

void RemoteStreamTest::eitherWorkerStops() {
  QFETCH(bool, nearStops);
  Pair pair;
  std::vector<Visitor> visitors(20);
  pair.near.run([&] {
    for (Visitor& visitor : visitors)
      visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 64 * 1024 * 1024);
  });
  QVERIFY(pair.near.waitFor([&] { return visitors.back().received > kWindow; }));
  if (nearStops) {
    pair.near.stop();
    for (const Visitor& visitor : visitors) QVERIFY(visitor.closed && !visitor.wrong);
    QVERIFY(pair.far.waitFor([&] { return pair.far.hub.servedForOthers() == 0; }));
    pair.far.run([&] {
      QCOMPARE(pair.far.load->active(), 0U);
      for (auto& stream : pair.far.streams)
        QCOMPARE(stream->resetWith, static_cast<transport::AppErrorCode>(wire::AppError::VisitorGone));
      QVERIFY(pair.far.hub.open(0, 1, 1) == nullptr);
    });
  } else {
    pair.far.stop();
    QVERIFY(pair.near.waitFor([&] {
      return std::all_of(visitors.begin(), visitors.end(), [](auto& each) { return each.closed; });
    }));
    QCOMPARE(pair.far.load->active(), 0U);
    pair.near.run([&] { QVERIFY(pair.near.hub.open(1, 1, 1) == nullptr); });
  }
}

void RemoteStreamTest::numbersAreUsedAgain() {
  Pair pair;
  for (int i = 0; i < 50; ++i) {
    Visitor visitor;
    transport::StreamId id = -1;
    pair.near.run([&] {
      visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 2000);
      id = visitor.stream->id();
    });
    QCOMPARE(id, transport::StreamId{0});
    QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
    QCOMPARE(visitor.received, std::size_t{2000});
  }
}

void RemoteStreamTest::slabsComeHome() {
  Pair pair;
  Visitor visitor;
  constexpr std::size_t kBytes = 64 * 1024 * 1024;
  pair.begin(visitor, kBytes);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, kBytes);
  const auto held = [](Side& side) {
    std::size_t count = 0;
    side.run([&] { count = side.loop->slabs().live() + side.loop->slabs().pooled(); });
    return count;
  };
  // A few windows' worth on both sides, not the 4,096 that went over.
  const std::size_t total = held(pair.near) + held(pair.far);
  QVERIFY2(total < 600, qPrintable(QString::number(total)));
}

QTEST_GUILESS_MAIN(RemoteStreamTest)
#include "remote_stream_test.moc"

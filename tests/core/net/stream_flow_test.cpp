// SPDX-License-Identifier: Apache-2.0
// Flow over stream sockets: bulk, back-pressure, named pauses, and what is noticed during one.
#include <QTest>

#include "tests/core/net/stream_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

/// `block` has come to `f.b` whole, and its user pauses at the second piece of it, the first of a bulk read.
bool pausesAtTheSecondPiece(StreamPair& f, const std::string& block) {
  f.b->pauseReading(PauseReason::NoHandler);
  f.a->sendCopy(asBytes(block));
  runTurns(*f.loop, 20);
  bool paused = false;
  f.right.onDataHook = [&f, &paused, calls = 0](Slice&) mutable {
    if (++calls != 2) return;
    f.b->pauseReading(PauseReason::AwaitingTurn);
    paused = true;
  };
  f.b->resumeReading(PauseReason::NoHandler);
  return runUntil(*f.loop, [&] { return paused; });
}

}  // namespace

class StreamFlowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void transfersEightMebibytesIntactWithMemoryBounded() {
    StreamPair f;
    const std::string block = pattern(8 * 1024 * 1024);
    std::size_t offset = 0;
    std::size_t peak = 0;
    const auto feed = [&] {
      while (offset < block.size() && f.a->queuedBytes() < 256 * 1024) {
        const std::size_t count = std::min<std::size_t>(50'001, block.size() - offset);
        f.a->sendCopy(asBytes(std::string_view(block).substr(offset, count)));
        offset += count;
      }
      if (offset == block.size()) f.a->shutdownSend();
    };
    f.left.onSentHook = [&](std::size_t) { feed(); };
    f.right.onDataHook = [&](Slice&) { peak = std::max(peak, f.loop->slabs().live()); };
    feed();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QVERIFY(f.right.received == block);
    QCOMPARE(f.left.sent, block.size());
    QVERIFY2(peak < 64, qPrintable(QString::number(peak)));
  }

  void readsInBulkWhatKeepsFilling() {
    StreamPair f;
    f.b->pauseReading(PauseReason::PeerSlow);
    f.a->sendCopy(asBytes(pattern(512 * 1024)));
    runTurns(*f.loop, 20);
    const std::uint64_t before = f.loop->counters().turns;
    f.b->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == 512 * 1024; }));
    QVERIFY(f.loop->counters().turns - before < 40);
    QCOMPARE(f.right.received, pattern(512 * 1024));
  }

  void aWriterIsHeldUntilTheReaderGoesOn() {
    StreamPair f;
    f.b->pauseReading(PauseReason::PeerSlow);
    const std::size_t total = sendUntilBlocked(*f.loop, *f.a);
    QVERIFY(f.a->queuedBytes() > 0);
    QCOMPARE(f.right.received.size(), std::size_t{0});
    QCOMPARE(f.left.sent + f.a->queuedBytes(), total);
    runTurns(*f.loop, 3);
    QVERIFY(pollsQuietly(*f.loop));
    f.b->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == total; }));
    QCOMPARE(f.left.sent, total);
  }

  void theSystemTellsWhatHasNotArrived() {
    StreamPair f;
    if (!f.a->undeliveredBytes()) QSKIP("this system does not say what it has sent");
    QCOMPARE(*f.a->undeliveredBytes(), std::size_t{0});
    f.b->pauseReading(PauseReason::PeerSlow);
    sendUntilBlocked(*f.loop, *f.a);
    QVERIFY(*f.a->undeliveredBytes() > 0);
    QVERIFY(*f.a->undeliveredBytes() < f.left.sent);  // what the reader's system holds has arrived
    f.b->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.a->queuedBytes() == 0 && *f.a->undeliveredBytes() == 0; }));
    f.a->close();
    QVERIFY(!f.a->undeliveredBytes());
  }

  void readingGoesOnOnlyWithoutAnyReason() {
    StreamPair f;
    f.b->pauseReading(PauseReason::PeerSlow);
    f.b->pauseReading(PauseReason::AwaitingTurn);
    f.b->pauseReading(PauseReason::AwaitingTurn);
    f.a->sendCopy(asBytes("x"));
    runTurns(*f.loop, 5);
    f.b->resumeReading(PauseReason::AwaitingTurn);
    runTurns(*f.loop, 5);
    QCOMPARE(f.right.dataCalls, std::size_t{0});
    f.b->resumeReading(PauseReason::NoHandler);  // was never given
    runTurns(*f.loop, 5);
    QCOMPARE(f.right.dataCalls, std::size_t{0});
    f.b->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "x"; }));
  }

  void aPauseInsideABulkReadHoldsTheRestBack() {
    StreamPair f;
    const std::string block = pattern(300 * 1024);
    f.b->pauseReading(PauseReason::NoHandler);
    f.a->sendCopy(asBytes(block));
    runTurns(*f.loop, 20);
    // Pauses after every piece: none may come while paused, none may be lost.
    bool paused = false;
    int early = 0;
    f.right.onDataHook = [&](Slice&) {
      early += paused ? 1 : 0;
      paused = true;
      f.b->pauseReading(PauseReason::AwaitingTurn);
    };
    f.b->resumeReading(PauseReason::NoHandler);
    QVERIFY(runUntil(*f.loop, [&] {
      if (paused) {
        paused = false;
        f.b->resumeReading(PauseReason::AwaitingTurn);
      }
      return f.right.received.size() == block.size();
    }));
    QCOMPARE(early, 0);
    QVERIFY(f.right.received == block);
  }

  void unreadBytesCanBeTakenAlong() {
    StreamPair f;
    const std::string block = pattern(200 * 1024);
    QVERIFY(pausesAtTheSecondPiece(f, block));
    SliceQueue unread = f.b->takeUnread();
    QVERIFY(unread.bytes() > 0);
    std::string together = f.right.received;
    for (std::size_t i = 0; i < unread.count(); ++i) together += unread.at(i).text();
    QCOMPARE(together, block.substr(0, together.size()));
    QCOMPARE(f.b->takeUnread().bytes(), std::size_t{0});
  }

  void aPauseHoldsNoMoreThanTheLoopLetsItRead() {
    StreamPair f;
    f.loop->setMostPerRead(kSlabSize);
    const std::string block = pattern(200 * 1024);
    QVERIFY(pausesAtTheSecondPiece(f, block));
    QCOMPARE(f.b->takeUnread().bytes(), std::size_t{0});
    f.b->resumeReading(PauseReason::AwaitingTurn);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == block.size(); }));
    QVERIFY(f.right.received == block);
  }

  void anEndDuringAPauseComesAfterTheData() {
    StreamPair f;
    f.b->pauseReading(PauseReason::PeerSlow);
    f.a->sendCopy(asBytes("last words"));
    f.a->shutdownSend();
    runTurns(*f.loop, 10);
    QCOMPARE(f.right.ends, 0);
    QVERIFY(pollsQuietly(*f.loop));
    f.b->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QCOMPARE(f.right.received, std::string("last words"));
  }

  void anAbortIsNoticedWhilePaused() {
    StreamPair f;
    f.b->pauseReading(PauseReason::AwaitingTurn);
    f.a->sendCopy(asBytes("pipelined"));
    runTurns(*f.loop, 5);  // the pause is in effect
    f.a->abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
    QCOMPARE(toString(f.right.lastError.code), std::string_view("connection-reset"));
    QCOMPARE(f.right.received, std::string());
  }

  void anAbortIsNoticedWhilePausedWithNothingToRead() {
    StreamPair f;
    f.b->pauseReading(PauseReason::AwaitingTurn);
    runTurns(*f.loop, 3);
    f.a->abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
  }
};

QTEST_GUILESS_MAIN(StreamFlowTest)
#include "stream_flow_test.moc"

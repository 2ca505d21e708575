// SPDX-License-Identifier: Apache-2.0
// Stream sockets over loopback TCP and Unix pairs: transfer, half-close, pauses, aborts, moving between
// loops.
#include <thread>

#include <QTemporaryDir>
#include <QTest>

#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

/// A reproducible byte pattern in which a lost, doubled or swapped block shows.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

struct Fixture {
  std::unique_ptr<EventLoop> loop = makeLoop();
  Recorder left, right;
  std::unique_ptr<StreamSocket> a, b;

  explicit Fixture(const SocketAddress& address = SocketAddress::loopback4(0)) {
    auto [client, server] = connectedPair(address);
    a = StreamSocket::adopt(*loop, client.release(), left);
    b = StreamSocket::adopt(*loop, server.release(), right);
  }
};

/// Fills `socket` until its kernel takes no more; returns what was queued in all.
std::size_t sendUntilBlocked(EventLoop& loop, StreamSocket& socket) {
  const std::string block = pattern(64 * 1024);
  std::size_t total = 0;
  for (int i = 0; i < 1000; ++i) {
    socket.sendCopy(asBytes(block));
    total += block.size();
    runTurns(loop, 2);
    if (socket.queuedBytes() > 256 * 1024) break;
  }
  return total;
}

}  // namespace

class StreamSocketTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void echoes() {
    Fixture f;
    f.right.onDataHook = [&](Slice& data) { f.b->send(data); };
    f.a->sendCopy(asBytes("hello"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.received == "hello"; }));
    QCOMPARE(f.left.sent, std::size_t{5});
    QCOMPARE(f.right.sent, std::size_t{5});
    QCOMPARE(f.a->peerAddress(), f.b->localAddress());
    QCOMPARE(f.a->queuedBytes(), std::size_t{0});
  }

  void joinsTheTurnsWritesIntoOneSegment() {
    Fixture f;
    for (int i = 0; i < 50; ++i) f.a->sendCopy(asBytes("0123456789"));
    QCOMPARE(f.a->queuedBytes(), std::size_t{500});
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == 500; }));
    QCOMPARE(f.right.dataCalls, std::size_t{1});
  }

  void sendsMorePiecesThanOneCallTakes() {
    Fixture f;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
      // A slab of its own each, so that nothing can be joined.
      Slab* slab = f.loop->slabs().acquire();
      slab->bytes[0] = static_cast<std::uint8_t>(i);
      expected.push_back(static_cast<char>(i));
      f.a->send(Slice(slab, slab->bytes, 1));
      SlabPool::release(slab);
    }
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == 300; }));
    QCOMPARE(f.right.received, expected);
    QCOMPARE(f.loop->slabs().live(), std::size_t{1});  // the writer's own
  }

  void flushNowWritesInsideTheTurnAndReportsLater() {
    Fixture f;
    f.a->sendCopy(asBytes("now"));
    f.a->flushNow();
    QCOMPARE(f.a->queuedBytes(), std::size_t{0});
    QCOMPARE(f.left.sent, std::size_t{0});
    runTurns(*f.loop, 2);
    QCOMPARE(f.left.sent, std::size_t{3});
    QCOMPARE(f.right.received, std::string("now"));
  }

  void keepsHalfCloseInBothDirections() {
    Fixture f;
    f.a->sendCopy(asBytes("request"));
    f.a->shutdownSend();
    f.a->shutdownSend();
    f.a->sendCopy(asBytes("ignored"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QCOMPARE(f.right.received, std::string("request"));
    QVERIFY(f.b->isOpen());
    f.b->sendCopy(asBytes("late answer"));
    f.b->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    QCOMPARE(f.left.received, std::string("late answer"));
    QCOMPARE(f.left.errors + f.right.errors, 0);
  }

  void aFinishedConnectionCostsNoTurns() {
    Fixture f;
    f.a->shutdownSend();
    f.b->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1 && f.right.ends == 1; }));
    // Both directions are closed, which the kernel keeps reporting: nobody may be listening any more.
    runTurns(*f.loop, 3);
    QVERIFY(pollsQuietly(*f.loop));
  }

  void transfersEightMebibytesIntactWithMemoryBounded() {
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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

  void readingGoesOnOnlyWithoutAnyReason() {
    Fixture f;
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
    Fixture f;
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
    Fixture f;
    const std::string block = pattern(200 * 1024);
    f.b->pauseReading(PauseReason::NoHandler);
    f.a->sendCopy(asBytes(block));
    runTurns(*f.loop, 20);
    int calls = 0;
    f.right.onDataHook = [&](Slice&) {
      // The second piece is the first of a bulk read.
      if (++calls == 2) f.b->pauseReading(PauseReason::AwaitingTurn);
    };
    f.b->resumeReading(PauseReason::NoHandler);
    QVERIFY(runUntil(*f.loop, [&] { return calls == 2; }));
    SliceQueue unread = f.b->takeUnread();
    QVERIFY(unread.bytes() > 0);
    std::string together = f.right.received;
    for (std::size_t i = 0; i < unread.count(); ++i) together += unread.at(i).text();
    QCOMPARE(together, block.substr(0, together.size()));
    QCOMPARE(f.b->takeUnread().bytes(), std::size_t{0});
  }

  void anEndDuringAPauseComesAfterTheData() {
    Fixture f;
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

  void anAbortIsSeenAsReset() {
    Fixture f;
    f.a->abort();
    QVERIFY(!f.a->isOpen());
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
    QCOMPARE(toString(f.right.lastError.code), std::string_view("connection-reset"));
    QCOMPARE(f.right.ends, 0);
    QVERIFY(!f.b->isOpen());
    f.b->sendCopy(asBytes("nobody"));  // all of these are no-ops now
    f.b->shutdownSend();
    f.b->resumeReading(PauseReason::PeerSlow);
    f.b->flushNow();
    f.b->abort();
    runTurns(*f.loop, 2);
    QCOMPARE(f.right.errors, 1);
    QCOMPARE(f.left.errors, 0);
  }

  void anAbortIsNoticedWhilePaused() {
    Fixture f;
    f.b->pauseReading(PauseReason::AwaitingTurn);
    f.a->sendCopy(asBytes("pipelined"));
    runTurns(*f.loop, 5);  // the pause is in effect
    f.a->abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
    QCOMPARE(toString(f.right.lastError.code), std::string_view("connection-reset"));
    QCOMPARE(f.right.received, std::string());
  }

  void anAbortIsNoticedWhilePausedWithNothingToRead() {
    Fixture f;
    f.b->pauseReading(PauseReason::AwaitingTurn);
    runTurns(*f.loop, 3);
    f.a->abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
  }

  void anEarlyAnswerIsReadFromAPeerThatHungUp() {
    // The peer answers without reading the request, then closes: its kernel resets the connection.
    Fixture f;
    f.b->pauseReading(PauseReason::NoHandler);
    sendUntilBlocked(*f.loop, *f.a);
    f.b->sendCopy(asBytes("413 too much"));
    f.b->flushNow();
    f.b->close();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1; }));
    QCOMPARE(f.left.received, std::string("413 too much"));
    QCOMPARE(f.left.ends, 0);
    QCOMPARE(toString(f.left.lastError.code), std::string_view("connection-reset"));
  }

  void theHandlerMayCloseInsideItsCallbacks() {
    Fixture f;
    f.right.onDataHook = [&](Slice&) { f.b->close(); };
    f.a->sendCopy(asBytes(pattern(100'000)));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends + f.left.errors == 1; }));
    QCOMPARE(f.right.dataCalls, std::size_t{1});
    QCOMPARE(f.right.errors + f.right.ends, 0);

    Fixture g;
    g.left.onSentHook = [&](std::size_t) { g.a->close(); };
    g.a->sendCopy(asBytes("bye"));
    QVERIFY(runUntil(*g.loop, [&] { return g.right.ends == 1; }));
    QCOMPARE(g.right.received, std::string("bye"));
  }

  void theHandlerMayBeReplacedInsideItsCallback() {
    Fixture f;
    Recorder second;
    f.right.onDataHook = [&](Slice&) { f.b->setHandler(second); };
    f.a->sendCopy(asBytes(pattern(40'000)));
    f.a->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return second.ends == 1; }));
    QCOMPARE(f.right.dataCalls, std::size_t{1});
    QCOMPARE(f.right.received + second.received, pattern(40'000));
    QCOMPARE(f.right.ends, 0);
  }

  void aSocketDisposedOfInItsCallbackGoesAtTheEndOfTheTurn() {
    Fixture f;
    f.right.onDataHook = [&](Slice&) {
      f.b->close();
      f.loop->dispose(std::move(f.b));
    };
    f.a->sendCopy(asBytes("x"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    QVERIFY(f.b == nullptr);
  }

  void movesToAnotherLoopOnAnotherThread() {
    Fixture f;
    f.a->sendCopy(asBytes("head"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "head"; }));
    const std::uintptr_t handle = f.b->release();
    QVERIFY(!f.b->isOpen());
    std::thread worker([handle] {
      auto loop = makeLoop();
      Recorder echo;
      auto socket = StreamSocket::adopt(*loop, handle, echo);
      echo.onDataHook = [&](Slice& data) { socket->send(data); };
      echo.onEndHook = [&] { socket->shutdownSend(); };
      runUntil(*loop, [&] { return echo.ends == 1 && socket->queuedBytes() == 0; });
      runTurns(*loop, 2);
    });
    f.a->sendCopy(asBytes("body"));
    f.a->shutdownSend();
    const bool ended = runUntil(*f.loop, [&] { return f.left.ends == 1; });
    worker.join();
    QVERIFY(ended);
    QCOMPARE(f.left.received, std::string("body"));
    QCOMPARE(f.right.received, std::string("head"));
  }

  void worksOverUnixSockets() {
    QTemporaryDir directory;
    const auto address = SocketAddress::unixPath(directory.filePath(QStringLiteral("s")).toStdString());
    QVERIFY(address.has_value());
    Fixture f(*address);
    f.a->sendCopy(asBytes(pattern(300'000)));
    f.a->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QVERIFY(f.right.received == pattern(300'000));
    f.b->close();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    runTurns(*f.loop, 3);
    QVERIFY(pollsQuietly(*f.loop));
  }

  void aDescriptorThatCannotBeWatchedIsAnError() {
    auto loop = makeLoop();
    Recorder recorder;
    QTemporaryDir directory;
    FILE* file = std::fopen(directory.filePath(QStringLiteral("f")).toStdString().c_str(), "w");
    QVERIFY(file != nullptr);
    const int copy = dup(fileno(file));
    std::fclose(file);
    auto socket = StreamSocket::adopt(*loop, static_cast<std::uintptr_t>(copy), recorder);
    QVERIFY(runUntil(*loop, [&] { return recorder.errors == 1; }));
    QVERIFY(!socket->isOpen());
  }

 private:
  /// Nothing is ready and nothing keeps the loop awake: the next turn would sleep.
  static bool pollsQuietly(EventLoop& loop) {
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t wakeups = loop.counters().wakeups;
      loop.runOnce();
      if (loop.counters().wakeups == wakeups && uv_backend_timeout(loop.native()) != 0) break;
    }
    fd_set ready;
    FD_ZERO(&ready);
    const int backend = uv_backend_fd(loop.native());
    FD_SET(backend, &ready);
    timeval now{};
    return select(backend + 1, &ready, nullptr, nullptr, &now) == 0;
  }
};

QTEST_GUILESS_MAIN(StreamSocketTest)
#include "stream_socket_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Stream sockets over loopback TCP and Unix pairs: transfer, half-close, aborts, moving between loops.
#include <thread>

#include <QTemporaryDir>
#include <QTest>

#include "tests/core/net/stream_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

class StreamSocketTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void echoes() {
    StreamPair f;
    f.right.onDataHook = [&](Slice& data) { f.b->send(data); };
    f.a->sendCopy(asBytes("hello"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.received == "hello"; }));
    QCOMPARE(f.left.sent, std::size_t{5});
    QCOMPARE(f.right.sent, std::size_t{5});
    QCOMPARE(f.a->peerAddress(), f.b->localAddress());
    QCOMPARE(f.a->queuedBytes(), std::size_t{0});
  }

  void joinsTheTurnsWritesIntoOneSegment() {
    StreamPair f;
    for (int i = 0; i < 50; ++i) f.a->sendCopy(asBytes("0123456789"));
    QCOMPARE(f.a->queuedBytes(), std::size_t{500});
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == 500; }));
    QCOMPARE(f.right.dataCalls, std::size_t{1});
  }

  void sendsMorePiecesThanOneCallTakes() {
    StreamPair f;
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
    StreamPair f;
    f.a->sendCopy(asBytes("now"));
    f.a->flushNow();
    QCOMPARE(f.a->queuedBytes(), std::size_t{0});
    QCOMPARE(f.left.sent, std::size_t{0});
    runTurns(*f.loop, 2);
    QCOMPARE(f.left.sent, std::size_t{3});
    QCOMPARE(f.right.received, std::string("now"));
  }

  void keepsHalfCloseInBothDirections() {
    StreamPair f;
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
    StreamPair f;
    f.a->shutdownSend();
    f.b->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1 && f.right.ends == 1; }));
    // Both directions are closed, which the kernel keeps reporting: nobody may be listening any more.
    runTurns(*f.loop, 3);
    QVERIFY(pollsQuietly(*f.loop));
  }

  void anAbortIsSeenAsReset() {
    StreamPair f;
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

  void anEarlyAnswerIsReadFromAPeerThatHungUp() {
    // The peer answers without reading the request, then closes: its kernel resets the connection.
    StreamPair f;
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

  void anEarlyAnswerWaitsForAPausedReader() {
    StreamPair f;
    f.a->deferErrorsWhilePaused();
    f.a->pauseReading(PauseReason::PeerSlow);
    f.b->pauseReading(PauseReason::NoHandler);
    sendUntilBlocked(*f.loop, *f.a);
    f.b->sendCopy(asBytes("413 too much"));
    f.b->flushNow();
    f.b->close();
    QVERIFY(runUntil(*f.loop, [&] { return f.a->queuedBytes() == 0; }));  // the break was noticed
    runTurns(*f.loop, 5);
    QCOMPARE(f.left.errors, 0);
    QVERIFY(pollsQuietly(*f.loop));
    f.a->resumeReading(PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1; }));
    QCOMPARE(f.left.received, std::string("413 too much"));
    QCOMPARE(f.left.ends, 0);
    QCOMPARE(toString(f.left.lastError.code), std::string_view("connection-reset"));
  }

  void whileBytesAreQueuedItIsNotDetached() {
    StreamPair f;
    f.a->sendCopy(asBytes("first"));
    QVERIFY(f.a->detach() == nullptr);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "first"; }));
    QVERIFY(f.a->detach() != nullptr);
    QVERIFY(f.a->detach() == nullptr);
  }

  void theHandlerMayCloseInsideItsCallbacks() {
    StreamPair f;
    f.right.onDataHook = [&](Slice&) { f.b->close(); };
    f.a->sendCopy(asBytes(pattern(100'000)));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends + f.left.errors == 1; }));
    QCOMPARE(f.right.dataCalls, std::size_t{1});
    QCOMPARE(f.right.errors + f.right.ends, 0);

    StreamPair g;
    g.left.onSentHook = [&](std::size_t) { g.a->close(); };
    g.a->sendCopy(asBytes("bye"));
    QVERIFY(runUntil(*g.loop, [&] { return g.right.ends == 1; }));
    QCOMPARE(g.right.received, std::string("bye"));
  }

  void theHandlerMayBeReplacedInsideItsCallback() {
    StreamPair f;
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
    StreamPair f;
    f.right.onDataHook = [&](Slice&) {
      f.b->close();
      f.loop->dispose(std::move(f.b));
    };
    f.a->sendCopy(asBytes("x"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    QVERIFY(f.b == nullptr);
  }

  void movesToAnotherLoopOnAnotherThread() {
    StreamPair f;
    f.a->sendCopy(asBytes("head"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "head"; }));
    std::unique_ptr<DetachedSocket> detached = f.b->detach();
    QVERIFY(!f.b->isOpen());
    std::thread worker([&detached] {
      auto loop = makeLoop();
      Recorder echo;
      auto socket = detached->attach(*loop, echo);
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

  void aDetachedSocketNobodyWantedIsClosed() {
    StreamPair f;
    f.b->detach().reset();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
  }

  void worksOverUnixSockets() {
    QTemporaryDir directory;
    const auto address = SocketAddress::unixPath(directory.filePath(QStringLiteral("s")).toStdString());
    QVERIFY(address.has_value());
    StreamPair f(*address);
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
};

QTEST_GUILESS_MAIN(StreamSocketTest)
#include "stream_socket_test.moc"

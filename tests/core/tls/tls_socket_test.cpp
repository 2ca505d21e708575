// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <QtTest>

#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

class TlsSocketTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void carriesBytesBothWays() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.client->sendCopy(asBytes("question"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "question"; }));
    f.server->sendCopy(asBytes("answer"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.received == "answer"; }));
    QCOMPARE(f.server->serverName(), std::string_view("a.example.com"));
    QCOMPARE(f.server->alpn(), std::string_view());
    QVERIFY(runUntil(*f.loop, [&] { return f.client->queuedBytes() == 0 && f.server->queuedBytes() == 0; }));
  }

  void whatIsSentBeforeTheHandshakeWaits() {
    TlsPair f(friendly());
    f.client->sendCopy(asBytes("early"));
    f.server->sendCopy(asBytes("bird"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "early" && f.left.received == "bird"; }));
  }

  void nothingGoesInTheClear() {
    auto loop = makeLoop();
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    TlsRecorder left;
    net::test::Recorder eavesdropper;
    auto client = TlsSocket::connect(*loop, a.release(), TrustStore::insecure().value(), "a", {}, left);
    auto plain = net::StreamSocket::adopt(*loop, b.release(), eavesdropper);
    client->sendCopy(asBytes("the secret"));
    client->shutdownSend();
    QVERIFY(runUntil(*loop, [&] { return eavesdropper.received.size() > 100; }));
    runTurns(*loop, 5);
    QVERIFY(eavesdropper.received.find("secret") == std::string::npos);
    QCOMPARE(eavesdropper.ends, 0);
  }

  void carriesMuchBothWaysAtOnce() {
    TlsPair f(friendly());
    const std::string data = pattern(8'000'000);
    f.client->sendCopy(asBytes(data));
    f.server->sendCopy(asBytes(data));
    f.client->shutdownSend();
    f.server->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1 && f.right.ends == 1; }));
    QVERIFY(f.left.received == data);
    QVERIFY(f.right.received == data);
    QCOMPARE(f.left.errors + f.right.errors, 0);
  }

  void manySmallPiecesTravelTogether() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
      const std::string piece = pattern(static_cast<std::size_t>(i % 50 + 1));
      f.client->sendCopy(asBytes(piece));
      expected += piece;
    }
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == expected.size(); }));
    QVERIFY(f.right.received == expected);
    QVERIFY2(f.right.dataCalls < 60, "one record a piece");
  }

  void aPausedEndHoldsTheOtherBack() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.server->pauseReading(net::PauseReason::PeerSlow);
    f.server->pauseReading(net::PauseReason::AwaitingTurn);
    const std::size_t total = net::test::sendUntilBlocked(*f.loop, *f.client);
    QVERIFY(f.client->queuedBytes() > 256 * 1024);
    QCOMPARE(f.right.received.size(), std::size_t{0});
    f.server->resumeReading(net::PauseReason::PeerSlow);
    runTurns(*f.loop, 5);
    QCOMPARE(f.right.received.size(), std::size_t{0});
    f.server->resumeReading(net::PauseReason::AwaitingTurn);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received.size() == total; }));
    QVERIFY(runUntil(*f.loop, [&] { return f.client->queuedBytes() == 0; }));
    QVERIFY(f.left.sent > total);
  }

  void aPauseInsideOnDataTakesEffectAtOnce() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.right.onDataHook = [&] { f.server->pauseReading(net::PauseReason::PeerSlow); };
    const std::string data = pattern(200'000);
    f.client->sendCopy(asBytes(data));
    f.client->shutdownSend();
    for (std::size_t calls = 1; f.right.ends == 0; ++calls) {
      QVERIFY(runUntil(*f.loop, [&] { return f.right.dataCalls == calls || f.right.ends == 1; }));
      runTurns(*f.loop, 3);
      QVERIFY(f.right.dataCalls <= calls);
      f.server->resumeReading(net::PauseReason::PeerSlow);
    }
    QVERIFY(f.right.received == data);
  }

  void oneDirectionEndsAndTheOtherGoesOn() {
    TlsPair f(friendly());
    f.client->sendCopy(asBytes("only this"));
    f.client->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QCOMPARE(f.right.received, std::string("only this"));
    const std::string data = pattern(500'000);
    f.server->sendCopy(asBytes(data));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.received.size() == data.size(); }));
    QCOMPARE(f.left.ends, 0);
    f.server->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    QVERIFY(f.left.received == data);
    QCOMPARE(f.left.errors + f.right.errors, 0);
  }

  void aConnectionCutShortIsAnError() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.client->sendCopy(asBytes("half"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "half"; }));
    f.client->abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.errors == 1; }));
    QCOMPARE(f.right.ends, 0);
    QVERIFY(f.right.lastError.code == ErrorCode::ConnectionReset);
  }

  void aQuietCloseIsAProperEnd() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.client->sendCopy(asBytes("all"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "all" && f.client->queuedBytes() == 0; }));
    f.client->close();
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    QCOMPARE(f.right.errors, 0);
  }

  void whatAServerSaysIsCutShort() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.client->pauseReading(net::PauseReason::PeerSlow);
    net::test::sendUntilBlocked(*f.loop, *f.server);
    f.server->close();
    f.client->resumeReading(net::PauseReason::PeerSlow);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors + f.left.ends > 0; }));
    QCOMPARE(f.left.ends, 0);
    QCOMPARE(f.left.errors, 1);
  }

  void aServerThatLeavesWithoutAWordIsAnError() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    QVERIFY(runUntil(*f.loop, [&] { return f.server->queuedBytes() == 0; }));
    f.server->detach().reset();  // closes the connection and says nothing
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends + f.left.errors > 0; }));
    QCOMPARE(f.left.errors, 1);
    QVERIFY(f.left.lastError.code == ErrorCode::ConnectionReset);
  }

  void aVisitorMayLeaveWithoutAWord() {
    // Browsers do: what came before counts.
    TlsPair f(friendly());
    QVERIFY(f.secure());
    f.server->pauseReading(net::PauseReason::AwaitingTurn);
    f.client->sendCopy(asBytes("last words"));
    QVERIFY(runUntil(*f.loop, [&] { return f.client->queuedBytes() == 0; }));
    f.client->detach().reset();
    f.server->resumeReading(net::PauseReason::AwaitingTurn);
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends + f.right.errors > 0; }));
    QCOMPARE(f.right.ends, 1);
    QCOMPARE(f.right.received, std::string("last words"));
    QVERIFY(f.server->isOpen());
  }

  void movesToAnotherThreadWithItsSession() {
    TlsPair f(friendly());
    QVERIFY(f.secure());
    // Bytes that were received, but not looked at, go along.
    f.server->pauseReading(net::PauseReason::AwaitingTurn);
    f.client->sendCopy(asBytes("before "));
    runTurns(*f.loop, 20);
    std::unique_ptr<net::DetachedSocket> detached = f.server->detach();
    QVERIFY(!f.server->isOpen());
    f.server.reset();
    std::thread worker([&detached] {
      auto loop = makeLoop();
      net::test::Recorder echo;
      auto socket = detached->attach(*loop, echo);
      echo.onDataHook = [&](Slice& data) { socket->send(data); };
      echo.onEndHook = [&] { socket->shutdownSend(); };
      runUntil(*loop, [&] { return echo.ends == 1 && socket->queuedBytes() == 0; });
      runTurns(*loop, 2);
    });
    const std::string data = pattern(300'000);
    f.client->sendCopy(asBytes(data));
    f.client->shutdownSend();
    const bool ended = runUntil(*f.loop, [&] { return f.left.ends == 1; });
    worker.join();
    QVERIFY(ended);
    QVERIFY(f.left.received == "before " + data);
  }

  void anEndBeforeTheMoveIsToldAgain_data() {
    QTest::addColumn<bool>("proper");
    QTest::newRow("close_notify") << true;
    QTest::newRow("FIN only") << false;
  }
  void anEndBeforeTheMoveIsToldAgain() {
    QFETCH(bool, proper);
    TlsPair f(friendly());
    QVERIFY(f.secure());
    QVERIFY(runUntil(*f.loop, [&] { return f.client->queuedBytes() == 0; }));
    if (proper) {
      f.client->shutdownSend();
    } else {
      f.client->detach().reset();
    }
    QVERIFY(runUntil(*f.loop, [&] { return f.right.ends == 1; }));
    net::test::Recorder later;
    const auto moved = f.server->detach()->attach(*f.loop, later);
    moved->pauseReading(net::PauseReason::AwaitingTurn);
    runTurns(*f.loop, 5);
    QCOMPARE(later.ends, 0);
    moved->resumeReading(net::PauseReason::AwaitingTurn);
    QVERIFY(runUntil(*f.loop, [&] { return later.ends == 1; }));
    runTurns(*f.loop, 5);
    QCOMPARE(later.ends, 1);
    if (!proper) return;
    moved->sendCopy(asBytes("answer"));
    moved->shutdownSend();
    QVERIFY(runUntil(*f.loop, [&] { return f.left.ends == 1; }));
    QCOMPARE(f.left.received, std::string("answer"));
    QCOMPARE(later.errors + f.left.errors, 0);
  }

  void movesFromInsideItsCallbacks() {
    // Where a server decides: once secured, and between two requests that came together.
    TlsPair f(friendly());
    net::test::Recorder later;
    std::unique_ptr<net::StreamSocket> moved;
    f.right.onSecuredHook = [&] {
      moved = f.server->detach()->attach(*f.loop, later);
      f.loop->dispose(std::move(f.server));
    };
    f.client->sendCopy(asBytes(pattern(40'000)));
    int moves = 0;
    later.onDataHook = [&](Slice&) {
      if (++moves > 2) return;
      auto old = std::move(moved);
      old->flushNow();
      moved = old->detach()->attach(*f.loop, later);
      f.loop->dispose(std::move(old));
    };
    QVERIFY(runUntil(*f.loop, [&] { return later.received.size() == 40'000; }));
    QVERIFY(later.received == pattern(40'000));
    QVERIFY(moves > 2);
    moved->sendCopy(asBytes("thanks"));
    QVERIFY(runUntil(*f.loop, [&] { return f.left.received == "thanks"; }));
  }

  void agreesOnAProtocol() {
    TlsPairParams params = friendly();
    params.serverAlpn = {"h2", "http/1.1"};
    params.clientAlpn = {"http/1.1", "h2"};
    TlsPair f(params);
    QVERIFY(f.secure());
    QCOMPARE(f.server->alpn(), std::string_view("h2"));
    QCOMPARE(f.client->alpn(), std::string_view("h2"));
  }

  void refusesAPeerWithOtherProtocols() {
    TlsPairParams params = friendly();
    params.serverAlpn = {"http/1.1"};
    params.clientAlpn = {"ftp"};
    TlsPair f(params);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1 && f.right.errors == 1; }));
    QCOMPARE(f.left.secured + f.right.secured, 0);
    QVERIFY(f.left.lastError.detail.find("protocol") != std::string::npos);
    // One that offers none is served.
    params.clientAlpn = {};
    TlsPair g(params);
    QVERIFY(g.secure());
    QCOMPARE(g.server->alpn(), std::string_view());
  }

  void garbageIsRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("HTTP") << QByteArray("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    QTest::newRow("zeros") << QByteArray(2000, '\0');
    QTest::newRow("a record that never ends")
        << QByteArray("\x16\x03\x01\xff\xff", 5) + QByteArray(70000, 'x');
    QTest::newRow("SSL 2") << QByteArray("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11) +
                                  QByteArray(40, 'x');
  }
  void garbageIsRefused() {
    QFETCH(QByteArray, bytes);
    auto loop = makeLoop();
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    net::test::Recorder left;
    TlsRecorder right;
    auto plain = net::StreamSocket::adopt(*loop, a.release(), left);
    auto server = TlsSocket::accept(*loop, b.release(), friendly().store, {}, right);
    plain->sendCopy(asBytes(bytes.toStdString()));
    QVERIFY(runUntil(*loop, [&] { return right.errors == 1 && left.ends + left.errors > 0; }));
    QVERIFY(!server->isOpen());
    QCOMPARE(right.secured, 0);
  }

  void aHandshakeWithoutEndIsRefused() {
    auto loop = makeLoop();
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    net::test::Recorder left;
    TlsRecorder right;
    auto plain = net::StreamSocket::adopt(*loop, a.release(), left);
    auto server = TlsSocket::accept(*loop, b.release(), friendly().store, {}, right);
    // A ClientHello that says it has 16 MB, in records of one byte.
    std::string record("\x16\x03\x01\x00\x01", 5);
    const std::string hello("\x01\xff\xff\xff", 4);
    for (int i = 0; i < 20'000; ++i) {
      std::string one = record;
      one.push_back(i < 4 ? hello[static_cast<std::size_t>(i)] : 'x');
      plain->sendCopy(asBytes(one));
    }
    QVERIFY(runUntil(*loop, [&] { return right.errors == 1; }));
  }

  void aPeerThatHangsUpInTheHandshakeIsAnError() {
    auto loop = makeLoop();
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    TlsRecorder right;
    auto server = TlsSocket::accept(*loop, b.release(), friendly().store, {}, right);
    a.reset();
    QVERIFY(runUntil(*loop, [&] { return right.errors == 1; }));
    QVERIFY(right.lastError.code == ErrorCode::ConnectionReset);
  }
};

QTEST_GUILESS_MAIN(TlsSocketTest)
#include "tls_socket_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Clients' sessions on a real server: logins, take-over, declarations, broken control streams, drain.
#include <QTest>

#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {
std::shared_ptr<const tls::Identity> identity() { return tls::Identity::generate("client").value(); }
std::uint64_t codeOf(wire::AppError error) { return static_cast<std::uint64_t>(error); }
}  // namespace

class SessionsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void refusesAnUnknownToken() {
    ServerHarness h;
    FakeClient& client = h.addOffline({nullptr, "wrong"});
    QVERIFY(h.until([&] { return client.sessionError.has_value(); }));
    QVERIFY(client.sessionError->code == ErrorCode::TokenUnknown);
    QVERIFY(!client.accepted);
    client.leave();
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
  }

  void closesOnARefusedClientThatStays() {
    ServerHarness h;
    FakeClient& client = h.addOffline({nullptr, "wrong"});
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->code, codeOf(wire::AppError::LoginRefused));
  }

  void shutsOutGuessers() {
    ServerHarness h;
    for (int i = 0; i < 5; ++i) {
      FakeClient& client = h.addOffline({nullptr, "wrong"});
      QVERIFY(h.until([&] { return client.sessionError.has_value(); }));
      QVERIFY(client.sessionError->code == ErrorCode::TokenUnknown);
      client.leave();
    }
    FakeClient& good = h.addOffline();
    QVERIFY(h.until([&] { return good.sessionError.has_value(); }));
    QVERIFY(good.sessionError->code == ErrorCode::Overloaded);
  }

  void usersOfARevokedTokenShutNobodyOut() {
    ServerHarness h;
    h.tokens->add("next", "local");
    h.tokens->revoke("token");
    for (int i = 0; i < 6; ++i) {
      FakeClient& client = h.addOffline({nullptr, "token"});
      QVERIFY(h.until([&] { return client.sessionError.has_value(); }));
      QCOMPARE(toString(client.sessionError->code), toString(ErrorCode::TokenRevoked));
      client.leave();
    }
    FakeClient& good = h.addClient({.token = "next"});
    QVERIFY(good.accepted.has_value());
    QVERIFY(good.answers.at(7).accepted);
  }

  void aClientThatReadsNothingEnds() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.holdsControl = client.mute = true;
    wire::Declare many{2, {}};
    for (std::uint64_t id = 0; id < wire::kMaxTunnels; ++id)
      many.tunnels.push_back({id, wire::TunnelKind::Tcp, {}});
    // Some 80 KB of answers to each: fewer than the messages that a client may send at once.
    for (; many.revision < 300; ++many.revision) client.sendControlBytes(wire::encode(many));
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->code, codeOf(wire::AppError::LimitExceeded));
    QCOMPARE(client.closed->reason, std::string("the client does not read what it is told"));
  }

  void aNewerConnectionOfTheSameKeyTakesOver() {
    ServerHarness h;
    const auto key = identity();
    FakeClient& first = h.addClient({key});
    QVERIFY(h.online);
    RawPeer& waiting = h.visit(get("shop", "/old"));
    QVERIFY(h.untilRequests(first, 1));
    FakeClient& second = h.addClient({key});
    QVERIFY(h.online);
    QVERIFY(h.until([&] { return first.closed.has_value(); }));
    QCOMPARE(first.closed->code, codeOf(wire::AppError::TakenOver));
    QVERIFY(h.until([&] { return waiting.has("</html>"); }));
    QVERIFY(waiting.received.starts_with("HTTP/1.1 503"));
    RawPeer& visitor = h.visit(get("shop", "/new"));
    QVERIFY(h.untilRequests(second, 1));
    second.last().answerText(200, "new one");
    QVERIFY(h.until([&] { return visitor.has("new one"); }));
  }

  void instancesOfADeviceLiveSideBySide() {
    ServerHarness h;
    const auto key = identity();
    FakeClient& first = h.addClient({.identity = key});
    FakeClient& second =
        h.addClient({.identity = key, .tunnels = {{7, wire::TunnelKind::Http, "blog"}}, .instance = "two"});
    QVERIFY(h.online);
    for (auto* client : {&first, &second}) {
      client->serve = [client, &first](ServedRequest& r) {
        r.answerText(200, client == &first ? "the first" : "the second");
      };
    }
    RawPeer& shop = h.visit(get("shop"));
    RawPeer& blog = h.visit(get("blog"));
    QVERIFY(h.until([&] { return shop.has("the first"); }));
    QVERIFY(h.until([&] { return blog.has("the second"); }));
    QVERIFY(!first.closed.has_value());
  }

  void requestsComeToTheNewConnectionBeforeItDeclares() {
    ServerHarness h;
    const auto key = identity();
    FakeClient& first = h.addClient({.identity = key});
    FakeClient& second = h.addOffline({.identity = key, .declares = false});
    QVERIFY(h.until([&] { return second.accepted.has_value(); }));
    RawPeer& visitor = h.visit(get("shop"));
    QVERIFY(h.untilRequests(second, 1));
    QCOMPARE(second.last().head.tunnel, FakeClient::kTunnelId);
    second.last().answerText(200, "new one");
    QVERIFY(h.until([&] { return visitor.has("new one"); }));
    QVERIFY(h.until([&] { return first.closed.has_value(); }));
  }

  void aLivingHolderKeepsItsName_data() {
    QTest::addColumn<unsigned>("workers");
    QTest::newRow("on one worker") << 1U;
    QTest::newRow("on several") << 4U;
  }
  void aLivingHolderKeepsItsName() {
    QFETCH(unsigned, workers);
    ServerHarness h({}, workers);
    FakeClient& first = h.addClient();
    FakeClient& other =
        h.addOffline({.tunnels = {{7, wire::TunnelKind::Http, "shop"}, {8, wire::TunnelKind::Http, "blog"}}});
    // What nobody contests is answered at once, and the rest follows.
    QVERIFY(h.until([&] { return other.answers.contains(8) && other.answers.contains(7); }));
    QVERIFY(other.answers.at(8).accepted);
    QCOMPARE(other.answers.at(7).code, std::string("name-taken"));
    QVERIFY(other.answers.at(7).holder.has_value());
    QCOMPARE(other.answers.at(7).holder->processId, 4711U);
    QVERIFY(!first.closed.has_value());
    QVERIFY(first.withdrawn.empty());
  }

  void aSilentHolderLosesItsName() {
    ServerHarness h;
    FakeClient& first = h.addClient();
    first.mute = true;
    FakeClient& other = h.addOffline();
    QVERIFY(h.until([&] { return other.answers.contains(7); }));
    QVERIFY(other.answers.at(7).accepted);
    other.serve = [](ServedRequest& r) { r.answerText(200, "the other"); };
    RawPeer& visitor = h.visit(get("shop"));
    QVERIFY(h.until([&] { return visitor.has("the other"); }));
    QVERIFY(!first.closed.has_value());
  }

  void aNameThatMovesIsWithdrawn() {
    ServerHarness h({}, 2);
    FakeClient& first =
        h.addClient({.tunnels = {{7, wire::TunnelKind::Http, "shop"}, {8, wire::TunnelKind::Http, "blog"}}});
    RawPeer& inFlight = h.visit(get("shop", "/old"));
    QVERIFY(h.untilRequests(first, 1));
    wire::TunnelDeclaration shop{7, wire::TunnelKind::Http, "shop"};
    shop.takeOver = true;
    FakeClient& other = h.addClient({.tunnels = {shop}, .name = "desk"});
    QVERIFY(other.answers.at(7).accepted);
    QVERIFY(h.until([&] { return !first.withdrawn.empty(); }));
    QVERIFY((first.withdrawn[0] ==
             wire::Withdrawn{{7}, "taken-over", "'shop' was taken over by 'desk' (terminal, pid 4711)"}));
    // What is in flight ends as it began, and the other tunnel goes on.
    first.last().answerText(200, "old one");
    QVERIFY(h.until([&] { return inFlight.has("old one"); }));
    first.serve = [](ServedRequest& r) { r.answerText(200, "tunnel " + std::to_string(r.head.tunnel)); };
    RawPeer& blog = h.visit(get("blog"));
    QVERIFY(h.until([&] { return blog.has("tunnel 8"); }));
    QVERIFY(!first.closed.has_value());
  }

  void anotherPrincipalGetsNothing() {
    ServerHarness h;
    h.tokens->add("joe's", "joe");
    h.addClient();
    FakeClient& other = h.addClient({.token = "joe's"});
    QCOMPARE(other.answers.at(7).code, std::string("name-taken"));
    QVERIFY(!other.answers.at(7).holder.has_value());
    other.release("shop");
    QVERIFY(h.until([&] { return other.released.has_value(); }));
    QCOMPARE(other.released->code, std::string("not-found"));
  }

  void aRevokedTokenEndsItsSessions() {
    ServerHarness h;
    h.tokens->add("second", "local");
    FakeClient& first = h.addClient();
    FakeClient& second = h.addClient({.token = "second", .tunnels = {{7, wire::TunnelKind::Http, "blog"}}});
    h.tokens->revoke("token");
    QVERIFY(h.until([&] { return first.closed.has_value(); }));
    QCOMPARE(first.closed->code, codeOf(wire::AppError::LoginRefused));
    QVERIFY(!second.closed.has_value());
    // The principal's other token has the name now.
    second.declare({{7, wire::TunnelKind::Http, "shop"}});
    QVERIFY(h.until([&] { return second.isOnline(); }));
    QVERIFY(second.answers.at(7).accepted);
  }

  void aRevokedTokenEndsADrainingSession() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    RawPeer& visitor = h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 1));
    client.drain();
    client.serve = [](ServedRequest& r) { r.answerText(200, "still there"); };
    RawPeer* asked = &h.visit(get("shop"));
    QVERIFY(h.until([&] {
      if (asked->has("still there")) asked = &h.visit(get("shop"));
      return asked->has("503");
    }));
    h.tokens->revoke("token");
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->code, codeOf(wire::AppError::LoginRefused));
    QVERIFY(h.until([&] { return visitor.has("</html>") || visitor.gone(); }));
  }

  void aTokenMadeAMomentAgoIsFound() {
    ServerHarness h;
    h.tokens->appearsLate("late", "joe");
    FakeClient& client = h.addClient({.token = "late"});
    QVERIFY(h.online);
    QVERIFY(client.accepted.has_value());
  }

  void tunnelsComeAndGo() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) { r.answerText(200, "tunnel " + std::to_string(r.head.tunnel)); };
    client.declare({{1, wire::TunnelKind::Http, "a1"}, {2, wire::TunnelKind::Http, "b1"}});
    QVERIFY(h.until([&] { return client.isOnline(); }));
    RawPeer& a = h.visit(get("a1"));
    RawPeer& b = h.visit(get("b1"));
    RawPeer& gone = h.visit(get("shop"));
    QVERIFY(h.until([&] { return a.has("tunnel 1") && b.has("tunnel 2") && gone.has("HTTP/1.1 404"); }));
    client.declare({});
    QVERIFY(h.until([&] { return client.isOnline(); }));
    RawPeer& later = h.visit(get("a1"));
    QVERIFY(h.until([&] { return later.has("HTTP/1.1 404"); }));
  }

  void aDrainingClientGetsNoNewRequests() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    RawPeer& before = h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 1));
    client.drain();
    // Those that were sent before the server heard of it still arrive.
    for (bool refused = false; !refused;) {
      const std::size_t count = client.requestCount();
      RawPeer& visitor = h.visit(get("shop"));
      QVERIFY(h.until([&] { return visitor.has("HTTP/1.1 503") || client.requestCount() > count; }));
      refused = visitor.has("HTTP/1.1 503");
    }
    client.request(0).answerText(200, "finished");
    QVERIFY(h.until([&] { return before.has("finished"); }));
  }

  void endsASessionThatBreaksTheProtocol_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("garbage") << QByteArray("\x04\x03\xff\xff\xff", 5);
    QTest::newRow("too large") << QByteArray("\x04\xbf\xff\xff\xff", 5);
    QTest::newRow("an answer of a server's") << QByteArray("\x02\x01\xa0", 3);
  }
  void endsASessionThatBreaksTheProtocol() {
    QFETCH(QByteArray, bytes);
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& waiting = h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 1));
    client.sendControlBytes(bytes.toStdString());
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->cause, transport::CloseCause::PeerApplication);
    QVERIFY(client.closed->code != codeOf(wire::AppError::NoError));
    QVERIFY(h.until([&] { return waiting.has("HTTP/1.1 503"); }));
    // The next client is served.
    FakeClient& next = h.addClient({nullptr, "token", {{1, wire::TunnelKind::Http, "next"}}});
    QVERIFY(h.online);
    QVERIFY(next.declared->answers[0].accepted);
  }

  void theControlStreamEndsBehindADrainOnly_data() {
    QTest::addColumn<int>("how");
    QTest::addColumn<int>("code");
    QTest::newRow("FIN") << 0 << static_cast<int>(wire::AppError::Protocol);
    QTest::newRow("reset") << 1 << static_cast<int>(wire::AppError::Protocol);
    QTest::newRow("stop") << 2 << static_cast<int>(wire::AppError::Protocol);
    QTest::newRow("Drain and FIN") << 3 << static_cast<int>(wire::AppError::NoError);
  }
  void theControlStreamEndsBehindADrainOnly() {
    QFETCH(int, how);
    QFETCH(int, code);
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    if (how == 3) client.drain();
    if (how == 0 || how == 3) client.control()->finish();
    if (how == 1) client.control()->reset(0);
    if (how == 2) client.control()->stopSending(0);
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->cause, transport::CloseCause::PeerApplication);
    QCOMPARE(static_cast<int>(client.closed->code), code);
  }

  void theFirstStreamIsAControlStream_data() {
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<int>("code");
    QTest::newRow("a request's") << QByteArray("\x02\x03\x07\x00\x00", 5)
                                 << static_cast<int>(wire::AppError::Protocol);
    QTest::newRow("an unknown kind") << QByteArray("\x3f\x00", 2)
                                     << static_cast<int>(wire::AppError::Protocol);
    QTest::newRow("too long") << QByteArray("\x01\x3f", 2) << static_cast<int>(wire::AppError::Malformed);
  }
  void theFirstStreamIsAControlStream() {
    QFETCH(QByteArray, head);
    QFETCH(int, code);
    ServerHarness h;
    FakeClient::Params params;
    params.controlHead = head.toStdString();
    FakeClient& client = h.addOffline(std::move(params));
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QCOMPARE(client.closed->cause, transport::CloseCause::PeerApplication);
    QCOMPARE(static_cast<int>(client.closed->code), code);
  }

  void refusesStreamsThatAreNotAClientsToOpen() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    struct Log final : transport::StreamHandler {
      bool reset = false, stopped = false;
      void onStreamData(transport::Stream& stream, ByteView data, bool) override {
        stream.consume(data.size());
      }
      void onStreamReset(transport::Stream&, transport::AppErrorCode) override { reset = true; }
      void onStreamStopped(transport::Stream&, transport::AppErrorCode) override { stopped = true; }
      void onStreamWritable(transport::Stream&) override {}
      void onStreamClosed(transport::Stream&) override { reset = stopped = true; }
    } log;
    transport::Stream* stream = client.openStream();
    QVERIFY(stream != nullptr);
    stream->setHandler(&log);
    stream->sendCopy(asBytes("hello"));
    QVERIFY(h.until([&] { return log.reset && log.stopped; }));
    QVERIFY(!client.closed);
  }

  void drainLetsRequestsEnd() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    RawPeer& busy = h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 1));
    RawPeer& idle = h.visit(get("nobody"));
    QVERIFY(h.until([&] { return idle.has("</html>"); }));
    std::atomic<bool> drained{false};
    h.server->drain(20s, [&] { drained = true; });
    QVERIFY(h.until([&] { return idle.gone() && client.drained.has_value(); }));
    QVERIFY(!drained);
    client.last().answerText(200, "the last one");
    QVERIFY(h.until([&] { return busy.gone(); }));
    QVERIFY(busy.has("Connection: close"));
    QVERIFY(busy.received.ends_with("the last one"));
    QVERIFY(h.until([&] { return drained.load(); }));
  }

  void drainEndsAtItsDeadline() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 1));
    std::atomic<bool> drained{false};
    h.server->drain(50ms, [&] { drained = true; });
    QVERIFY(h.until([&] { return drained.load(); }));
  }

  void drainOfAnIdleServerIsDoneAtOnce() {
    ServerHarness h;
    std::atomic<bool> drained{false};
    h.server->drain(20s, [&] { drained = true; });
    QVERIFY(h.until([&] { return drained.load(); }));
  }

  void survivesItsEndAmidRequests() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    RawPeer& first = h.visit(get("shop"));
    RawPeer& second = h.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 100\r\n\r\nhalf");
    QVERIFY(h.untilRequests(client, 2));
    client.request(0).send(responseHead(200, chunked()) + dataFrame("half"));
    h.server.reset();
    QVERIFY(h.until([&] { return first.gone() && second.gone() && client.closed.has_value(); }));
    QCOMPARE(client.closed->code, codeOf(wire::AppError::Draining));
  }

  void namesTheAddressThatIsTaken() {
    ServerHarness h;
    server::ServerParams params;
    params.identity = identity();
    params.quicListen = net::SocketAddress::loopback4(0);
    params.httpListen = h.server->httpAddress();
    for (const unsigned workers : {1U, 2U}) {
      params.workers = workers;
      const auto started = server::Server::start(params);
      QVERIFY(!started.has_value());
      QVERIFY(started.error().code == ErrorCode::AddressInUse);
      QVERIFY(started.error().detail.find(std::to_string(params.httpListen.port())) != std::string::npos);
    }
  }
};

QTEST_GUILESS_MAIN(SessionsTest)
#include "sessions_test.moc"

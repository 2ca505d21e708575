// SPDX-License-Identifier: Apache-2.0
// A visitor's request on its way in: routing, framing, pipelining, and visitors that leave or stall.
#include <QTest>

#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {
void echoPath(ServedRequest& request) {
  request.answerText(200, request.message.request.method + " " + request.message.request.target);
}
std::size_t countOf(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}
}  // namespace

class VisitorRequestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void relaysARequestAndItsAnswer() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    QCOMPARE(client.accepted->domain, std::string("localhost"));
    RawPeer& visitor = h.visit(
        get("SHOP", "/a?b=c", "X-Own: 1\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: x-hop\r\nX-Hop: 2\r\n"));
    QVERIFY(h.untilRequests(client, 1));
    ServedRequest& request = client.last();
    QVERIFY(h.until([&] { return request.finished; }));
    QCOMPARE(request.head.tunnel, FakeClient::kTunnelId);
    QCOMPARE(request.head.visitor.host(), std::string("127.0.0.1"));
    QCOMPARE(request.message.request.target, std::string("/a?b=c"));
    QCOMPARE(request.message.request.authority, std::string("SHOP.localhost"));
    QCOMPARE(request.message.fields.size(), std::size_t{2});
    QCOMPARE(request.message.fields[0], (std::pair<std::string, std::string>{"X-Own", "1"}));
    QCOMPARE(request.message.fields[1].first, std::string("CDN-Loop"));
    QVERIFY(request.message.fields[1].second.starts_with("adit-"));
    request.answerText(200, "hello");
    QVERIFY(h.until([&] { return visitor.received.ends_with("hello"); }));
    QVERIFY(visitor.received.find("\r\nVia: 1.1 adit\r\n") != std::string::npos);
    QVERIFY(visitor.received.find("\r\nDate: ") != std::string::npos);
    QCOMPARE(withoutPassage(visitor.received),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    // The connection serves the next request, too.
    visitor.received.clear();
    visitor.send(get("shop", "/next"));
    QVERIFY(h.untilRequests(client, 2));
    client.last().answerText(404, "no");
    QVERIFY(h.until([&] { return visitor.has("404 Not Found") && visitor.received.ends_with("no"); }));
  }

  void answersByItself_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<bool>("closes");
    const auto row = [](const char* name, const std::string& request, const char* status, bool closes) {
      QTest::newRow(name) << QByteArray::fromStdString(request) << QByteArray(status) << closes;
    };
    row("unknown name", get("other"), "404", false);
    row("the domain itself", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404", false);
    row("a deeper name", get("a.shop"), "404", false);
    row("another domain", "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "404", false);
    row("a name that ends alike", "GET / HTTP/1.1\r\nHost: shoplocalhost\r\n\r\n", "404", false);
    row("an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", "404", false);
    row("no Host", "GET / HTTP/1.1\r\n\r\n", "400", true);
    row("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", true);
    row("garbage", "\x16\x03\x01\x02\r\n\r\n", "400", true);
    row("both framings",
        "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "400", true);
    row("a long target", get("shop", "/" + std::string(9000, 'x')), "414", true);
    row("a large head", get("shop", "/", "X: " + std::string(40'000, 'x') + "\r\n"), "431", true);
    row("HTTP/2.0", "GET / HTTP/2.0\r\nHost: shop.localhost\r\n\r\n", "505", true);
    row("unknown name with a body", "POST / HTTP/1.1\r\nHost: x.localhost\r\nContent-Length: 4\r\n\r\nab",
        "404", true);
  }
  void answersByItself() {
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    QFETCH(bool, closes);
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor = h.visit(request.toStdString());
    QVERIFY(h.until([&] { return visitor.has("</html>"); }));
    QVERIFY2(visitor.received.starts_with("HTTP/1.1 " + status.toStdString()),
             visitor.received.substr(0, 60).c_str());
    QCOMPARE(visitor.has("Connection: close"), closes);
    QVERIFY(!closes || h.until([&] { return visitor.gone(); }));
    if (!closes) {
      visitor.received.clear();
      client.serve = echoPath;
      visitor.send(get("shop", "/good"));
      QVERIFY(h.until([&] { return visitor.received.ends_with("GET /good"); }));
    }
    QCOMPARE(client.requestCount(), std::size_t{closes ? 0U : 1U});
  }

  void tellsAboutAClientThatIsAway() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.fail();
    QVERIFY(h.until([&] { return client.closed.has_value(); }));
    QVERIFY(h.until([&] {
      RawPeer& visitor = h.visit(get("shop"));
      return h.until([&] { return visitor.has("</html>"); }) &&
             visitor.received.starts_with("HTTP/1.1 503") && visitor.has("Retry-After");
    }));
  }

  void refusesMoreThanATunnelMayHave() {
    server::ServerLimits limits;
    limits.requestsPerTunnel = 2;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& first = h.visit(get("shop"));
    h.visit(get("shop"));
    QVERIFY(h.untilRequests(client, 2));
    RawPeer& third = h.visit(get("shop"));
    QVERIFY(h.until([&] { return third.has("</html>"); }));
    QVERIFY(third.received.starts_with("HTTP/1.1 503"));
    client.request(0).answerText(200, "one");
    client.request(1).answerText(200, "two");
    QVERIFY(h.until([&] { return first.has("one") || first.has("two"); }));
    // There is room again.
    client.serve = echoPath;
    QVERIFY(h.until([&] {
      RawPeer& later = h.visit(get("shop", "/later"));
      return h.until([&] { return later.has("\r\n\r\n"); }) && later.has("200 OK");
    }));
  }

  void aCrowdAtOneTunnelLeavesTheOthersOpen() {
    ServerHarness h;
    FakeClient& client = h.addClient(
        {nullptr, "token", {{1, wire::TunnelKind::Http, "busy"}, {2, wire::TunnelKind::Http, "calm"}}, 8});
    QVERIFY(h.online);
    for (int i = 0; i < 4; ++i) h.visit(get("busy"));  // half of what the client takes
    QVERIFY(h.untilRequests(client, 4));
    RawPeer& refused = h.visit(get("busy"));
    QVERIFY(h.until([&] { return refused.has("</html>"); }));
    QVERIFY(refused.received.starts_with("HTTP/1.1 503"));
    QVERIFY(refused.has("Retry-After"));
    client.serve = echoPath;
    RawPeer& calm = h.visit(get("calm", "/here"));
    QVERIFY(h.until([&] { return calm.has("/here"); }));
    QVERIFY(calm.has("200 OK"));
  }

  void carriesContentOfKnownLength() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor =
        h.visit("POST /up HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 10\r\n\r\n01234");
    QVERIFY(h.untilRequests(client, 1));
    QVERIFY(h.until([&] { return client.last().message.body == "01234"; }));
    QVERIFY(!client.last().finished);
    visitor.send("56789");
    QVERIFY(h.until([&] { return client.last().finished; }));
    QCOMPARE(client.last().message.body, std::string("0123456789"));
    QCOMPARE(client.last().message.framing.length, std::uint64_t{10});
    client.last().answerText(200, "done");
    QVERIFY(h.until([&] { return visitor.has("done"); }));
  }

  void carriesChunkedContentWithTrailers() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor =
        h.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    visitor.send("A;q=1\r\n0123456789\r\n0\r\nX-Sum: 9\r\nHost: evil\r\n\r\n");
    QVERIFY(h.untilRequests(client, 1));
    QVERIFY(h.until([&] { return client.last().finished; }));
    QCOMPARE(client.last().message.body, std::string("abc0123456789"));
    QCOMPARE(client.last().message.trailing, (Fields{{"X-Sum", "9"}}));
    QCOMPARE(client.last().message.framing.body, http::BodyFraming::Chunked);
  }

  void malformedChunksEndTheRequest() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor =
        h.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc");
    QVERIFY(h.untilRequests(client, 1));
    visitor.send("def\r\n");
    QVERIFY(h.until([&] { return visitor.has("</html>"); }));
    QVERIFY(visitor.received.starts_with("HTTP/1.1 400"));
    QVERIFY(h.until([&] { return client.last().resetWith.has_value(); }));
    QVERIFY(h.until([&] { return visitor.gone(); }));
  }

  void passesOnExpectations() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor = h.visit(
        "PUT / HTTP/1.1\r\nHost: shop.localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    QVERIFY(h.untilRequests(client, 1));
    QVERIFY(client.last().message.request.expectContinue);
    client.last().send(responseHead(100, noBody(), {}, wire::FrameType::InterimHead));
    QVERIFY(h.until([&] { return visitor.has("HTTP/1.1 100 Continue\r\n\r\n"); }));
    visitor.send("ok");
    QVERIFY(h.until([&] { return client.last().finished; }));
    client.last().answerText(201, "made");
    QVERIFY(h.until([&] { return visitor.received.ends_with("made"); }));
  }

  void answersPipelinedRequestsInOrder() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = echoPath;
    std::string all;
    for (int i = 0; i < 10; ++i) {
      all += i % 3 == 1 ? get("nobody", "/x") : get("shop", "/" + std::to_string(i));
    }
    RawPeer& visitor = h.visit(all);
    QVERIFY(h.until([&] { return visitor.received.ends_with("GET /9"); }));
    std::size_t at = 0;
    for (const char* expected : {"GET /0", "404 Not Found", "GET /2", "GET /3", "404 Not Found", "GET /5",
                                 "GET /6", "404 Not Found", "GET /8", "GET /9"}) {
      at = visitor.received.find(expected, at);
      QVERIFY2(at != std::string::npos, expected);
    }
    // ... and is still there for more: pipelining left no pause behind.
    visitor.send(get("shop", "/after"));
    QVERIFY(h.until([&] { return visitor.received.ends_with("GET /after"); }));
  }

  void aPipelinedRequestMayHaveContentThatComesLater() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor =
        h.visit(get("shop", "/first") +
                "POST /second HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 6\r\n\r\nabc");
    QVERIFY(h.untilRequests(client, 1));
    client.request(0).answerText(200, "one");
    QVERIFY(h.untilRequests(client, 2));
    QVERIFY(h.until([&] { return client.request(1).message.body == "abc"; }));
    visitor.send("def");
    QVERIFY(h.until([&] { return client.request(1).finished; }));
    client.request(1).answerText(200, "two");
    QVERIFY(h.until([&] { return visitor.received.ends_with("two"); }));
  }

  void manyLargePipelinedPostsStayWhole() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = [](ServedRequest& r) {
      r.answerText(200, "got " + std::to_string(r.message.body.size()) + ";");
    };
    std::string all;
    for (int i = 0; i < 5; ++i) {
      all += "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 70000\r\n\r\n" +
             std::string(70'000, 'p') + get("shop");
    }
    RawPeer& visitor = h.visit(all);
    QVERIFY(h.until([&] { return countOf(visitor.received, "got ") == 10; }));
    QCOMPARE(countOf(visitor.received, "got 70000;"), std::size_t{5});
    QCOMPARE(countOf(visitor.received, "got 0;"), std::size_t{5});
  }

  void aHalfClosedVisitorIsStillAnswered() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = [](ServedRequest& r) { r.answerText(200, std::string(3'000'000, 'z') + "end"); };
    RawPeer& visitor = h.visit(get("shop"));
    visitor.finish();
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(!visitor.failed);
    QVERIFY(visitor.received.ends_with("zzzend"));
  }

  void pipelinedRequestsBeforeAHalfCloseAreAllAnswered() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = echoPath;
    RawPeer& visitor = h.visit(get("shop", "/1") + get("shop", "/2") + get("shop", "/3"));
    visitor.finish();
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(visitor.has("GET /1"));
    QVERIFY(visitor.has("GET /2"));
    QVERIFY(visitor.received.ends_with("GET /3"));
  }

  void aVisitorThatReadsSlowlyAndHalfClosedGetsItAll() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = [](ServedRequest& r) { r.answerText(200, std::string(12'000'000, 'z') + "end"); };
    RawPeer& visitor = h.visit(get("shop"));
    QVERIFY(h.until([&] { return !visitor.received.empty(); }));
    visitor.pause();
    visitor.finish();
    bool later = false;
    net::Timer timer(*h.loop, [&] { later = true; });
    timer.start(900ms);  // longer than the moment a half-closed visitor is given
    QVERIFY(h.until([&] { return later; }));
    visitor.resume();
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(!visitor.failed);
    QVERIFY(visitor.received.ends_with("zzzend"));
  }

  void aVisitorThatLeavesResetsTheStream_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<bool>("abort");
    QTest::newRow("cut while waiting") << QByteArray::fromStdString(get("shop")) << true;
    QTest::newRow("gone while waiting") << QByteArray::fromStdString(get("shop")) << false;
    const QByteArray half = "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 9\r\n\r\nabc";
    QTest::newRow("cut in its content") << half << true;
    QTest::newRow("gone in its content") << half << false;
  }
  void aVisitorThatLeavesResetsTheStream() {
    QFETCH(QByteArray, request);
    QFETCH(bool, abort);
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor = h.visit(request.toStdString());
    QVERIFY(h.untilRequests(client, 1));
    if (abort) {
      visitor.abort();
    } else {
      visitor.close();
    }
    ServedRequest& served = client.last();
    QVERIFY(h.until([&] { return served.stoppedWith.has_value(); }));
    QVERIFY(*served.stoppedWith == wire::AppError::VisitorGone);
    // The load it counted in is free again, and the client answers others.
    client.serve = echoPath;
    RawPeer& next = h.visit(get("shop", "/next"));
    QVERIFY(h.until([&] { return next.received.ends_with("GET /next"); }));
  }

  void aVisitorThatSendsItsHeadTooSlowlyIsToldSo() {
    server::ServerLimits limits;
    limits.headTimeout = 50ms;
    ServerHarness h(limits);
    RawPeer& visitor = h.visit("GET / HTTP/1.1\r\nHo");
    RawPeer& silent = h.visit();
    QVERIFY(h.until([&] { return visitor.gone() && silent.gone(); }));
    QVERIFY(visitor.received.starts_with("HTTP/1.1 408"));
    QVERIFY(silent.received.empty());
  }

  void aVisitorThatStallsInItsContentIsToldSo() {
    server::ServerLimits limits;
    limits.bodyIdleTimeout = 50ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& visitor = h.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 9\r\n\r\nabc");
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(visitor.received.starts_with("HTTP/1.1 408"));
    QVERIFY(h.untilRequests(client, 1));
    QVERIFY(h.until([&] { return client.last().resetWith == wire::AppError::VisitorGone; }));
  }

  void anIdleConnectionIsClosedWithoutAWord() {
    server::ServerLimits limits;
    limits.keepAliveTimeout = 50ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    client.serve = echoPath;
    RawPeer& visitor = h.visit(get("shop", "/x"));
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(visitor.received.ends_with("GET /x"));
    // After a page of the server's own, too.
    RawPeer& lost = h.visit(get("nobody"));
    QVERIFY(h.until([&] { return lost.gone(); }));
    QVERIFY(lost.received.ends_with("</html>\n") || lost.received.ends_with("</html>"));
  }

  void aVisitorThatDoesNotReadIsGivenUp() {
    server::ServerLimits limits;
    limits.writeIdleTimeout = 100ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    // Answers that are whole already wait for the visitor, too.
    client.serve = [](ServedRequest& r) { r.answerText(200, std::string(30'000, 'z')); };
    RawPeer& visitor = h.visit();
    visitor.pause();
    std::string requests;
    for (int i = 0; i < 500; ++i) requests += get("shop");
    visitor.send(requests);
    QVERIFY(h.untilRequests(client, 1));
    std::size_t seen = 0;
    bool stalled = false;
    net::Timer timer(*h.loop, [&] {
      stalled = seen == client.requestCount();
      seen = client.requestCount();
      timer.start(400ms);
    });
    timer.start(400ms);
    QVERIFY(h.until([&] { return stalled; }));
    QVERIFY(seen < 500);
    visitor.resume();
    QVERIFY(h.until([&] { return visitor.gone(); }));
    QVERIFY(countOf(visitor.received, "200 OK") < 500);
  }
};

QTEST_GUILESS_MAIN(VisitorRequestTest)
#include "visitor_request_test.moc"

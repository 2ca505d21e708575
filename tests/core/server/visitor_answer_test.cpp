// SPDX-License-Identifier: Apache-2.0
// An answer's way out to the visitor, and what a client that breaks the protocol can do to it: nothing worse
// than a 502 or a connection that is visibly cut.
#include <QTest>

#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::test;

namespace {

const std::string kUpgrade = get("shop", "/ws",
                                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                                 "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

/// A visitor whose request has reached the client.
struct Visit {
  ServerHarness h;
  FakeClient& client = h.addClient();
  RawPeer* visitor = nullptr;
  bool ready = false;
  explicit Visit(std::string_view request = get("shop")) {
    if (!h.online) return;
    visitor = &h.visit(request);
    ready = h.untilRequests(client, 1);
  }
  ServedRequest& request() { return client.last(); }
  bool gone() {
    return h.until([&] { return visitor->gone(); });
  }
  /// The server still answers others.
  bool serverIsWell() {
    const std::size_t before = client.requestCount();
    RawPeer& other = h.visit(get("shop", "/well"));
    if (!h.untilRequests(client, before + 1)) return false;
    client.last().answerText(200, "I am well");
    return h.until([&] { return other.received.ends_with("I am well"); });
  }
};

}  // namespace

class VisitorAnswerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void frames_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<bool>("closes");
    const auto row = [](const char* name, const std::string& request, const std::string& answer,
                        const std::string& expected, bool closes = false) {
      QTest::newRow(name) << QByteArray::fromStdString(request) << QByteArray::fromStdString(answer)
                          << QByteArray::fromStdString(expected) << closes;
    };
    const std::string oldGet = "GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n";
    const std::string oldKeep = "GET / HTTP/1.0\r\nHost: shop.localhost\r\nConnection: keep-alive\r\n\r\n";
    const std::string head = "HEAD / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n";
    row("length", get("shop"),
        responseHead(200, lengthOf(2), {{"X-A", "1"}}) + dataFrame("h") + dataFrame("i"),
        "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi");
    row("no content", get("shop"), responseHead(200, noBody()),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    row("unknown length", get("shop"), responseHead(200, chunked()) + dataFrame("hello") + dataFrame("yo"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhelloyo\r\n0\r\n\r\n");
    row("trailers", get("shop"), responseHead(200, chunked()) + dataFrame("x") + trailers({{"X-Sum", "1"}}),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n");
    row("204", get("shop"), responseHead(204, noBody()), "HTTP/1.1 204 No Content\r\n\r\n");
    row("304", get("shop"), responseHead(304, noBody(), {{"ETag", "\"a\""}}),
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
    row("HEAD", head, responseHead(200, noBody(), {{"Content-Length", "77"}}),
        "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    row("HTTP/1.0", oldGet, responseHead(200, lengthOf(2)) + dataFrame("hi"),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", true);
    row("HTTP/1.0 that stays", oldKeep, responseHead(200, lengthOf(2)) + dataFrame("hi"),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
    row("HTTP/1.0, unknown length", oldKeep, responseHead(200, chunked()) + dataFrame("hi"),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", true);
    row("interim", get("shop"),
        responseHead(103, noBody(), {{"Link", "</a>"}}, wire::FrameType::InterimHead) +
            responseHead(200, noBody()),
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    row("interim for HTTP/1.0", oldKeep,
        responseHead(103, noBody(), {}, wire::FrameType::InterimHead) + responseHead(200, noBody()),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    row("the visitor closes", get("shop", "/", "Connection: close\r\n"),
        responseHead(200, lengthOf(2)) + dataFrame("hi"),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", true);
    row("an unknown frame", get("shop"), frame(0x21, "news") + responseHead(200, noBody()) + frame(0x22, ""),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    row("an unusual status", get("shop"), responseHead(599, noBody()),
        "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n");
  }
  void frames() {
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, expected);
    QFETCH(bool, closes);
    Visit v(request.toStdString());
    QVERIFY(v.ready);
    QVERIFY(v.h.until([&] { return v.request().finished; }));
    v.request().answer(answer.toStdString());
    const auto received = [&] { return withoutPassage(v.visitor->received); };
    QVERIFY(v.h.until([&] { return received().size() >= static_cast<std::size_t>(expected.size()); }));
    if (closes) QVERIFY(v.gone() && v.visitor->ended);
    QVERIFY(v.serverIsWell());
    QCOMPARE(QByteArray::fromStdString(received()), expected);
    QCOMPARE(v.visitor->gone(), closes);
  }

  void aBrokenAnswerBecomesAPage_data() {
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("fin");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const std::string& answer, bool fin,
                        wire::AppError code = wire::AppError::Malformed) {
      QTest::newRow(name) << QByteArray::fromStdString(answer) << fin << static_cast<int>(code);
    };
    row("nothing", "", true);
    row("only interim", responseHead(103, noBody(), {}, wire::FrameType::InterimHead), true);
    row("half a head", responseHead(200, noBody()).substr(0, 3), true);
    row("content first", dataFrame("x"), false, wire::AppError::Protocol);
    row("trailers first", trailers({{"A", "1"}}), false, wire::AppError::Protocol);
    row("a request", requestHead({}), false, wire::AppError::Protocol);
    row("garbage in the head", frame(2, "\xff\xff\xff"), false);
    row("a head without end", "\x02\xbf\xff\xff\xff", false, wire::AppError::LimitExceeded);
    row("an interim status as final", responseHead(103, noBody()), false);
    row("a final status as interim", responseHead(200, noBody(), {}, wire::FrameType::InterimHead), false);
    row("101 as interim", responseHead(101, noBody(), {}, wire::FrameType::InterimHead), false);
    row("101 unasked", responseHead(101, noBody()), false, wire::AppError::Protocol);
    std::string interim;
    for (int i = 0; i < 1001; ++i) interim += responseHead(102, noBody(), {}, wire::FrameType::InterimHead);
    row("a flood of interim heads", interim, false, wire::AppError::LimitExceeded);
    std::string flood;
    for (int i = 0; i < 300; ++i) flood += frame(0x21, "");
    row("a flood of unknown frames", flood, false, wire::AppError::LimitExceeded);
  }
  void aBrokenAnswerBecomesAPage() {
    QFETCH(QByteArray, answer);
    QFETCH(bool, fin);
    QFETCH(int, code);
    Visit v;
    QVERIFY(v.ready);
    v.request().send(answer.toStdString());
    if (fin) v.request().finish();
    QVERIFY(v.h.until([&] { return v.visitor->has("</html>"); }));
    QVERIFY2(v.visitor->has("HTTP/1.1 502"), v.visitor->received.substr(0, 80).c_str());
    if (!fin) {
      QVERIFY(v.h.until([&] { return v.request().stoppedWith.has_value(); }));
      QCOMPARE(static_cast<int>(*v.request().stoppedWith), code);
    }
    QVERIFY(v.serverIsWell());
  }

  void aBrokenEndCutsTheConnection_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("fin");
    const auto row = [](const char* name, const std::string& answer, bool fin,
                        const std::string& request = get("shop")) {
      QTest::newRow(name) << QByteArray::fromStdString(request) << QByteArray::fromStdString(answer) << fin;
    };
    const std::string head = responseHead(200, lengthOf(9));
    row("too short", head + dataFrame("short"), true);
    row("too long", head + dataFrame("much too long"), false);
    row("a second head", head + dataFrame("x") + head, false);
    row("half a frame", head + dataFrame("something").substr(0, 4), true);
    row("content where there is none", responseHead(204, noBody()) + dataFrame("x"), false);
    row("content for HEAD", responseHead(200, noBody()) + dataFrame("x"), false,
        "HEAD / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    row("content after trailers", responseHead(200, chunked()) + trailers({{"A", "1"}}) + dataFrame("x"),
        false);
    row("two trailers", responseHead(200, chunked()) + trailers({{"A", "1"}}) + trailers({{"B", "1"}}),
        false);
    row("trailers behind a length", head + dataFrame("something") + trailers({{"A", "1"}}), false);
    row("malformed trailers", responseHead(200, chunked()) + frame(4, "\xff\xff"), false);
  }
  void aBrokenEndCutsTheConnection() {
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, answer);
    QFETCH(bool, fin);
    Visit v(request.toStdString());
    QVERIFY(v.ready);
    v.request().send(answer.toStdString());
    if (fin) v.request().finish();
    QVERIFY(v.gone());
    QVERIFY(v.visitor->failed);  // by RST: half an answer must not look like a whole one
    QVERIFY(v.serverIsWell());
  }

  void aResetBeforeTheHeadIsExplained_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("status");
    const auto row = [](wire::AppError code, const char* status) {
      QTest::newRow(toString(code).data()) << static_cast<int>(code) << status;
    };
    row(wire::AppError::OriginRefused, "502");
    row(wire::AppError::OriginBroken, "502");
    row(wire::AppError::OriginSlow, "504");
    row(wire::AppError::Overloaded, "503");
    row(wire::AppError::TunnelUnknown, "503");
    row(wire::AppError::Draining, "503");
    row(static_cast<wire::AppError>(0x3fff), "503");
  }
  void aResetBeforeTheHeadIsExplained() {
    QFETCH(int, code);
    QFETCH(QString, status);
    Visit v;
    QVERIFY(v.ready);
    v.request().reset(static_cast<wire::AppError>(code));
    QVERIFY(v.h.until([&] { return v.visitor->has("</html>"); }));
    QVERIFY2(v.visitor->received.starts_with("HTTP/1.1 " + status.toStdString()),
             v.visitor->received.substr(0, 60).c_str());
    QVERIFY(v.serverIsWell());
  }

  void aResetAfterTheHeadCuts() {
    Visit v;
    QVERIFY(v.ready);
    v.request().send(responseHead(200, chunked()) + dataFrame("half"));
    QVERIFY(v.h.until([&] { return v.visitor->has("half"); }));
    v.request().reset(wire::AppError::OriginBroken);
    QVERIFY(v.gone());
    QVERIFY(v.visitor->failed);
    QVERIFY(v.serverIsWell());
  }

  void aClientThatVanishesBeforeTheHeadIsExplained() {
    Visit v;
    QVERIFY(v.ready);
    v.client.fail();
    QVERIFY(v.h.until([&] { return v.visitor->has("</html>"); }));
    QVERIFY(v.visitor->received.starts_with("HTTP/1.1 503"));
  }

  void aClientThatVanishesInTheMiddleCuts() {
    Visit v;
    QVERIFY(v.ready);
    v.request().send(responseHead(200, lengthOf(10)) + dataFrame("half"));
    QVERIFY(v.h.until([&] { return v.visitor->has("half"); }));
    v.client.fail();
    QVERIFY(v.gone());
    QVERIFY(v.visitor->failed);
  }

  void anEarlyAnswerEndsTheUpload() {
    Visit v("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 1000000\r\n\r\nstart");
    QVERIFY(v.ready);
    v.request().answerText(413, "too big");
    v.request().stop(wire::AppError::NoError);
    QVERIFY(v.h.until([&] { return v.visitor->has("too big"); }));
    v.visitor->send(std::string(200'000, 'x'));  // still sending: the answer must survive that
    QVERIFY(v.h.until([&] { return v.visitor->ended; }));
    QVERIFY(!v.visitor->failed);
    QVERIFY(v.visitor->received.starts_with("HTTP/1.1 413"));
    QVERIFY(v.serverIsWell());
  }

  void aLargeAnswerArrivesWhole() {
    Visit v;
    QVERIFY(v.ready);
    const std::string block(100'000, 'b');
    v.request().send(responseHead(200, lengthOf(20 * block.size())));
    for (int i = 0; i < 20; ++i) v.request().send(dataFrame(block));
    v.request().finish();
    QVERIFY(v.h.until([&] { return v.visitor->received.size() > 20 * block.size(); }));
    QVERIFY(v.serverIsWell());
  }

  void anUpgradeCarriesBytesBothWays() {
    Visit v(kUpgrade + "early");
    QVERIFY(v.ready);
    QVERIFY(v.request().message.request.webSocket);
    v.request().send(responseHead(101, noBody(), {{"Sec-WebSocket-Accept", "s3p"}}) + dataFrame("welcome"));
    QVERIFY(v.h.until([&] { return v.visitor->received.ends_with("welcome"); }));
    QVERIFY(v.visitor->received.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    QVERIFY(v.visitor->has("Sec-WebSocket-Accept: s3p\r\n"));
    QVERIFY(v.visitor->has("Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
    QVERIFY(v.h.until([&] { return v.request().message.body == "early"; }));
    v.visitor->send(" and more");
    QVERIFY(v.h.until([&] { return v.request().message.body == "early and more"; }));
    // The client ends its direction; the visitor's goes on until it ends, too.
    v.request().answer(dataFrame(" bye"));
    QVERIFY(v.h.until([&] { return v.visitor->ended; }));
    QVERIFY(v.visitor->received.ends_with("welcome bye"));
    v.visitor->send(", last words");
    v.visitor->finish();
    QVERIFY(v.h.until([&] { return v.request().finished; }));
    QCOMPARE(v.request().message.body, std::string("early and more, last words"));
    QVERIFY(!v.request().resetWith);
    QVERIFY(v.serverIsWell());
  }

  void aVisitorThatEndsAnUpgradeFirstGetsTheRest() {
    Visit v(kUpgrade);
    QVERIFY(v.ready);
    v.request().send(responseHead(101, noBody()));
    QVERIFY(v.h.until([&] { return v.visitor->has("\r\n\r\n"); }));
    v.visitor->finish();
    QVERIFY(v.h.until([&] { return v.request().finished; }));
    const std::string rest(1'000'000, 'r');
    v.request().answer(dataFrame(rest) + dataFrame("the end"));
    QVERIFY(v.gone());
    QVERIFY(v.visitor->ended);
    QVERIFY(!v.visitor->failed);
    QVERIFY(v.visitor->received.ends_with("the end"));
    QVERIFY(v.serverIsWell());
  }

  void aDeclinedUpgradeIsAnOrdinaryAnswer() {
    Visit v(kUpgrade);
    QVERIFY(v.ready);
    v.request().answerText(403, "no sockets");
    QVERIFY(v.h.until([&] { return v.visitor->received.ends_with("no sockets"); }));
    QVERIFY(v.visitor->received.starts_with("HTTP/1.1 403"));
    const std::size_t before = v.client.requestCount();
    v.visitor->send(get("shop", "/plain"));
    QVERIFY(v.h.untilRequests(v.client, before + 1));
    v.request().answerText(200, "plain");
    QVERIFY(v.h.until([&] { return v.visitor->received.ends_with("plain"); }));
  }

  void anUpgradeEndsWhenEitherSideIsCut_data() {
    QTest::addColumn<bool>("visitor");
    QTest::newRow("the visitor") << true;
    QTest::newRow("the client") << false;
  }
  void anUpgradeEndsWhenEitherSideIsCut() {
    QFETCH(bool, visitor);
    Visit v(kUpgrade);
    QVERIFY(v.ready);
    v.request().send(responseHead(101, noBody()));
    QVERIFY(v.h.until([&] { return v.visitor->has("\r\n\r\n"); }));
    ServedRequest& served = v.request();
    if (visitor) {
      v.visitor->abort();
      QVERIFY(v.h.until([&] { return served.resetWith.has_value(); }));
    } else {
      served.reset(wire::AppError::OriginBroken);
      QVERIFY(v.gone());
    }
    QVERIFY(v.serverIsWell());
  }

  void aStalledVisitorHoldsItsOwnStreamOnly() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    QVERIFY(h.online);
    RawPeer& slow = h.visit();
    slow.pause();
    slow.send(get("shop", "/slow"));
    QVERIFY(h.untilRequests(client, 1));
    ServedRequest& request = client.request(0);
    request.send(responseHead(200, chunked()));
    for (int i = 0; i < 300; ++i) request.send(dataFrame(std::string(64'000, 's')));
    request.finish();
    client.serve = [](ServedRequest& r) { r.answerText(200, "quick"); };
    for (int i = 0; i < 5; ++i) {
      RawPeer& quick = h.visit(get("shop", "/quick"));
      QVERIFY(h.until([&] { return quick.received.ends_with("quick"); }));
    }
    QVERIFY(!request.closed);
    slow.resume();
    QVERIFY(h.until([&] { return slow.received.ends_with("0\r\n\r\n"); }));
  }
};

QTEST_GUILESS_MAIN(VisitorAnswerTest)
#include "visitor_answer_test.moc"

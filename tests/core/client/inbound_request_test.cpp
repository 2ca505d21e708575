// SPDX-License-Identifier: Apache-2.0
// A request's way from the stream to the origin.
#include <QTest>

#include "tests/core/support/request_harness.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {

/// Waits for the whole head at the origin.
bool headArrives(RequestHarness& h, std::size_t connection = 0) {
  return h.origin.waitFor(connection + 1) && h.until([&] { return h.origin[connection].has("\r\n\r\n"); });
}
std::string controlHead() {
  std::uint8_t room[wire::kMaxStreamHead];
  return std::string(
      asText({room, wire::writeStreamHead({wire::StreamKind::Control, 0, {}, http::Scheme::Http}, room)}));
}
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

class InboundRequestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void writesTheHeadWithTrueForwardingFields() {
    RequestHarness h;
    h.ask({.target = "/a?b=c", .fields = {{"Accept", "text/html"}, {"Cookie", "x=1"}}});
    QVERIFY(headArrives(h));
    QCOMPARE(
        QString::fromStdString(h.origin[0].received),
        QString("GET /a?b=c HTTP/1.1\r\nHost: shop.localhost:8080\r\nAccept: text/html\r\nCookie: x=1\r\n"
                "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: shop.localhost:8080\r\nX-Forwarded-Proto: "
                "http\r\n"
                "Forwarded: for=203.0.113.9;host=\"shop.localhost:8080\";proto=http\r\n\r\n"));
  }

  void namesTheWillForTrailersAsTheHops() {
    RequestHarness h;
    h.ask({.fields = {{"te", "trailers"}}});
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("te: trailers\r\n"));
    QVERIFY(h.origin[0].has("\r\nConnection: TE\r\n"));
  }

  void quotesAnIpv6Visitor() {
    RequestHarness h;
    const auto visitor = net::SocketAddress::parse("[2001:db8::5]:4000");
    h.begin().deliver(httpStreamHead(kTunnel, *visitor) + requestHead({}), true);
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("X-Forwarded-For: 2001:db8::5\r\n"));
    QVERIFY(h.origin[0].has("Forwarded: for=\"[2001:db8::5]\";"));
  }

  void takesAHeadInSinglePieces() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    const std::string bytes = RequestHarness::head({.fields = {{"A", "1"}}});
    for (const char c : bytes) stream.deliver({&c, 1});
    stream.deliver("", true);
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("A: 1\r\n"));
    QCOMPARE(stream.consumed, bytes.size());
  }

  void takesAHeadBeyondASlab() {
    RequestHarness h;
    const std::string large(20'000, 'v');
    h.ask({.fields = {{"X-One", large}, {"X-Two", large}}});
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("X-One: " + large + "\r\nX-Two: " + large + "\r\n"));
  }

  void sendsContentOfKnownLength() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = lengthOf(5)}) + dataFrame("he"));
    stream.deliver(dataFrame("llo"), true);
    QVERIFY(headArrives(h));
    QVERIFY(h.until([&] { return h.origin[0].received.ends_with("\r\n\r\nhello"); }));
    QVERIFY(h.origin[0].has("Content-Length: 5\r\n"));
    QVERIFY(!h.origin[0].has("Transfer-Encoding"));
  }

  void sendsContentOfUnknownLengthInChunksWithTrailers() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = chunked()}) + dataFrame("hello") +
                   dataFrame(std::string(17, 'x')));
    stream.deliver(trailers({{"X-Sum", "42"}}), true);
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("Transfer-Encoding: chunked\r\n"));
    QVERIFY(h.until([&] { return h.origin[0].received.ends_with("X-Sum: 42\r\n\r\n"); }));
    const std::string& all = h.origin[0].received;
    QCOMPARE(all.substr(all.find("\r\n\r\n") + 4),
             "5\r\nhello\r\n11\r\n" + std::string(17, 'x') + "\r\n0\r\nX-Sum: 42\r\n\r\n");
  }

  void passesOnThatAVisitorWaitsForContinue() {
    RequestHarness h;
    h.begin().deliver(
        RequestHarness::head({.method = "PUT", .framing = lengthOf(3), .expectContinue = true}));
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("Expect: 100-continue\r\n"));
    h.origin[0].send("HTTP/1.1 100 Continue\r\n\r\n");
    QVERIFY(h.until([&] { return h.answer().interim == std::vector<std::uint16_t>{100}; }));
    h.stream().deliver(dataFrame("abc"), true);
    QVERIFY(h.until([&] { return h.origin[0].received.ends_with("abc"); }));
    h.origin[0].send(kOk);
    QVERIFY(h.until([&] { return h.stream().finished; }));
    QCOMPARE(h.answer().body, std::string("ok"));
  }

  void asksForAnUpgrade() {
    RequestHarness h;
    h.begin().deliver(RequestHarness::head({.fields = {{"Sec-WebSocket-Key", "k"}}, .webSocket = true}));
    QVERIFY(headArrives(h));
    QVERIFY(h.origin[0].has("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    QVERIFY(h.origin[0].has("Sec-WebSocket-Key: k\r\n"));
  }

  void returnsCreditOnlyForBytesThatLeft() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    const std::string block(64 * 1024, 'b');
    const std::string head =
        RequestHarness::head({.method = "POST", .framing = lengthOf(500 * block.size())});
    stream.deliver(head);
    QCOMPARE(stream.consumed, head.size());
    QVERIFY(headArrives(h));
    h.origin[0].pause();
    for (int i = 0; i < 500; ++i) {
      stream.deliver(dataFrame(block));
      runTurns(h.loop(), 2);
    }
    // Whatever the system's buffers take, the rest stays uncredited.
    QVERIFY(stream.consumed < stream.delivered - block.size());
    h.origin[0].resume();
    QVERIFY(h.until([&] { return stream.consumed == stream.delivered; }));
  }

  void holdsContentWhileTheConnectionIsMade() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    const std::string bytes =
        RequestHarness::head({.method = "POST", .framing = lengthOf(5)}) + dataFrame("hello");
    stream.deliver(bytes, true);
    QCOMPARE(stream.consumed, bytes.size() - 5);
    QVERIFY(headArrives(h));
    QVERIFY(h.until([&] { return h.origin[0].received.ends_with("hello"); }));
    QVERIFY(h.until([&] { return stream.consumed == bytes.size(); }));
  }

  void refusesWhatIsNoRequest_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("fin");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const std::string& bytes, bool fin, wire::AppError code) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << fin << static_cast<int>(code);
    };
    const std::string head = httpStreamHead(kTunnel, RequestHarness::visitor());
    row("nothing", "", true, wire::AppError::Malformed);
    row("an unknown kind", "\x3f\x01\x02", false, wire::AppError::Protocol);
    row("half a stream head", head.substr(0, 4), true, wire::AppError::Malformed);
    row("a control stream", controlHead(), false, wire::AppError::Protocol);
    row("an unknown tunnel", httpStreamHead(99, RequestHarness::visitor()) + requestHead({}), true,
        wire::AppError::TunnelUnknown);
    row("no request head", head, true, wire::AppError::Malformed);
    row("half a frame", head + requestHead({}).substr(0, 9), true, wire::AppError::Malformed);
    row("content first", head + dataFrame("x"), false, wire::AppError::Protocol);
    row("trailers first", head + trailers({{"A", "1"}}), false, wire::AppError::Protocol);
    row("an answer", head + responseHead(200, noBody()), false, wire::AppError::Protocol);
    row("two heads", head + requestHead({}) + requestHead({}), false, wire::AppError::Protocol);
    row("content where there is none", head + requestHead({}) + dataFrame("x"), false,
        wire::AppError::Protocol);
    row("too much content", head + requestHead({.method = "POST", .framing = lengthOf(2)}) + dataFrame("abc"),
        false, wire::AppError::Malformed);
    row("too little content",
        head + requestHead({.method = "POST", .framing = lengthOf(4)}) + dataFrame("abc"), true,
        wire::AppError::Malformed);
    row("bytes before the upgrade", head + requestHead({.webSocket = true}) + dataFrame("x"), false,
        wire::AppError::Protocol);
    row("trailers behind a length",
        head + requestHead({.method = "POST", .framing = lengthOf(1)}) + dataFrame("a") +
            trailers({{"A", "1"}}),
        false, wire::AppError::Protocol);
    row("trailers where there is no content", head + requestHead({}) + trailers({{"A", "1"}}), false,
        wire::AppError::Protocol);
    row("content behind trailers",
        head + requestHead({.method = "POST", .framing = chunked()}) + trailers({{"A", "1"}}) +
            dataFrame("x"),
        false, wire::AppError::Protocol);
    row("a head beyond the limit", head + std::string("\x01\x80\x01\x00\x01", 5), false,
        wire::AppError::LimitExceeded);
    row(
        "too many unknown frames",
        head +
            [] {
              std::string flood;
              for (int i = 0; i < 300; ++i) flood += frame(0x21, "");
              return flood;
            }(),
        false, wire::AppError::LimitExceeded);
    row("garbage in the head", head + frame(1, "\xff\xff\xff\xff"), false, wire::AppError::Malformed);
  }
  void refusesWhatIsNoRequest() {
    QFETCH(QByteArray, bytes);
    QFETCH(bool, fin);
    QFETCH(int, code);
    RequestHarness h;
    FakeStream& stream = h.begin();
    stream.deliver(bytes.toStdString(), fin);
    QVERIFY(stream.resetWith.has_value());
    QCOMPARE(static_cast<int>(*stream.resetWith), code);
    QVERIFY(stream.stoppedWith.has_value());
    QCOMPARE(static_cast<int>(*stream.stoppedWith), code);
    QCOMPARE(h.recycled, 1);
    QCOMPARE(stream.consumed, static_cast<std::size_t>(bytes.size()));
    QCOMPARE(stream.handler, nullptr);
    QCOMPARE(h.tunnel->traffic->read().active, 0U);
    h.settle();
    for (std::size_t i = 0; i < h.origin.count(); ++i) QVERIFY(h.until([&] { return h.origin[i].gone(); }));
  }

  void asksOnceMoreOnANewConnectionWhenAReusedOneDied() {
    RequestHarness h;
    QVERIFY(h.warmUp());
    h.ask({.target = "/again"});
    QVERIFY(h.until([&] { return h.origin[0].has("/again"); }));
    h.origin[0].finish();
    QVERIFY(headArrives(h, 1));
    QVERIFY(h.origin[1].has("GET /again HTTP/1.1\r\n"));
    h.origin[1].send(kOk);
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().status, std::uint16_t{200});
    QCOMPARE(h.answer().body, std::string("ok"));
  }

  void asksOnceMoreOnly() {
    RequestHarness h;
    QVERIFY(h.warmUp());
    h.ask();
    QVERIFY(h.until([&] { return h.origin[0].has("GET"); }));
    h.origin[0].abort();
    QVERIFY(headArrives(h, 1));
    h.origin[1].abort();
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().status, std::uint16_t{502});
    h.settle();
    QCOMPARE(h.origin.count(), std::size_t{2});
  }

  void asksOnceMoreWithTheContent_data() {
    QTest::addColumn<bool>("ended");
    QTest::addColumn<bool>("chunks");
    QTest::newRow("all of it") << true << false;
    QTest::newRow("what came so far") << false << false;
    QTest::newRow("all of it in chunks") << true << true;
    QTest::newRow("chunks so far") << false << true;
  }
  void asksOnceMoreWithTheContent() {
    QFETCH(bool, ended);
    QFETCH(bool, chunks);
    RequestHarness h;
    QVERIFY(h.warmUp());
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.method = "PUT", .framing = chunks ? chunked() : lengthOf(10)}) +
                       dataFrame("hello") + (ended ? dataFrame("world") : ""),
                   ended);
    QVERIFY(h.until([&] { return h.origin[0].has(ended ? "world" : "hello"); }));
    h.origin[0].finish();
    QVERIFY(headArrives(h, 1));
    if (!ended) stream.deliver(dataFrame("world"), true);
    const std::string body = chunks ? "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n" : "helloworld";
    QVERIFY(h.until([&] { return h.origin[1].received.ends_with("\r\n\r\n" + body); }));
    QVERIFY(h.until([&] { return stream.consumed == stream.delivered; }));
    h.origin[1].send(kOk);
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().status, std::uint16_t{200});
  }

  void doesNotKeepMuchForAnotherTry() {
    RequestHarness h;
    QVERIFY(h.warmUp());
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.method = "PUT", .framing = lengthOf(100'000)}) +
                       dataFrame(std::string(100'000, 'x')),
                   true);
    QVERIFY(h.until([&] { return h.origin[0].received.size() > 100'000; }));
    h.origin[0].finish();
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().status, std::uint16_t{502});
    QCOMPARE(h.origin.count(), std::size_t{1});
  }

  void neverAsksAgain_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("said");
    QTest::newRow("POST") << "POST"
                          << "";
    QTest::newRow("a part of an answer came") << "GET"
                                              << "HTTP/1.1 2";
    QTest::newRow("an interim answer came") << "GET"
                                            << "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  }
  void neverAsksAgain() {
    QFETCH(QString, method);
    QFETCH(QString, said);
    RequestHarness h;
    QVERIFY(h.warmUp());
    h.ask({.method = method.toStdString()});
    QVERIFY(h.until([&] { return h.origin[0].has("\r\n\r\n"); }));
    h.origin[0].send(said.toStdString());
    h.origin[0].finish();
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().status, std::uint16_t{502});
    h.settle();
    QCOMPARE(h.origin.count(), std::size_t{1});
  }

  void neverAsksAgainOnAFreshConnection() {
    RequestHarness h;
    h.ask();
    QVERIFY(headArrives(h));
    h.origin[0].finish();
    QVERIFY(h.until([&] { return h.recycled == 1; }));
    QCOMPARE(h.answer().status, std::uint16_t{502});
    QCOMPARE(h.origin.count(), std::size_t{1});
  }

  void aVisitorThatLeavesCutsTheOriginAtOnce_data() {
    QTest::addColumn<bool>("stopped");
    QTest::newRow("reset") << false;
    QTest::newRow("stop sending") << true;
  }
  void aVisitorThatLeavesCutsTheOriginAtOnce() {
    QFETCH(bool, stopped);
    RequestHarness h;
    FakeStream& stream = h.ask();
    QVERIFY(headArrives(h));
    if (stopped) {
      stream.deliverStop(wire::AppError::VisitorGone);
    } else {
      stream.deliverReset(wire::AppError::VisitorGone);
    }
    QCOMPARE(h.recycled, 1);
    QVERIFY(h.until([&] { return h.origin[0].failed; }));  // by RST, not as an ordinary end
    QCOMPARE(h.tunnel->origins->idleCount(), std::size_t{0});
    QCOMPARE(h.tunnel->traffic->read().failures, std::uint64_t{1});
  }

  void aLostConnectionToTheServerCutsTheOrigin() {
    RequestHarness h;
    FakeStream& stream = h.ask();
    QVERIFY(headArrives(h));
    stream.deliverClosed();
    QCOMPARE(h.recycled, 1);
    QVERIFY(h.until([&] { return h.origin[0].gone(); }));
  }

  void aVisitorThatLeavesDuringTheDialLeavesNothingBehind() {
    RequestHarness h;
    h.ask();
    h.loop().runOnce();  // the name is answered, the connection on its way
    h.stream().deliverReset(wire::AppError::VisitorGone);
    QCOMPARE(h.recycled, 1);
    h.settle();
    // The request object serves the next stream untroubled by the first one's connection.
    h.ask({.target = "/second"});
    QVERIFY(h.until([&] { return h.origin.count() > 0 && h.origin[h.origin.count() - 1].has("/second"); }));
    h.origin[h.origin.count() - 1].send(kOk);
    QVERIFY(h.until([&] { return h.recycled == 2; }));
    QCOMPARE(h.answer().body, std::string("ok"));
    QCOMPARE(h.tunnel->origins->idleCount(), std::size_t{1});
    for (std::size_t i = 0; i + 1 < h.origin.count(); ++i)
      QVERIFY(h.until([&] { return h.origin[i].gone(); }));
  }

  void survivesATunnelThatGoesDuringTheDial() {
    RequestHarness h;
    std::uint16_t closedPort = 0;
    {
      RawListener gone(h.loop());
      closedPort = gone.port();
    }
    h.aim(closedPort);
    FakeStream& stream = h.ask();
    h.tunnel.reset();  // the request holds the last reference
    QVERIFY(h.until([&] { return stream.finished; }));
    QCOMPARE(h.answer().status, std::uint16_t{502});
  }

  void saysWhereNothingAnswers() {
    RequestHarness h;
    std::uint16_t closedPort = 0;
    {
      RawListener gone(h.loop());
      closedPort = gone.port();
    }
    h.aim(closedPort);
    h.ask({.fields = {{"Accept", "application/json"}}});
    QVERIFY(h.until([&] { return h.stream().finished; }));
    const Message answer = h.answer();
    QCOMPARE(answer.status, std::uint16_t{502});
    QVERIFY(answer.field("content-type").starts_with("application/json"));
    QVERIFY(answer.body.find("port " + std::to_string(closedPort)) != std::string::npos);
    QVERIFY(answer.body.find("127.0.0.1") == std::string::npos);
    QCOMPARE(answer.framing.length, std::uint64_t{answer.body.size()});
  }

  void anOriginThatSaysNothingTimesOut_data() {
    QTest::addColumn<bool>("webSocket");
    QTest::newRow("a request") << false;
    QTest::newRow("an upgrade") << true;
  }
  void anOriginThatSaysNothingTimesOut() {
    QFETCH(bool, webSocket);
    RequestHarness h(impatient(30ms));
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.webSocket = webSocket}), !webSocket);
    QVERIFY(headArrives(h));
    QVERIFY(h.until([&] { return stream.finished; }));
    QCOMPARE(h.answer().status, std::uint16_t{504});
    QVERIFY(h.until([&] { return h.origin[0].gone(); }));
  }

  void aSlowAnswerAfterItsHeadDoesNotTimeOut() {
    RequestHarness h(impatient(30ms));
    h.ask();
    QVERIFY(headArrives(h));
    h.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    QVERIFY(h.until([&] { return h.answer().body == "o"; }));
    bool later = false;
    net::Timer timer(h.loop(), [&] { later = true; });
    timer.start(90ms);
    QVERIFY(h.until([&] { return later; }));
    QVERIFY(!h.stream().resetWith);
    h.origin[0].send("k");
    QVERIFY(h.until([&] { return h.stream().finished; }));
  }

  void countsTraffic() {
    RequestHarness h;
    FakeStream& stream = h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = lengthOf(3)}) + dataFrame("abc"), true);
    QCOMPARE(h.tunnel->traffic->read().active, 1U);
    QVERIFY(headArrives(h));
    h.origin[0].send(kOk);
    QVERIFY(h.until([&] { return h.recycled == 1; }));
    const client::TrafficCounters traffic = h.tunnel->traffic->read();
    QCOMPARE(traffic.requests, std::uint64_t{1});
    QCOMPARE(traffic.failures, std::uint64_t{0});
    QCOMPARE(traffic.active, 0U);
    QVERIFY(traffic.bytesIn >= 3);
    QCOMPARE(traffic.bytesOut, std::uint64_t{kOk.size()});
  }
};

QTEST_APPLESS_MAIN(InboundRequestTest)
#include "inbound_request_test.moc"

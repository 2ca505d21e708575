// SPDX-License-Identifier: Apache-2.0
// Requests from the tunnel to an origin of HTTP/2 that the test plays frame by frame.
#include <QTest>

#include "tests/core/client/http2_scene.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

class Http2ExchangeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void asksWithTheFieldsThatBelong() {
    Http2Scene s;
    s.h.ask({.target = "/a?b", .fields = {{"Accept", "text/html"}, {"TE", "trailers"}}});
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    const h2::Frame& head = *s.reads().last(h2::kHeaders);
    QVERIFY(head.ends());
    QCOMPARE(head.field(":method"), std::string("GET"));
    QCOMPARE(head.field(":scheme"), std::string("http"));
    QCOMPARE(head.field(":authority"), std::string("shop.localhost:8080"));
    QCOMPARE(head.field(":path"), std::string("/a?b"));
    QCOMPARE(head.field("accept"), std::string("text/html"));
    QCOMPARE(head.field("te"), std::string("trailers"));
    QCOMPARE(head.field("x-forwarded-for"), std::string("203.0.113.9"));
    QCOMPARE(head.field("forwarded"), std::string("for=203.0.113.9;host=\"shop.localhost:8080\";proto=http"));
    s.says(h2::headers(1, {{":status", "200"}, {"content-length", "2"}, {"x-a", "b"}}) +
           h2::data(1, "ok", true));
    QVERIFY(s.over());
    const Message answer = s.h.answer();
    QCOMPARE(answer.status, std::uint16_t{200});
    QCOMPARE(answer.field("x-a"), std::string("b"));
    QCOMPARE(answer.field("content-length"), std::string("(none)"));  // the frame's framing says it
    QCOMPARE(answer.framing.length, std::uint64_t{2});
    QCOMPARE(answer.body, std::string("ok"));
    QVERIFY(s.h.stream().finished);
  }

  void saysNothingBeforeTheOriginsSettings() {
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.h.origin.waitFor(1));
    QVERIFY(s.h.until([&] { return s.reads().sawPreface; }));
    s.h.settle();
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
  }

  void carriesContentAndTrailersBothWays() {
    Http2Scene s;
    FakeStream& stream = s.h.begin();
    const std::string bytes = RequestHarness::head({.method = "POST", .framing = chunked()}) +
                              dataFrame("before ") + trailers({{"X-Sum", "42"}});
    stream.deliver(bytes, true);
    QVERIFY(s.connected());
    QVERIFY(s.asked(2));
    QCOMPARE(s.reads().content(1), std::string("before "));
    QCOMPARE(s.reads().last(h2::kHeaders)->field("x-sum"), std::string("42"));
    QVERIFY(s.reads().ended(1));
    QVERIFY(s.h.until([&] { return stream.consumed == bytes.size(); }));
    s.says(h2::headers(1, {{":status", "200"}, {"content-type", "application/grpc"}}) + h2::data(1, "reply") +
           h2::headers(1, {{"grpc-status", "0"}, {"authorization", "x"}}, true));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().body, std::string("reply"));
    QCOMPARE(s.h.answer().trailing, (Fields{{"grpc-status", "0"}}));
  }

  void returnsCreditAsTheOriginTakesContent() {
    Http2Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = chunked()}));
    const std::size_t head = stream.consumed;
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    for (int i = 0; i < 4; ++i) stream.deliver(dataFrame(std::string(32 * 1024, 'x')));
    QVERIFY(s.h.until([&] { return s.reads().content(1).size() == 65535; }));  // the protocol's first window
    s.h.settle();
    QVERIFY(stream.consumed > head);
    QVERIFY(stream.consumed < stream.delivered - 32 * 1024);
    s.says(h2::windowUpdate(0, 1 << 20) + h2::windowUpdate(1, 1 << 20));
    QVERIFY(s.h.until([&] { return stream.consumed == stream.delivered; }));
    QVERIFY(s.h.until([&] { return s.reads().content(1).size() == 4 * 32 * 1024; }));
  }

  void sharesAConnectionAndThenMakesMore() {
    Http2Scene s;
    RequestHarness& h = s.h;
    std::vector<std::unique_ptr<client::InboundRequest>> requests;
    std::vector<std::unique_ptr<FakeStream>> streams;
    const auto ask = [&] {
      requests.push_back(std::make_unique<client::InboundRequest>(h));
      streams.push_back(std::make_unique<FakeStream>());
      requests.back()->begin(*streams.back());
      streams.back()->deliver(RequestHarness::head({}), true);
    };
    for (int i = 0; i < 5; ++i) ask();
    QVERIFY(s.connected(0, {{3, 2}}));
    QVERIFY(s.asked(2));
    QVERIFY(s.connected(1, {{3, 2}}));
    QVERIFY(s.asked(2, 1));
    QVERIFY(s.connected(2, {{3, 2}}));
    QVERIFY(s.asked(1, 2));
    h.settle();
    QCOMPARE(h.origin.count(), std::size_t{3});
    // A slot that becomes free is used before anything new.
    s.says(h2::headers(1, {{":status", "204"}}, true));
    QVERIFY(h.until([&] { return h.recycled == 1; }));
    ask();
    QVERIFY(s.asked(3));
    QCOMPARE(h.origin.count(), std::size_t{3});
    requests.clear();
  }

  void aVisitorThatLeavesCancelsTheStream() {
    Http2Scene s;
    FakeStream& stream = s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    stream.deliverReset(wire::AppError::VisitorGone);
    QCOMPARE(s.h.recycled, 1);
    QVERIFY(s.h.until([&] { return s.reads().count(h2::kRstStream) == 1; }));
    QCOMPARE(s.reads().last(h2::kRstStream)->number(), 8U);
    s.h.ask();
    QVERIFY(s.asked(2));  // the connection goes on
  }

  void aVisitorThatLeavesWhileItWaitsLeavesNothing() {
    Http2Scene s;
    s.h.ask().deliverReset(wire::AppError::VisitorGone);
    QCOMPARE(s.h.recycled, 1);
    QVERIFY(s.connected());
    s.h.settle();
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
    s.h.ask({.target = "/second"});
    QVERIFY(s.asked(1));
    QCOMPARE(s.reads().last(h2::kHeaders)->field(":path"), std::string("/second"));
  }

  void anEarlyAnswerStopsTheRequest() {
    Http2Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = lengthOf(100)}) + dataFrame("some"));
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.says(h2::headers(1, {{":status", "413"}}, true) + h2::reset(1, 0));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{413});
    QVERIFY(stream.stoppedWith == wire::AppError::NoError);
    QVERIFY(!stream.resetWith);
  }

  void aSlowVisitorHoldsTheStreamBack() {
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.says(h2::headers(1, {{":status", "200"}}));
    QVERIFY(s.h.until([&] { return s.h.answer().hasHead; }));
    s.h.stream().unsent = transport::kSendHighWater;
    for (int i = 0; i < 16; ++i) s.says(h2::data(1, std::string(16 * 1024 - 1, 'y')));
    s.h.settle();
    QVERIFY(s.h.until([&] { return s.h.answer().body.size() == 16 * (16 * 1024 - 1); }));
    s.h.settle();
    const std::size_t updates = s.reads().count(h2::kWindowUpdate, 1, false);
    QVERIFY(updates <= 1);
    s.h.stream().unsent = 0;
    s.h.stream().deliverWritable();
    QVERIFY(s.h.until([&] { return s.reads().count(h2::kWindowUpdate, 1, false) > updates; }));
  }

  void whenTheBudgetIsSpentWindowsAreSmall() {
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    std::vector<Slab*> others;
    for (std::size_t i = 0; i < RequestHarness::kBudgetSlabs; ++i)
      others.push_back(s.h.loop().slabs().acquire());
    const std::string narrow = h2::settings({{4, client::AnswerBudget::kShare}});
    const auto said = [&] {
      const h2::Frame* last = s.reads().last(h2::kSettings);
      return last == nullptr ? std::string() : last->payload;
    };
    s.says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "some"));
    QVERIFY(s.h.until([&] { return said() == narrow.substr(9); }));
    // Once said is enough; not said again before it was agreed to.
    const std::size_t settings = s.reads().count(h2::kSettings);
    for (Slab* each : others) SlabPool::release(each);
    s.says(h2::data(1, "more"));
    QVERIFY(s.h.until([&] { return s.h.answer().body == "somemore"; }));
    s.h.settle();
    QCOMPARE(s.reads().count(h2::kSettings), settings);
    s.says(h2::settingsAck() + h2::data(1, "end", true));
    QVERIFY(s.over());
    QVERIFY(s.h.until([&] { return said() == h2::settings({{4, 256 * 1024}}).substr(9); }));
  }

  void aWebSocketBecomesAnExtendedConnect() {
    Http2Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head(
        {.target = "/chat",
         .fields = {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Protocol", "chat"}},
         .webSocket = true}));
    QVERIFY(s.connected(0, {{8, 1}}));
    QVERIFY(s.asked(1));
    const h2::Frame& head = *s.reads().last(h2::kHeaders);
    QCOMPARE(head.field(":method"), std::string("CONNECT"));
    QCOMPARE(head.field(":protocol"), std::string("websocket"));
    QCOMPARE(head.field(":path"), std::string("/chat"));
    QCOMPARE(head.field("sec-websocket-key"), std::string("(none)"));
    QCOMPARE(head.field("sec-websocket-protocol"), std::string("chat"));
    s.says(h2::headers(1, {{":status", "200"}, {"sec-websocket-protocol", "chat"}}) + h2::data(1, "hi"));
    QVERIFY(s.h.until([&] { return s.h.answer().body == "hi"; }));
    QCOMPARE(s.h.answer().status, std::uint16_t{101});
    QCOMPARE(s.h.answer().field("sec-websocket-accept"), std::string("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    stream.deliver(dataFrame("there"));
    QVERIFY(s.h.until([&] { return s.reads().content(1) == "there"; }));
    s.says(h2::data(1, "", true));
    QVERIFY(s.h.until([&] { return stream.finished; }));
    QCOMPARE(s.h.recycled, 0);
    stream.deliver(dataFrame(", bye"), true);
    QVERIFY(s.over());
    QVERIFY(s.h.until([&] { return s.reads().ended(1); }));
    QCOMPARE(s.reads().content(1), std::string("there, bye"));
    QCOMPARE(s.reads().count(h2::kRstStream), std::size_t{0});
  }

  void aWebSocketToAnOriginWithoutThemIsAnError() {
    Http2Scene s;
    s.h.begin().deliver(RequestHarness::head({.webSocket = true}));
    QVERIFY(s.connected());
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
  }

  void anOriginThatSaysNothingTimesOut() {
    Http2Scene s(impatient(30ms));
    s.h.ask();
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{504});
    s.h.ask();
    s.h.tunnel.reset();  // the request holds the last reference, also to what times it
    QVERIFY(s.over(2));
    QCOMPARE(s.h.answer().status, std::uint16_t{504});
  }

  void aCallTakesAsLongAsItLikesUnlessToldOtherwise_data() {
    QTest::addColumn<bool>("told");
    QTest::newRow("usual") << false;
    QTest::newRow("told") << true;
  }
  void aCallTakesAsLongAsItLikesUnlessToldOtherwise() {
    QFETCH(bool, told);
    Http2Scene s(impatient(30ms, told));
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    RequestHarness other(impatient(60ms));  // long enough for the call to have been timed out
    other.ask();
    QVERIFY(other.until([&] {
      s.h.loop().runOnce();
      return other.recycled == 1;
    }));
    s.h.settle();
    QCOMPARE(s.h.recycled, told ? 1 : 0);
    if (!told) s.says(h2::headers(1, {{":status", "200"}, {"grpc-status", "0"}}, true));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{200});
    QCOMPARE(s.h.answer().field("grpc-status"), std::string(told ? "4" : "0"));
  }
};

QTEST_APPLESS_MAIN(Http2ExchangeTest)
#include "http2_exchange_test.moc"

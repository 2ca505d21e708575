// SPDX-License-Identifier: Apache-2.0
// Requests from the tunnel to an origin of HTTP/2 that the test plays frame by frame.
#include <QTest>

#include "tests/core/support/h2_frames.h"
#include "tests/core/support/request_harness.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  RequestHarness h;
  std::vector<std::unique_ptr<h2::Reader>> readers;

  explicit Scene(client::OriginSettings settings = {}) : h(std::move(settings)) {
    h.aim(h.origin.port(), client::Target::Protocol::Http2);
  }
  /// What the origin has read on a connection.
  h2::Reader& reads(std::size_t connection = 0) {
    while (readers.size() <= connection) readers.push_back(std::make_unique<h2::Reader>());
    std::string& bytes = h.origin[connection].received;
    readers[connection]->feed(bytes);
    bytes.clear();
    return *readers[connection];
  }
  bool connected(std::size_t connection = 0,
                 const std::vector<std::pair<std::uint16_t, std::uint32_t>>& settings = {}) {
    if (!h.origin.waitFor(connection + 1)) return false;
    h.origin[connection].send(h2::settings(settings) + h2::settingsAck());
    return true;
  }
  bool asked(std::size_t requests, std::size_t connection = 0) {
    return h.until([&] { return reads(connection).count(h2::kHeaders) >= requests; });
  }
  void says(std::string_view bytes, std::size_t connection = 0) { h.origin[connection].send(bytes); }
  bool over(int requests = 1) {
    return h.until([&] { return h.recycled == requests; });
  }
};

/// A call without content: as good as one with, here.
RequestSpec call(http::Version version, const std::string& type) {
  return {.method = "POST", .fields = {{"Content-Type", type}}, .version = version};
}

}  // namespace

class Http2ExchangeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void asksWithTheFieldsThatBelong() {
    Scene s;
    s.h.ask({.target = "/a?b", .fields = {{"Accept", "text/html"}, {"TE", "trailers"}}});
    QVERIFY(s.connected() && s.asked(1));
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
    Scene s;
    s.h.ask();
    QVERIFY(s.h.origin.waitFor(1));
    QVERIFY(s.h.until([&] { return s.reads().sawPreface; }));
    s.h.settle();
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
    QVERIFY(s.connected() && s.asked(1));
  }

  void carriesContentAndTrailersBothWays() {
    Scene s;
    FakeStream& stream = s.h.begin();
    const std::string bytes = RequestHarness::head({.method = "POST", .framing = chunked()}) +
                              dataFrame("before ") + trailers({{"X-Sum", "42"}});
    stream.deliver(bytes, true);
    QVERIFY(s.connected() && s.asked(2));
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
    Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = chunked()}));
    const std::size_t head = stream.consumed;
    QVERIFY(s.connected() && s.asked(1));
    for (int i = 0; i < 4; ++i) stream.deliver(dataFrame(std::string(32 * 1024, 'x')));
    QVERIFY(s.h.until([&] { return s.reads().content(1).size() == 65535; }));  // the protocol's first window
    s.h.settle();
    QVERIFY(stream.consumed > head && stream.consumed < stream.delivered - 32 * 1024);
    s.says(h2::windowUpdate(0, 1 << 20) + h2::windowUpdate(1, 1 << 20));
    QVERIFY(s.h.until([&] { return stream.consumed == stream.delivered; }));
    QVERIFY(s.h.until([&] { return s.reads().content(1).size() == 4 * 32 * 1024; }));
  }

  void sharesAConnectionAndThenMakesMore() {
    Scene s;
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
    QVERIFY(s.connected(0, {{3, 2}}) && s.asked(2));
    QVERIFY(s.connected(1, {{3, 2}}) && s.asked(2, 1));
    QVERIFY(s.connected(2, {{3, 2}}) && s.asked(1, 2));
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
    Scene s;
    FakeStream& stream = s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    stream.deliverReset(wire::AppError::VisitorGone);
    QCOMPARE(s.h.recycled, 1);
    QVERIFY(s.h.until([&] { return s.reads().count(h2::kRstStream) == 1; }));
    QCOMPARE(s.reads().last(h2::kRstStream)->number(), 8U);
    s.h.ask();
    QVERIFY(s.asked(2));  // the connection goes on
  }

  void aVisitorThatLeavesWhileItWaitsLeavesNothing() {
    Scene s;
    s.h.ask().deliverReset(wire::AppError::VisitorGone);
    QCOMPARE(s.h.recycled, 1);
    QVERIFY(s.connected());
    s.h.settle();
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
    s.h.ask({.target = "/second"});
    QVERIFY(s.asked(1));
    QCOMPARE(s.reads().last(h2::kHeaders)->field(":path"), std::string("/second"));
  }

  void retries_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<bool>("used");
    QTest::addColumn<QString>("end");
    QTest::addColumn<bool>("again");
    const auto row = [](const char* name, const char* method, bool used, const char* end, bool again) {
      QTest::newRow(name) << method << used << end << again;
    };
    row("a refused GET", "GET", false, "refused", true);
    row("a refused POST", "POST", false, "refused", true);
    row("a POST beyond GOAWAY", "POST", false, "goaway", true);
    row("a POST that GOAWAY counts", "POST", false, "goaway counted", false);
    row("a reset GET", "GET", true, "reset", false);
    row("a GET on a broken used connection", "GET", true, "closed", true);
    row("a GET on a broken new connection", "GET", false, "closed", false);
    row("a POST on a broken used connection", "POST", true, "closed", false);
    row("a GET that has an interim answer", "GET", true, "spoke", false);
  }
  void retries() {
    QFETCH(QString, method);
    QFETCH(bool, used);
    QFETCH(QString, end);
    QFETCH(bool, again);
    Scene s;
    int done = 0;
    std::uint32_t id = 1;
    if (used) {
      s.h.ask();
      QVERIFY(s.connected() && s.asked(1));
      s.says(h2::headers(1, {{":status", "204"}}, true));
      QVERIFY(s.over(1));
      done = 1;
      id = 3;
    }
    FakeStream& stream = s.h.begin();
    const bool content = method == "POST";
    stream.deliver(
        RequestHarness::head({.method = method.toStdString(), .framing = content ? lengthOf(5) : noBody()}) +
            (content ? dataFrame("hello") : ""),
        true);
    if (!used) QVERIFY(s.connected());
    QVERIFY(s.h.until([&] { return s.reads().ended(id); }));
    bool sameConnection = false;
    if (end == "refused") {
      s.says(h2::reset(id, 7));
      sameConnection = true;
    } else if (end == "goaway") {
      s.says(h2::goAway(0));
    } else if (end == "goaway counted") {
      s.says(h2::goAway(id));
      s.h.origin[0].finish();
    } else if (end == "reset") {
      s.says(h2::reset(id, 2));
    } else if (end == "spoke") {
      s.says(h2::headers(id, {{":status", "103"}}));
      QVERIFY(s.h.until([&] { return !s.h.answer().interim.empty(); }));
      s.h.origin[0].finish();
    } else {
      s.h.origin[0].finish();
    }
    if (!again) {
      QVERIFY(s.over(done + 1));
      QCOMPARE(s.h.answer().status, std::uint16_t{502});
      return;
    }
    const std::size_t connection = sameConnection ? 0 : 1;
    const std::uint32_t next = sameConnection ? id + 2 : 1;
    if (!sameConnection) QVERIFY(s.connected(1));
    QVERIFY(s.h.until([&] { return s.reads(connection).ended(next); }));
    if (content) QCOMPARE(s.reads(connection).content(next), std::string("hello"));
    s.says(h2::headers(next, {{":status", "200"}}, true), connection);
    QVERIFY(s.over(done + 1));
    QCOMPARE(s.h.answer().status, std::uint16_t{200});
  }

  void triesOnceMoreOnly() {
    Scene s;
    s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::reset(1, 7));
    QVERIFY(s.asked(2));
    s.says(h2::reset(3, 7));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{2});
  }

  void aResetAfterTheHeadIsAReset() {
    Scene s;
    s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "half") + h2::reset(1, 7));
    QVERIFY(s.over());
    QVERIFY(s.h.stream().resetWith == wire::AppError::OriginReset);
    QVERIFY(!s.h.stream().finished);
  }

  void aCallLearnsHowItsOriginResetIt_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("told");
    QTest::newRow("CANCEL") << 8 << static_cast<int>(wire::AppError::OriginCancelled);
    QTest::newRow("ENHANCE_YOUR_CALM") << 11 << static_cast<int>(wire::AppError::OriginCalm);
    QTest::newRow("INADEQUATE_SECURITY") << 12 << static_cast<int>(wire::AppError::OriginInsecure);
    QTest::newRow("INTERNAL_ERROR") << 2 << static_cast<int>(wire::AppError::OriginReset);
    QTest::newRow("unheard of") << 4711 << static_cast<int>(wire::AppError::OriginReset);
  }
  void aCallLearnsHowItsOriginResetIt() {
    QFETCH(int, code);
    QFETCH(int, told);
    Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc+proto"));
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::reset(1, static_cast<std::uint32_t>(code)));
    QVERIFY(s.over());
    QVERIFY(s.h.stream().resetWith == static_cast<wire::AppError>(told));
    QVERIFY(s.h.stream().sent.empty());
    // What is no call of gRPC gets a page; a call that a reset cannot reach gets its status.
    s.h.ask(call(http::Version::Http2, "text/plain"));
    QVERIFY(s.asked(2));
    s.says(h2::reset(3, static_cast<std::uint32_t>(code)));
    QVERIFY(s.over(2));
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    s.h.ask(call(http::Version::Http11, "application/grpc-web"));
    QVERIFY(s.asked(3));
    s.says(h2::reset(5, static_cast<std::uint32_t>(code)));
    QVERIFY(s.over(3));
    QCOMPARE(s.h.answer().status, std::uint16_t{200});
    QCOMPARE(s.h.answer().field("content-type"), std::string("application/grpc-web"));
    const auto status = http::grpcStatusFor(static_cast<http::H2Error>(code));
    QCOMPARE(s.h.answer().field("grpc-status"), std::to_string(static_cast<int>(status)));
    QVERIFY(s.h.answer().body.empty() && s.h.stream().finished);
  }

  void aCallRefusedTwiceIsRefused() {
    Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::reset(1, 7));
    QVERIFY(s.asked(2));
    s.says(h2::reset(3, 7));
    QVERIFY(s.over());
    QVERIFY(s.h.stream().resetWith == wire::AppError::OriginRefusal);
  }

  void aCallOfABrokenConnectionIsUnavailable_data() {
    QTest::addColumn<bool>("malformed");
    QTest::newRow("ended") << false;
    QTest::newRow("malformed") << true;
  }
  /// The origin said nothing about the call.
  void aCallOfABrokenConnectionIsUnavailable() {
    QFETCH(bool, malformed);
    Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected() && s.asked(1));
    if (malformed) {
      s.says(h2::headers(1, {{":status", "200"}, {"Upper", "case"}}));
    } else {
      s.h.origin[0].finish();
    }
    QVERIFY(s.over());
    QVERIFY(!s.h.stream().resetWith);
    QCOMPARE(s.h.answer().field("grpc-status"), std::string("14"));
    QVERIFY(s.h.answer().field("grpc-message").starts_with("The answer broke off."));
  }

  void anEarlyAnswerStopsTheRequest() {
    Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head({.method = "POST", .framing = lengthOf(100)}) + dataFrame("some"));
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::headers(1, {{":status", "413"}}, true) + h2::reset(1, 0));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{413});
    QVERIFY(stream.stoppedWith == wire::AppError::NoError);
    QVERIFY(!stream.resetWith);
  }

  void aSlowVisitorHoldsTheStreamBack() {
    Scene s;
    s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    s.says(h2::headers(1, {{":status", "200"}}));
    QVERIFY(s.h.until([&] { return s.h.answer().hasHead; }));
    s.h.stream().unsent = quic::kSendHighWater;
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
    Scene s;
    s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
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
    Scene s;
    FakeStream& stream = s.h.begin();
    stream.deliver(RequestHarness::head(
        {.target = "/chat",
         .fields = {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Protocol", "chat"}},
         .webSocket = true}));
    QVERIFY(s.connected(0, {{8, 1}}) && s.asked(1));
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
    Scene s;
    s.h.begin().deliver(RequestHarness::head({.webSocket = true}));
    QVERIFY(s.connected());
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{0});
  }

  void aPeerThatIsNoneOfHttp2IsAnError() {
    Scene s;
    s.h.ask();
    QVERIFY(s.h.origin.waitFor(1));
    s.says("HTTP/1.1 400 Bad Request\r\n\r\n");
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.h.origin.count(), std::size_t{1});
    QVERIFY(s.h.until([&] { return s.h.origin[0].gone(); }));
  }

  void anOriginThatSaysNothingTimesOut() {
    Scene s(impatient(30ms));
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
    Scene s(impatient(30ms, told));
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected() && s.asked(1));
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

  void aTunnelThatGoesWithItsLastRequestIsFine() {
    Scene s;
    FakeStream& stream = s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    s.h.tunnel.reset();  // the request holds the last reference
    s.h.origin[0].abort();
    QVERIFY(s.over());
    QVERIFY(stream.finished);
    s.h.settle();
  }

  void manyStreamsEndWithTheirConnection() {
    Scene s;
    std::vector<std::unique_ptr<client::InboundRequest>> requests;
    std::vector<std::unique_ptr<FakeStream>> streams;
    for (int i = 0; i < 20; ++i) {
      requests.push_back(std::make_unique<client::InboundRequest>(s.h));
      streams.push_back(std::make_unique<FakeStream>());
      requests.back()->begin(*streams.back());
      streams.back()->deliver(RequestHarness::head({.method = "POST"}), true);
    }
    QVERIFY(s.connected() && s.asked(20));
    s.h.origin[0].abort();
    QVERIFY(s.over(20));
    for (const auto& stream : streams) QCOMPARE(decoded(stream->sent).status, std::uint16_t{502});
    QCOMPARE(s.h.tunnel->http2->connectionCount(), std::size_t{0});
  }
};

QTEST_APPLESS_MAIN(Http2ExchangeTest)
#include "http2_exchange_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Requests that an origin of HTTP/2 resets, refuses or leaves: which are asked again, and what the rest are
// told.
#include <QTest>

#include "tests/core/client/http2_scene.h"

using namespace adit;
using namespace adit::test;

class Http2FailuresTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
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
    Http2Scene s;
    int done = 0;
    std::uint32_t id = 1;
    if (used) {
      s.h.ask();
      QVERIFY(s.connected());
      QVERIFY(s.asked(1));
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
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.says(h2::reset(1, 7));
    QVERIFY(s.asked(2));
    s.says(h2::reset(3, 7));
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.reads().count(h2::kHeaders), std::size_t{2});
  }

  void aResetAfterTheHeadIsAReset() {
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "half") + h2::reset(1, 7));
    QVERIFY(s.over());
    QVERIFY(s.h.stream().resetWith == wire::AppError::OriginReset);
    QVERIFY(!s.h.stream().finished);
  }

  void aCallLearnsHowItsOriginResetIt_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("told");
    QTest::newRow("CANCEL") << 8 << static_cast<int>(wire::AppError::OriginCancelled);
    QTest::newRow("ENHANCE_YOUR_CALM") << 11 << static_cast<int>(wire::AppError::OriginEnhanceYourCalm);
    QTest::newRow("INADEQUATE_SECURITY") << 12 << static_cast<int>(wire::AppError::OriginInadequateSecurity);
    QTest::newRow("INTERNAL_ERROR") << 2 << static_cast<int>(wire::AppError::OriginReset);
    QTest::newRow("unheard of") << 4711 << static_cast<int>(wire::AppError::OriginReset);
  }
  void aCallLearnsHowItsOriginResetIt() {
    QFETCH(int, code);
    QFETCH(int, told);
    Http2Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc+proto"));
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
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
    QVERIFY(s.h.answer().body.empty());
    QVERIFY(s.h.stream().finished);
  }

  void aCallRefusedTwiceIsRefused() {
    Http2Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.says(h2::reset(1, 7));
    QVERIFY(s.asked(2));
    s.says(h2::reset(3, 7));
    QVERIFY(s.over());
    QVERIFY(s.h.stream().resetWith == wire::AppError::OriginRefusedStream);
  }

  void aCallOfABrokenConnectionIsUnavailable_data() {
    QTest::addColumn<bool>("malformed");
    QTest::newRow("ended") << false;
    QTest::newRow("malformed") << true;
  }
  /// The origin said nothing about the call.
  void aCallOfABrokenConnectionIsUnavailable() {
    QFETCH(bool, malformed);
    Http2Scene s;
    s.h.ask(call(http::Version::Http2, "application/grpc"));
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
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

  void aPeerThatIsNoneOfHttp2IsAnError() {
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.h.origin.waitFor(1));
    s.says("HTTP/1.1 400 Bad Request\r\n\r\n");
    QVERIFY(s.over());
    QCOMPARE(s.h.answer().status, std::uint16_t{502});
    QCOMPARE(s.h.origin.count(), std::size_t{1});
    QVERIFY(s.h.until([&] { return s.h.origin[0].gone(); }));
  }

  void aTunnelThatGoesWithItsLastRequestIsFine() {
    Http2Scene s;
    FakeStream& stream = s.h.ask();
    QVERIFY(s.connected());
    QVERIFY(s.asked(1));
    s.h.tunnel.reset();  // the request holds the last reference
    s.h.origin[0].abort();
    QVERIFY(s.over());
    QVERIFY(stream.finished);
    s.h.settle();
  }

  /// An origin that counts resets (Netty, nghttp2) must not end a connection of others because of them.
  void manyThatLeaveDoNotUseUpTheConnectionOfOthers() {
    constexpr std::size_t kLeaving = 200;
    Http2Scene s;
    s.h.ask();
    QVERIFY(s.connected() && s.asked(1));
    auto other = std::make_unique<client::InboundRequest>(s.h);
    std::vector<std::unique_ptr<FakeStream>> streams;
    std::size_t opened = 1;
    for (std::size_t i = 0; i < kLeaving && s.h.origin.count() == 1; ++i) {
      streams.push_back(std::make_unique<FakeStream>());
      FakeStream& stream = *streams.back();
      other->begin(stream);
      stream.deliver(RequestHarness::head({.method = "GET"}), true);
      if (!s.h.until([&] { return s.reads().count(h2::kHeaders) > opened || s.h.origin.count() > 1; })) break;
      ++opened;
      stream.deliverReset(wire::AppError::VisitorGone);
      QVERIFY(s.over(static_cast<int>(i + 1)));
    }
    QCOMPARE(s.h.origin.count(), std::size_t{2});
    QCOMPARE_GT(s.reads().count(h2::kRstStream), std::size_t{50});
    QCOMPARE_LE(s.reads().count(h2::kRstStream), kLeaving);
    // The first request is answered where it is; then that connection is closed.
    QVERIFY(s.connected(1));
    s.says(h2::headers(1, {{":status", "204"}}, true));
    QVERIFY(s.h.until([&] { return s.h.answer().status == 204; }));
    QVERIFY(s.h.until([&] { return s.h.origin[0].gone(); }));
  }

  void manyStreamsEndWithTheirConnection() {
    Http2Scene s;
    std::vector<std::unique_ptr<client::InboundRequest>> requests;
    std::vector<std::unique_ptr<FakeStream>> streams;
    for (int i = 0; i < 20; ++i) {
      requests.push_back(std::make_unique<client::InboundRequest>(s.h));
      streams.push_back(std::make_unique<FakeStream>());
      requests.back()->begin(*streams.back());
      streams.back()->deliver(RequestHarness::head({.method = "POST"}), true);
    }
    QVERIFY(s.connected());
    QVERIFY(s.asked(20));
    s.h.origin[0].abort();
    QVERIFY(s.over(20));
    for (const auto& stream : streams) QCOMPARE(decoded(stream->sent).status, std::uint16_t{502});
    QCOMPARE(s.h.tunnel->http2->connectionCount(), std::size_t{0});
  }
};

QTEST_APPLESS_MAIN(Http2FailuresTest)
#include "http2_failures_test.moc"

// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/2, frame by frame, with an origin that does not behave: malformed answers, broken
// connections, floods.
#include <QTest>

#include "tests/core/support/h2_origin_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

class H2ClientRefusalsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void refusesMalformedAnswers_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    const std::string ok = h2::headers(1, {{":status", "200"}});
    row("no status", h2::headers(1, {{"a", "b"}}));
    row("two statuses", h2::headers(1, {{":status", "200"}, {":status", "200"}}));
    row("a late status", h2::headers(1, {{"a", "b"}, {":status", "200"}}));
    row("an odd status", h2::headers(1, {{":status", "20x"}}));
    row("status 000", h2::headers(1, {{":status", "000"}}));
    row("status 101", h2::headers(1, {{":status", "101"}}));
    row("a pseudo-field of requests", h2::headers(1, {{":status", "200"}, {":path", "/"}}));
    row("an unknown pseudo-field", h2::headers(1, {{":status", "200"}, {":odd", "/"}}));
    row("a name in upper case", h2::headers(1, {{":status", "200"}, {"Server", "x"}}));
    row("a name with a space", h2::headers(1, {{":status", "200"}, {"a b", "x"}}));
    row("an empty name", h2::headers(1, {{":status", "200"}, {"", "x"}}));
    row("a value with CR LF", h2::headers(1, {{":status", "200"}, {"a", "x\r\nevil: y"}}));
    row("a value with NUL", h2::headers(1, {{":status", "200"}, {"a", std::string("x\0y", 3)}}));
    row("connection", h2::headers(1, {{":status", "200"}, {"connection", "close"}}));
    row("transfer-encoding", h2::headers(1, {{":status", "200"}, {"transfer-encoding", "chunked"}}));
    row("upgrade", h2::headers(1, {{":status", "200"}, {"upgrade", "x"}}));
    row("keep-alive", h2::headers(1, {{":status", "200"}, {"keep-alive", "x"}}));
    row("two lengths",
        h2::headers(1, {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}));
    row("a signed length", h2::headers(1, {{":status", "200"}, {"content-length", "+1"}}));
    row("a huge length", h2::headers(1, {{":status", "200"}, {"content-length", "9999999999999999999999"}}));
    row("more than the length",
        h2::headers(1, {{":status", "200"}, {"content-length", "1"}}) + h2::data(1, "xy", true));
    row("less than the length",
        h2::headers(1, {{":status", "200"}, {"content-length", "3"}}) + h2::data(1, "xy", true));
    row("no content but a length", h2::headers(1, {{":status", "200"}, {"content-length", "3"}}, true));
    row("content after an interim head", h2::headers(1, {{":status", "103"}}) + h2::data(1, "x"));
    row("an interim head that ends", h2::headers(1, {{":status", "103"}}, true));
    row("trailers that do not end", ok + h2::data(1, "x") + h2::headers(1, {{"a", "b"}}));
    row("a status among trailers", ok + h2::data(1, "x") + h2::headers(1, {{":status", "200"}}, true));
    row("interim heads without end", [] {
      std::string all;
      for (int i = 0; i < 101; ++i) all += h2::headers(1, {{":status", "103"}});
      return all;
    }());
    row("interim heads that are large", [] {
      std::string all;
      for (int i = 0; i < 5; ++i)
        all += h2::headers(1, {{":status", "103"}, {"link", std::string(15'000, 'x')}});
      return all;
    }());
    row("too many fields", [] {
      h2::Headers fields{{":status", "200"}};
      for (int i = 0; i < 257; ++i) fields.emplace_back("a", "b");
      return h2::headers(1, fields);
    }());
  }
  void refusesMalformedAnswers() {
    QFETCH(QByteArray, bytes);
    auto peer = Origin::ready();
    Asked asked;
    Asked other;
    peer->ask(asked);
    peer->ask(other);
    peer->says(bytes.toStdString());
    QVERIFY(asked.reset.has_value());
    QCOMPARE(asked.ends, 0);
    QVERIFY(!asked.unprocessed);
    QVERIFY(!peer->error);
    QVERIFY(!asked.stream.isOpen());
    // The other stream knows nothing of it.
    peer->says(h2::headers(3, {{":status", "204"}}, true));
    QCOMPARE(other.status, std::uint16_t{204});
    QCOMPARE(other.ends, 1);
  }

  void refusesABrokenConnection_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("a push",
        h2::frame(h2::kPushPromise, h2::kEndHeaders, 1, h2::number32(2) + h2::block({{":method", "GET"}})));
    row("a stream of the peer's", h2::headers(2, {{":status", "200"}}));
    row("a stream that was not opened", h2::headers(7, {{":status", "200"}}));
    row("content before a head", h2::data(1, "x"));
    row("DATA on stream 0", h2::data(0, "x"));
    row("SETTINGS on a stream", h2::frame(h2::kSettings, 0, 1, ""));
    row("half a setting", h2::frame(h2::kSettings, 0, 0, "abc"));
    row("a window of 2^31", h2::settings({{4, 0x80000000U}}));
    row("a window beyond 2^31", h2::windowUpdate(0, 0x7fffffff));
    row("an update of 0", h2::windowUpdate(0, 0));
    row("PING of 7 bytes", h2::frame(h2::kPing, 0, 0, "1234567"));
    row("a frame between headers",
        h2::frame(h2::kHeaders, 0, 1, h2::block({{":status", "200"}})) + h2::ping());
    row("a lone CONTINUATION", h2::frame(h2::kContinuation, h2::kEndHeaders, 1, ""));
    row("garbage in a header block", h2::frame(h2::kHeaders, h2::kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"));
    row("a frame that is too large", h2::frame(h2::kData, 0, 1, std::string(16385, 'x')));
    row("more than the window", [] {
      std::string all = h2::headers(1, {{":status", "200"}});
      for (int i = 0; i < 20; ++i) all += h2::data(1, std::string(16384, 'x'));
      return all;
    }());
    row("GOAWAY with a larger stream than before", h2::goAway(1) + h2::goAway(9));
  }
  void refusesABrokenConnection() {
    QFETCH(QByteArray, bytes);
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    asked.stream.pause();
    peer->says(bytes.toStdString());
    const bool over = peer->error.has_value() || (*peer->session).isOver() || asked.reset.has_value();
    QVERIFY(over);
    QVERIFY(peer->reader.count(h2::kGoAway) > 0 || asked.reset.has_value());
  }

  void aPeerOfHttp1IsNotTakenForOne() {
    Origin peer;
    Asked asked;
    peer.ask(asked);
    QVERIFY(!peer.says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    QVERIFY(!(*peer).hasSettings());
    (*peer).fail(H2Error::ProtocolError);
    QVERIFY(asked.reset == H2Error::ProtocolError);
  }

  void countsWhatDeclinesATunnel_data() {
    QTest::addColumn<QByteArray>("bytes");
    const std::string head = h2::headers(1, {{":status", "403"}, {"content-length", "3"}});
    QTest::newRow("more") << QByteArray::fromStdString(head + h2::data(1, "four", true));
    QTest::newRow("less") << QByteArray::fromStdString(head + h2::data(1, "2", true));
    QTest::newRow("nothing") << QByteArray::fromStdString(
        h2::headers(1, {{":status", "403"}, {"content-length", "3"}}, true));
  }
  void countsWhatDeclinesATunnel() {
    QFETCH(QByteArray, bytes);
    auto peer = Origin::ready({}, {{8, 1}});
    Asked asked;
    peer->ask(asked, {.method = "CONNECT", .path = "/chat", .protocol = "websocket", .hasContent = true});
    peer->says(bytes.toStdString());
    QVERIFY(asked.reset == H2Error::ProtocolError);
    QCOMPARE(asked.ends, 0);
  }

  void floodsHaveABudget_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("PING") << QByteArray::fromStdString(h2::ping());
    QTest::newRow("SETTINGS") << QByteArray::fromStdString(h2::settings());
    QTest::newRow("unknown frames") << QByteArray::fromStdString(h2::frame(0x77, 0, 0, "x"));
    QTest::newRow("PRIORITY") << QByteArray::fromStdString(
        h2::frame(h2::kPriority, 0, 1, std::string(5, '\0')));
    QTest::newRow("empty DATA") << QByteArray::fromStdString(h2::data(1, ""));
  }
  void floodsHaveABudget() {
    QFETCH(QByteArray, bytes);
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}));
    int said = 0;
    while (said < 5000 && peer->says(bytes.toStdString())) ++said;
    QVERIFY2(said >= 900, qPrintable(QString::number(said)));
    QVERIFY2(said <= 1100, qPrintable(QString::number(said)));
    QVERIFY(peer->error);
    QVERIFY(peer->error->code == ErrorCode::LimitExceeded);
    const h2::Frame* goAway = peer->reader.last(h2::kGoAway);
    QVERIFY(goAway != nullptr);
    QVERIFY(goAway->number(4) == 11);
  }

  /// grpc-go and grpc-java measure bandwidth with a PING for each DATA frame they receive.
  void aPingForEachCallIsNoFlood() {
    auto peer = Origin::ready();
    for (std::uint32_t call = 0; call < 5000; ++call) {
      Asked asked;
      const std::uint32_t stream = peer->ask(asked, {.method = "POST", .hasContent = true});
      asked.stream.sendContent(peer->slice("request"));
      asked.stream.finish();
      peer->pump();
      QVERIFY(peer->says(h2::ping() + h2::headers(stream, {{":status", "200"}}) + h2::data(stream, "answer") +
                         h2::headers(stream, {{"grpc-status", "0"}}, true)));
      QCOMPARE(asked.ends, 1);
    }
  }

  void aPingForEachMessageOfAStreamIsNoFlood_data() {
    QTest::addColumn<bool>("fromUs");
    QTest::newRow("sent by the client") << true;
    QTest::newRow("sent by the origin") << false;
  }
  void aPingForEachMessageOfAStreamIsNoFlood() {
    QFETCH(bool, fromUs);
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    peer->says(h2::headers(1, {{":status", "200"}}));
    for (int message = 0; message < 5000; ++message) {
      if (fromUs) {
        asked.stream.sendContent(peer->slice("message"));
        peer->pump();
        QVERIFY(peer->says(h2::ping() + h2::windowUpdate(0, 7) + h2::windowUpdate(1, 7)));
      } else {
        QVERIFY(peer->says(h2::data(1, "message") + h2::ping()));
      }
    }
    QCOMPARE(peer->reader.count(h2::kGoAway), std::size_t{0});
  }

  void manyPingsInOneReadAreAnswered() {
    H2ClientLimits limits;
    limits.controlBurst = 10'000;
    auto peer = Origin::ready(limits);
    std::string pings;
    for (int i = 0; i < 3800; ++i) pings += h2::ping();  // what fits a slab
    QVERIFY(peer->says(pings));
    QCOMPARE(peer->reader.count(h2::kPing), std::size_t{3800});
  }

  void acknowledgementsAreNoFlood() {
    auto peer = Origin::ready();
    for (int i = 0; i < 3000; ++i) {
      peer->session->setStreamWindow(i % 2 == 0 ? 16'384 : 262'144);
      peer->pump();
      QVERIFY(peer->says(h2::settingsAck()));
      peer->session->ping();
      peer->pump();
      QVERIFY(peer->says(h2::frame(h2::kPing, 1, 0, "12345678")));
    }
  }

  /// A program that works for an hour and says so every second.
  void interimHeadsAtASteadyRateAreFine() {
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    for (int i = 0; i < 3600; ++i)
      QVERIFY(peer->says(h2::headers(1, {{":status", "102"}}), std::chrono::milliseconds(1000)));
    peer->says(h2::headers(1, {{":status", "204"}}, true));
    QCOMPARE(asked.interim.size(), std::size_t{3600});
    QCOMPARE(asked.status, std::uint16_t{204});
  }

  void tellsWhetherAPingIsWelcome() {
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    QVERIFY(peer->session->heardAnswerSincePing());
    peer->session->ping();
    peer->says(h2::frame(h2::kPing, 1, 0, "12345678") + h2::settings());
    QVERIFY(!peer->session->heardAnswerSincePing());
    peer->says(h2::headers(1, {{":status", "200"}}));
    QVERIFY(peer->session->heardAnswerSincePing());
  }

  void aSteadyPingIsNoFlood() {
    auto peer = Origin::ready();
    for (int i = 0; i < 3000; ++i) QVERIFY(peer->says(h2::ping(), std::chrono::milliseconds(20)));
  }
};

QTEST_APPLESS_MAIN(H2ClientRefusalsTest)
#include "h2_client_refusals_test.moc"

// SPDX-License-Identifier: Apache-2.0
// The server's HTTP/2 session, frame by frame: what is malformed and how it ends (RFC 9113 sections 4 to 8).
#include <QTest>

#include "tests/core/support/h2_visitor_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

class H2ServerRefusalsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void malformedRequestsAreReset_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("capital letters", h2::headers(1, request({{"Bad", "x"}}), true));
    row("te", h2::headers(1, request({{"te", "gzip"}}), true));
    row("connection", h2::headers(1, request({{"connection", "close"}}), true));
    row("line feed", h2::headers(1, request({{"a", "b\nc"}}), true));
    row("length without content", h2::headers(1, request({{"content-length", "1"}}), true));
    row("no path", h2::headers(1, {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.b"}}, true));
    row("a response's field", h2::headers(1, request({{":status", "200"}}), true));
    row("host that differs", h2::headers(1, request({{"host", "other.example"}}), true));
  }
  void malformedRequestsAreReset() {
    QFETCH(QByteArray, bytes);
    Visitor peer;
    peer.say(bytes.toStdString());
    QCOMPARE(peer.streams.size(), std::size_t{0});
    QCOMPARE(*peer.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!peer.goAwayCode());
    peer.say(h2::headers(3, request(), true));  // the others live on
    QCOMPARE(peer.streams.size(), std::size_t{1});
  }

  void contentMustFitItsLength() {
    Visitor more;
    more.say(h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "abcd"));
    QCOMPARE(*more.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!more.streams[0]->complete);
    QCOMPARE(more.streams[0]->body, std::string());
    QCOMPARE(*more.streams[0]->closed, H2Error::ProtocolError);
    Visitor less;
    less.say(h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "ab", true));
    QCOMPARE(*less.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!less.streams[0]->complete);
  }

  void trailersMustEndTheStream() {
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::headers(1, {{"a", "b"}}, false));
    QCOMPARE(*peer.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!peer.streams[0]->complete);
  }

  void connectionErrors_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const std::string& bytes, H2Error code) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << static_cast<int>(code);
    };
    const std::string open = h2::headers(1, request({}, "POST"));
    const std::string done = h2::headers(1, request(), true);
    row("DATA on stream 0", h2::frame(h2::kData, 0, 0, "x"), H2Error::ProtocolError);
    row("HEADERS on stream 0", h2::headers(0, request(), true), H2Error::ProtocolError);
    row("PRIORITY on stream 0", h2::frame(h2::kPriority, 0, 0, h2::number32(1) + "\x10"),
        H2Error::ProtocolError);
    row("RST_STREAM on stream 0", h2::reset(0, 8), H2Error::ProtocolError);
    row("PRIORITY_UPDATE on a stream", open + h2::frame(0x10, 0, 1, h2::number32(1) + "u=1"),
        H2Error::ProtocolError);
    row("DATA on an idle stream", h2::data(3, "x"), H2Error::ProtocolError);
    row("RST_STREAM on an idle stream", h2::reset(3, 8), H2Error::ProtocolError);
    row("WINDOW_UPDATE on an idle stream", h2::windowUpdate(3, 8), H2Error::ProtocolError);
    row("even stream", h2::headers(2, request(), true), H2Error::ProtocolError);
    row("lower stream", h2::headers(5, request(), true) + h2::headers(3, request(), true),
        H2Error::ProtocolError);
    row("SETTINGS on a stream", h2::frame(h2::kSettings, 0, 1, ""), H2Error::ProtocolError);
    row("SETTINGS of odd size", h2::frame(h2::kSettings, 0, 0, "12345"), H2Error::FrameSizeError);
    row("acknowledgement with entries", h2::frame(h2::kSettings, 1, 0, "123456"), H2Error::FrameSizeError);
    row("ENABLE_PUSH 2", h2::settings({{2, 2}}), H2Error::ProtocolError);
    row("window beyond 2^31-1", h2::settings({{4, 0x80000000U}}), H2Error::FlowControlError);
    row("frame size too small", h2::settings({{5, 100}}), H2Error::ProtocolError);
    row("PING of 7", h2::frame(h2::kPing, 0, 0, "1234567"), H2Error::FrameSizeError);
    row("PING on a stream", h2::frame(h2::kPing, 0, 1, "12345678"), H2Error::ProtocolError);
    row("GOAWAY on a stream", h2::frame(h2::kGoAway, 0, 1, "12345678"), H2Error::ProtocolError);
    row("PUSH_PROMISE", open + h2::frame(h2::kPushPromise, 4, 1, h2::number32(2)), H2Error::ProtocolError);
    row("RST_STREAM of 3", open + h2::frame(h2::kRstStream, 0, 1, "123"), H2Error::FrameSizeError);
    row("connection WINDOW_UPDATE 0", h2::windowUpdate(0, 0), H2Error::ProtocolError);
    row("connection window overflow", h2::windowUpdate(0, 0x7fffffff), H2Error::FlowControlError);
    row("frame beyond 16384", open + h2::data(1, std::string(16385, 'x')), H2Error::FrameSizeError);
    row("padding longer than the frame", open + h2::frame(h2::kData, 8, 1, "\x05x"), H2Error::ProtocolError);
    row("CONTINUATION alone", h2::frame(h2::kContinuation, 4, 1, ""), H2Error::ProtocolError);
    row("frame inside a block", h2::frame(h2::kHeaders, 0, 1, "") + h2::ping(), H2Error::ProtocolError);
    row("CONTINUATION of another stream",
        h2::frame(h2::kHeaders, 0, 1, "") + h2::frame(h2::kContinuation, 4, 3, ""), H2Error::ProtocolError);
    row("index beyond the table", h2::frame(h2::kHeaders, 5, 1, "\xff\xff\x03"), H2Error::CompressionError);
    row("table beyond what we allow", h2::frame(h2::kHeaders, 5, 1, "\x3f\xff\xff\x03"),
        H2Error::CompressionError);
    row("DATA after the end", done + h2::data(1, "x"), H2Error::StreamClosed);
    row("HEADERS after the end", done + h2::headers(1, request(), true), H2Error::StreamClosed);
    row("DATA after a reset", open + h2::reset(1, 8) + h2::data(1, "x"), H2Error::StreamClosed);
    row("HEADERS after a reset", open + h2::reset(1, 8) + h2::headers(1, request(), true),
        H2Error::StreamClosed);
    row("stream that depends on itself", h2::frame(h2::kHeaders, 0x25, 1, h2::number32(1) + "\x10"),
        H2Error::ProtocolError);
  }
  void connectionErrors() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    Visitor peer;
    peer.say(bytes.toStdString());
    if (QLatin1String(QTest::currentDataTag()) == QLatin1String("stream that depends on itself")) {
      // Without the old priorities (RFC 9218) a dependency means nothing; a stream error would do, too.
      QVERIFY(!peer.goAwayCode() || *peer.goAwayCode() != 0);
      return;
    }
    expectGoAway(peer, static_cast<H2Error>(code));
  }

  void anotherPrefaceIsNoConnection() {
    Visitor peer({}, false);
    peer.say("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    QVERIFY(peer.session->isOver());
    QCOMPARE(peer.streams.size(), std::size_t{0});
  }

  void settingsMustComeFirst() {
    Visitor peer({}, false);
    peer.say(std::string(kPreface) + h2::headers(1, request(), true));
    expectGoAway(peer, H2Error::ProtocolError);
    QCOMPARE(peer.streams.size(), std::size_t{0});
  }

  void framesThatCrossOurResetAreDiscarded() {
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")));
    peer.session->reset(*peer.streams[0], H2Error::InternalError);
    peer.say("");
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::InternalError));
    peer.say(h2::data(1, "late") + h2::windowUpdate(1, 10) + h2::headers(1, {{"a", "b"}}, true));
    QVERIFY(!peer.goAwayCode());
    QCOMPARE(peer.streams[0]->body, std::string());
  }
};

QTEST_APPLESS_MAIN(H2ServerRefusalsTest)
#include "h2_server_refusals_test.moc"

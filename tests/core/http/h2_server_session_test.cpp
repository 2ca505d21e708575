// SPDX-License-Identifier: Apache-2.0
// The server's HTTP/2 session, frame by frame: what RFC 9113 asks of a good connection.
#include <QTest>

#include "tests/core/support/h2_visitor_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

class H2ServerSessionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aRequestIsAnswered() {
    Visitor peer;
    peer.say(h2::headers(1, request(), true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QVERIFY(peer.streams[0]->complete);
    peer.answer(*peer.streams[0], "hello");
    peer.say("");
    const h2::Frame* head = peer.reader.last(h2::kHeaders);
    QVERIFY(head != nullptr);
    QCOMPARE(head->field(":status"), std::string("200"));
    QCOMPARE(head->field("content-type"), std::string("text/plain"));
    QCOMPARE(head->field("x-mixed"), std::string("v"));
    QCOMPARE(head->field("connection"), std::string("(none)"));
    QCOMPARE(peer.reader.content(1), std::string("hello"));
    QVERIFY(peer.reader.ended(1));
    QCOMPARE(*peer.streams[0]->closed, H2Error::NoError);
  }

  void bytesMayComeOneByOne() {
    Visitor peer({}, false);
    peer.sayOneByOne(std::string(kPreface) + h2::settings() +
                     h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "ab") +
                     h2::data(1, "c", true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->body, std::string("abc"));
    QVERIFY(peer.streams[0]->complete);
    QVERIFY(!peer.goAwayCode());
  }

  void settingsAreAnnounced() {
    Visitor peer;
    const h2::Frame& settings = peer.reader.frames.at(0);
    QCOMPARE(settings.type, std::uint8_t{h2::kSettings});
    QVERIFY(settings.payload.find(std::string("\0\x08\0\0\0\x01", 6)) != std::string::npos);  // RFC 8441
    QVERIFY(settings.payload.find(std::string("\0\x09\0\0\0\x01", 6)) != std::string::npos);  // RFC 9218
    QVERIFY(settings.payload.find(std::string("\0\x03\0\0\0\x64", 6)) != std::string::npos);
    QVERIFY(peer.session->settingsAcknowledged());
  }

  void trailersPassBothWays() {
    Visitor peer;
    peer.say(h2::headers(1, request({{"te", "trailers"}}, "POST")) + h2::data(1, "x") +
             h2::headers(1, {{"check", "sum"}}, true));
    QCOMPARE(peer.streams[0]->trailers, std::string("check=sum;"));
    QVERIFY(peer.streams[0]->complete);
    peer.answer(*peer.streams[0], "y", {{"Grpc-Status", "0"}});
    peer.say("");
    const h2::Frame* trailers = peer.reader.last(h2::kHeaders);
    QCOMPARE(trailers->field("grpc-status"), std::string("0"));
    QVERIFY(trailers->ends());
  }

  void interimHeadsGoFirst() {
    Visitor peer;
    peer.say(h2::headers(1, request(), true));
    ResponseHead early;
    early.status = 103;
    early.fields = {{"Link", "</a>"}};
    peer.session->sendInterim(*peer.streams[0], early);
    peer.answer(*peer.streams[0], "x");
    peer.say("");
    QCOMPARE(peer.reader.count(h2::kHeaders), std::size_t{2});
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type != h2::kHeaders) continue;
      QCOMPARE(frame.field(":status"), std::string("103"));
      break;
    }
  }

  void aResetReachesTheStream() {
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::reset(1, 8));
    QCOMPARE(*peer.streams[0]->closed, H2Error::Cancel);
    QVERIFY(!peer.goAwayCode());
    peer.session->consume(1, 0);
  }

  void whatBreaksOffIsShownBefore() {
    Visitor peer;
    peer.say(h2::headers(1, request(), true));
    ResponseHead head;
    head.status = 200;
    peer.session->sendHead(*peer.streams[0], head, {BodyFraming::Chunked, 0}, false);
    peer.session->sendBody(*peer.streams[0], peer.writer.copy(asBytes("half")));
    peer.session->breakOff(*peer.streams[0], H2Error::InternalError);
    peer.say("");
    QCOMPARE(peer.reader.count(h2::kHeaders), std::size_t{1});
    QCOMPARE(peer.reader.content(1), std::string("half"));
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::InternalError));
    QCOMPARE(*peer.streams[0]->closed, H2Error::InternalError);
    // ... also when nothing waits any more.
    peer.say(h2::headers(3, request(), true));
    peer.session->sendHead(*peer.streams[1], head, {BodyFraming::Chunked, 0}, false);
    peer.say("");
    QVERIFY(!peer.resetCode(3));
    peer.session->breakOff(*peer.streams[1], H2Error::Cancel);
    peer.say("");
    QCOMPARE(*peer.resetCode(3), static_cast<std::uint32_t>(H2Error::Cancel));
  }

  void anEarlyAnswerEndsTheRequest() {
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::data(1, "x"));
    peer.answer(*peer.streams[0], "enough");
    peer.say("");
    QVERIFY(peer.reader.ended(1));
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::NoError));
  }

  void windowsComeBackWithCredit() {
    Visitor peer;
    peer.holdsCredit = true;
    peer.say(h2::headers(1, request({}, "POST")));
    const std::size_t before = peer.reader.count(h2::kWindowUpdate);
    for (int i = 0; i < 40; ++i) peer.say(h2::data(1, std::string(16384, 'x')));
    QCOMPARE(peer.reader.count(h2::kWindowUpdate), before);
    peer.session->consume(1, std::size_t{40} * 16384);
    peer.say("");
    QVERIFY(peer.reader.count(h2::kWindowUpdate) > before);
    // More than the window is an error.
    Visitor greedy;
    greedy.holdsCredit = true;
    greedy.say(h2::headers(1, request({}, "POST")));
    for (int i = 0; i < 65 && !greedy.resetCode(1); ++i) greedy.say(h2::data(1, std::string(16384, 'x')));
    QVERIFY(greedy.resetCode(1) == static_cast<std::uint32_t>(H2Error::FlowControlError) ||
            greedy.goAwayCode());
  }

  void answersWaitForTheVisitorsWindow() {
    Visitor peer;
    peer.say(h2::settings({{4, 10}}) + h2::headers(1, request(), true));
    peer.answer(*peer.streams[0], std::string(25, 'y'));
    peer.say("");
    QCOMPARE(peer.reader.content(1).size(), std::size_t{10});
    QVERIFY(peer.session->isBlocked(*peer.streams[0]));
    peer.say(h2::windowUpdate(1, 100));
    QCOMPARE(peer.reader.content(1).size(), std::size_t{25});
    QVERIFY(peer.reader.ended(1));
  }

  void urgentAnswersGoFirst() {
    Visitor peer;
    peer.say(h2::settings({{4, 1 << 20}}) + h2::windowUpdate(0, 1 << 20) +
             h2::headers(1, request({{"priority", "u=6"}}), true) +
             h2::headers(3, request({{"priority", "u=1"}}), true) +
             h2::headers(5, request({{"priority", "u=1"}}), true));
    peer.room = false;
    for (auto& stream : peer.streams) {
      ResponseHead head;
      head.status = 200;
      peer.session->sendHead(*stream, head, {BodyFraming::Chunked, 0}, false);
      for (int i = 0; i < 4; ++i)
        peer.session->sendBody(*stream, peer.writer.copy(asBytes(std::string(16384, 'z'))));
      peer.session->finish(*stream);
    }
    peer.room = true;
    peer.say("");
    std::vector<std::uint32_t> order;
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type == h2::kData && !frame.payload.empty()) order.push_back(frame.stream);
    }
    QCOMPARE(order.size(), std::size_t{12});
    for (std::size_t i = 0; i < 8; ++i) QVERIFY(order[i] != 1);
    QVERIFY(order[0] != order[1]);
    QVERIFY(order[1] != order[2]);  // in turns
  }

  void priorityUpdatesReorder() {
    Visitor peer;
    peer.say(h2::settings({{4, 1 << 20}}) + h2::windowUpdate(0, 1 << 20) + h2::headers(1, request(), true) +
             h2::headers(3, request(), true) + h2::frame(0x10, 0, 0, h2::number32(3) + "u=0"));
    peer.room = false;
    for (auto& stream : peer.streams) peer.answer(*stream, std::string(16000, 'z'));
    peer.room = true;
    peer.say("");
    std::uint32_t first = 0;
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type == h2::kData && first == 0) first = frame.stream;
    }
    QCOMPARE(first, std::uint32_t{3});
  }

  void manyRequestsEndGracefully() {
    H2Limits limits;
    limits.requests = 3;
    Visitor peer(limits);
    peer.atEnd = [&](TestStream& stream) { peer.answer(stream, "x"); };
    for (std::uint32_t i = 0; i < 3; ++i) peer.say(h2::headers(2 * i + 1, request(), true));
    const h2::Frame* notice = peer.reader.last(h2::kGoAway);
    QVERIFY(notice != nullptr);
    QCOMPARE(notice->number(), std::uint32_t{0x7fffffff});
    peer.say(h2::headers(7, request(), true));  // crossed the notice
    QCOMPARE(peer.streams.size(), std::size_t{4});
    const h2::Frame* sent = peer.reader.last(h2::kPing);
    QVERIFY(sent != nullptr);
    peer.say(h2::frame(h2::kPing, 1, 0, sent->payload));
    const h2::Frame* final = peer.reader.last(h2::kGoAway);
    QCOMPARE(final->number(), std::uint32_t{7});
    QCOMPARE(final->number(4), std::uint32_t{0});
    QVERIFY(peer.session->isOver());
  }

  void lateStreamsAfterGoAwayAreIgnored() {
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")));
    peer.session->finishDrain();
    peer.say("");
    peer.say(h2::headers(3, request({}, "POST")) + h2::data(3, "x", true) + h2::data(1, "y", true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->body, std::string("y"));
    peer.answer(*peer.streams[0], "done");
    peer.say("");
    QVERIFY(peer.reader.ended(1));
    QVERIFY(peer.session->isOver());
    QCOMPARE(*peer.goAwayCode(), std::uint32_t{0});
  }

  void extendedConnectIsAWebSocket() {
    Visitor peer;
    peer.say(h2::headers(1, {{":method", "CONNECT"},
                             {":protocol", "websocket"},
                             {":scheme", "http"},
                             {":path", "/chat"},
                             {":authority", "shop.example"},
                             {"sec-websocket-version", "13"}}));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QVERIFY(peer.streams[0]->webSocket);
    peer.say(h2::data(1, "frames"));
    QCOMPARE(peer.streams[0]->body, std::string("frames"));
  }
};

QTEST_APPLESS_MAIN(H2ServerSessionTest)
#include "h2_server_session_test.moc"

// SPDX-License-Identifier: Apache-2.0
// What may be said to the server's HTTP/2 session costs a budget; what floods end with.
#include <QTest>

#include "tests/core/support/h2_visitor_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

class H2ServerFloodsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rapidResetsAreCutOff() {
    Visitor peer;
    std::uint32_t stream = 1;
    while (!peer.goAwayCode() && stream < 2000) {
      peer.say(h2::headers(stream, request(), true) + h2::reset(stream, 8));
      stream += 2;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QCOMPARE(peer.streams.size(), std::size_t{201});
  }

  void aFewResetsASecondAreFine() {
    Visitor peer;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      peer.now += std::chrono::milliseconds(55);
      peer.say(h2::headers(2 * i + 1, request(), true) + h2::reset(2 * i + 1, 8));
    }
    QVERIFY(!peer.goAwayCode());
  }

  void resetsWeAreTrickedIntoCount() {
    Visitor peer;
    std::uint32_t stream = 1;
    while (!peer.goAwayCode() && stream < 2000) {
      peer.say(h2::headers(stream, request(), false) + h2::windowUpdate(stream, 0x7fffffff));
      stream += 2;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QVERIFY(stream < 450);
  }

  void whatComesBehindTooManyResetsIsNotHandled() {
    Visitor peer({}, false);
    // Before it acknowledges our settings, a visitor is refused streams one by one.
    std::string bytes = std::string(kPreface) + h2::settings() + h2::headers(1, request({}, "POST"));
    for (std::uint32_t stream = 3; stream < 1000; stream += 2) bytes += h2::headers(stream, request(), true);
    peer.say(bytes + h2::data(1, "late"));  // all at once: no reset is written in between
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QCOMPARE(peer.streams.size(), std::size_t{100});
    QCOMPARE(peer.streams[0]->body, std::string());
  }

  void effortEndsATurn() {
    Visitor peer;
    std::string bytes;
    for (std::uint32_t stream = 1; stream < 20; stream += 2) bytes += h2::headers(stream, request(), true);
    std::size_t taken = peer.session->receive(asBytes(bytes), peer.now, 40);
    QCOMPARE(peer.streams.size(), std::size_t{3});
    QCOMPARE(taken, bytes.size() * 3 / 10);
    QVERIFY(peer.session->effort() >= 40);
    taken += peer.session->receive(asBytes(bytes).subspan(taken), peer.now);
    QCOMPARE(taken, bytes.size());
    QCOMPARE(peer.streams.size(), std::size_t{10});
    // A head costs by its size, however small it was made.
    peer.say(h2::headers(21, request({{"x-large", std::string(12'000, 'x')}}), true));
    QVERIFY(peer.session->effort() > 50);
    // Whatever the budget, something is done.
    const std::string last = h2::headers(23, request(), true);
    QCOMPARE(peer.session->receive(asBytes(last), peer.now, 1), last.size());
  }

  void malformedRequestsCountOnce() {
    Visitor peer;
    for (std::uint32_t stream = 1; stream < 380; stream += 2)
      peer.say(h2::headers(stream, {{":method", "GET"}}, true));
    QVERIFY(!peer.goAwayCode());
    QCOMPARE(peer.reader.count(h2::kRstStream), std::size_t{190});
    QCOMPARE(peer.malformedRequests, 190);
  }

  void theThirdHpackBombIsCutOff() {
    Visitor peer;
    // An entry of the dynamic table (RFC 7541 section 2.3.2) of 4,000 bytes, named again and again.
    const std::string entry = "\x40\x05x-big\x7f\xa1\x1e" + std::string(4000, 'x');
    const std::string bomb = h2::block(request()) + entry + std::string(9000, '\xbe');
    for (std::uint32_t stream = 1; stream < 5; stream += 2)
      peer.say(h2::frame(h2::kHeaders, h2::kEndHeaders | h2::kEndStream, stream, bomb));
    QVERIFY(!peer.goAwayCode());
    QCOMPARE(peer.streams.size(), std::size_t{2});
    QCOMPARE(peer.streams[1]->refusedWith, std::uint16_t{431});
    peer.say(h2::frame(h2::kHeaders, h2::kEndHeaders | h2::kEndStream, 5, bomb));
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QCOMPARE(peer.streams.size(), std::size_t{2});
    QCOMPARE(peer.malformedRequests, 1);
  }

  void bombsInMalformedRequestsAndTrailersCount() {
    Visitor peer;
    const std::string entry = "\x40\x05x-big\x7f\xa1\x1e" + std::string(4000, 'x');
    const std::string filling = entry + std::string(9000, '\xbe');
    const std::string malformed = h2::block({{":nothing", "known"}}) + filling;
    peer.say(h2::frame(h2::kHeaders, h2::kEndHeaders | h2::kEndStream, 1, malformed));
    peer.say(h2::headers(3, request({}, "POST"), false));
    peer.say(h2::frame(h2::kHeaders, h2::kEndHeaders | h2::kEndStream, 3, filling));
    QVERIFY(!peer.goAwayCode());
    peer.say(h2::frame(h2::kHeaders, h2::kEndHeaders | h2::kEndStream, 5, malformed));
    expectGoAway(peer, H2Error::EnhanceYourCalm);
  }

  void headsThatAreMerelyTooLargeAreRefusedAgainAndAgain() {
    Visitor peer;
    // Two values of this size are 30,000 bytes; what the names and the overhead add makes it too large.
    h2::Headers large = request({{"x-a", std::string(15'000, 'a')}, {"x-b", std::string(15'000, 'b')}});
    for (int i = 0; i < 80; ++i) large.emplace_back("x-" + std::to_string(i), "0");
    for (std::uint32_t stream = 1; stream < 40; stream += 2) {
      const std::string block = h2::block(large);
      peer.say(h2::frame(h2::kHeaders, h2::kEndStream, stream, block.substr(0, 16'000)) +
               h2::frame(h2::kContinuation, h2::kEndHeaders, stream, block.substr(16'000)));
    }
    QVERIFY(!peer.goAwayCode());
    QCOMPARE(peer.streams.size(), std::size_t{20});
    QCOMPARE(peer.streams.back()->refusedWith, std::uint16_t{431});
  }

  void cheapFramesAreCutOff_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("PING", h2::ping());
    row("SETTINGS", h2::settings());
    row("PRIORITY", h2::frame(h2::kPriority, 0, 1, h2::number32(0) + "\x10"));
    row("WINDOW_UPDATE", h2::windowUpdate(1, 1));
    row("unknown", unknownFrame());
    row("empty DATA", h2::data(1, ""));
    row("PRIORITY_UPDATE", h2::frame(0x10, 0, 0, h2::number32(1) + "u=2"));
  }
  void cheapFramesAreCutOff() {
    QFETCH(QByteArray, bytes);
    Visitor peer;
    peer.say(h2::headers(1, request({}, "POST")));
    int count = 0;
    while (!peer.goAwayCode() && count < 3000) {
      peer.say(bytes.toStdString());
      ++count;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QVERIFY2(count > 900 && count < 1100, QByteArray::number(count).constData());
  }

  void windowsThatOpenByAByteAreCutOff_data() {
    QTest::addColumn<unsigned>("stream");
    QTest::newRow("a stream's") << 1U;
    QTest::newRow("the connection's") << 0U;
  }
  void windowsThatOpenByAByteAreCutOff() {
    QFETCH(unsigned, stream);
    Visitor peer;
    // One window is closed, the other wide open; each answer is more than fits.
    peer.say(h2::settings({{4, stream == 0 ? 1'000'000U : 0U}}) + h2::headers(1, request(), true));
    if (stream != 0) peer.say(h2::windowUpdate(0, 1'000'000));
    ResponseHead head;
    head.status = 200;
    peer.session->sendHead(*peer.streams[0], head, {BodyFraming::Chunked, 0}, false);
    for (int i = 0; i < 10; ++i)
      peer.session->sendBody(*peer.streams[0], peer.writer.copy(asBytes(std::string(16'000, 'x'))));
    int count = 0;
    while (!peer.goAwayCode() && count < 3000) {
      peer.say(h2::windowUpdate(stream, 1));
      ++count;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    // Beside the burst, what 64 KiB of content explain.
    QVERIFY2(count > 900, QByteArray::number(count).constData());
    QVERIFY2(count < 1400, QByteArray::number(count).constData());
  }

  /// Go's HTTP/2 library does so where a program reads by 4 KiB; here by 1 KiB.
  void updatesForEachReadOfLargeContentAreFine() {
    Visitor peer;
    peer.say(h2::settings({{4, 0x7fffffffU}}) + h2::windowUpdate(0, 0x7fff0000) +
             h2::headers(1, request(), true));
    ResponseHead head;
    head.status = 200;
    peer.session->sendHead(*peer.streams[0], head, {BodyFraming::Chunked, 0}, false);
    for (int i = 0; i < 500; ++i) {
      peer.session->sendBody(*peer.streams[0], peer.writer.copy(asBytes(std::string(16'000, 'x'))));
      peer.say("");
      std::string updates;
      for (int part = 0; part < 16; ++part) updates += h2::windowUpdate(1, 1000) + h2::windowUpdate(0, 1000);
      peer.say(updates);
      QVERIFY(!peer.goAwayCode());
    }
  }

  /// What a gRPC client sends for each call whose status comes before it has said everything.
  void resetsOfAnsweredRequestsAreFine() {
    Visitor peer;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      const std::uint32_t stream = 2 * i + 1;
      peer.say(h2::headers(stream, request({}, "POST")));
      ResponseHead head;
      head.status = 200;
      peer.session->sendHead(*peer.streams.back(), head, {BodyFraming::Length, 0}, true);
      peer.say("");
      peer.say(h2::reset(stream, 8));
      QVERIFY(!peer.goAwayCode());
    }
  }

  /// As many requests may be reset as were answered; more of them are a flood.
  void answersExplainResets() {
    Visitor peer;
    std::uint32_t stream = 1;
    for (int i = 0; i < 600; ++i, stream += 2) {
      peer.say(h2::headers(stream, request(), true));
      ResponseHead head;
      head.status = 200;
      peer.session->sendHead(*peer.streams.back(), head, {BodyFraming::Length, 0}, true);
      peer.say("");
      stream += 2;
      peer.say(h2::headers(stream, request(), true) + h2::reset(stream, 8));
      QVERIFY(!peer.goAwayCode());
    }
    int resets = 0;
    for (; !peer.goAwayCode() && resets < 1000; ++resets, stream += 2)
      peer.say(h2::headers(stream, request(), true) + h2::reset(stream, 8));
    QVERIFY2(resets > 190, QByteArray::number(resets).constData());
    QVERIFY2(resets < 220, QByteArray::number(resets).constData());
  }

  void updatesForSmallPiecesOfContentAreFine() {
    Visitor peer;
    peer.say(h2::headers(1, request(), true));
    ResponseHead head;
    head.status = 200;
    peer.session->sendHead(*peer.streams[0], head, {BodyFraming::Chunked, 0}, false);
    for (int i = 0; i < 5000; ++i) {
      peer.session->sendBody(*peer.streams[0], peer.writer.copy(asBytes("event")));
      peer.say("");
      peer.say(h2::windowUpdate(1, 5) + h2::windowUpdate(0, 5));
    }
    QVERIFY(!peer.goAwayCode());
  }

  void acknowledgementsNobodyReadsEnd() {
    H2Limits limits;
    limits.controlBurst = 100'000;
    Visitor peer(limits);
    peer.room = false;
    for (int i = 0; i < 1100; ++i) peer.say(h2::ping());
    peer.room = true;
    peer.say("");
    QCOMPARE(*peer.goAwayCode(), static_cast<std::uint32_t>(H2Error::EnhanceYourCalm));
  }

  void continuationsAreBounded() {
    Visitor peer;
    std::string bytes = h2::frame(h2::kHeaders, 1, 1, "");
    for (int i = 0; i < 9; ++i) bytes += h2::frame(h2::kContinuation, 0, 1, "");
    peer.say(bytes);
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    Visitor large;
    bytes = h2::frame(h2::kHeaders, 1, 1, "");
    for (int i = 0; i < 3; ++i)
      bytes += h2::frame(h2::kContinuation, 0, 1, h2::block({{"a", std::string(15000, 'x')}}));
    large.say(bytes);
    expectGoAway(large, H2Error::EnhanceYourCalm);
    Visitor fine;
    const std::string block = h2::block(request());
    fine.say(h2::frame(h2::kHeaders, 1, 1, block.substr(0, 20)) +
             h2::frame(h2::kContinuation, 4, 1, block.substr(20)));
    QCOMPARE(fine.streams.size(), std::size_t{1});
  }

  void headerBombsAreRefused() {
    Visitor peer;
    // One large entry in the table, then references of one byte each.
    std::string block = h2::block(request());
    block += std::string("\x40\x01", 2) + "a" + "\x7f\x81\x1d" + std::string(3840, 'x');
    block += std::string(8000, '\xbe');
    std::string bytes = h2::frame(h2::kHeaders, 5, 1, block);
    peer.say(bytes);
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->refusedWith, std::uint16_t{431});
  }

  void largeSettingsAreRefused() {
    Visitor peer;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> entries(33, {0x99, 1});
    peer.say(h2::settings(entries));
    expectGoAway(peer, H2Error::EnhanceYourCalm);
  }

  void streamsAreBounded() {
    Visitor peer;
    for (std::uint32_t i = 0; i < 100; ++i) peer.say(h2::headers(2 * i + 1, request({}, "POST")));
    QCOMPARE(peer.streams.size(), std::size_t{100});
    QVERIFY(!peer.goAwayCode());
    peer.say(h2::headers(201, request({}, "POST")) + h2::data(201, "x"));
    QCOMPARE(peer.streams.size(), std::size_t{100});
    QVERIFY(peer.goAwayCode() || peer.resetCode(201));
  }
};

QTEST_APPLESS_MAIN(H2ServerFloodsTest)
#include "h2_server_floods_test.moc"

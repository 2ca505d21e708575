// SPDX-License-Identifier: Apache-2.0
// HTTP/2 visitors of a real server with scripted clients: what reaches the client, what comes back, and how
// aborts, credit and moves pass between the two.
#include <algorithm>

#include <QTest>

#include "tests/core/support/h2_server_visitor.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;
using h2::request;
using h2::Visitor;

class H2VisitorTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void requestsReachTheClient() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(
        h,
        h2::headers(1, request("POST", "/a?b", {{"cookie", "x=1"}, {"cookie", "y=2"}, {"te", "trailers"}})) +
            h2::data(1, "hello ") + h2::data(1, "world") + h2::headers(1, {{"x-sum", "7"}}, true));
    QVERIFY(h.until([&] { return client.requestCount() == 1 && client.last().finished; }));
    const Message& message = client.last().message;
    QVERIFY(message.wellFormed);
    QCOMPARE(message.request.method, std::string("POST"));
    QCOMPARE(message.request.target, std::string("/a?b"));
    QCOMPARE(message.request.authority, std::string("shop.localhost"));
    QVERIFY(message.framing.body == http::BodyFraming::Chunked);
    QCOMPARE(message.field("cookie"), std::string("x=1; y=2"));
    QCOMPARE(message.field("te"), std::string("trailers"));
    QCOMPARE(message.body, std::string("hello world"));
    QCOMPARE(message.trailing, (Fields{{"x-sum", "7"}}));
    QVERIFY(client.last().head.scheme == http::Scheme::Http);
  }

  void contentInThousandsOfFramesArrives() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    std::string content, bytes = h2::headers(1, request("POST"));
    for (int i = 0; i < 20'000; ++i) {  // more than one turn takes
      content += static_cast<char>('a' + i % 26);
      bytes += h2::data(1, content.substr(content.size() - 1));
    }
    Visitor visitor(h, bytes + h2::data(1, "", true) + h2::headers(3, request(), true));
    QVERIFY(h.until([&] { return client.requestCount() == 2 && client.request(0).finished; }));
    QVERIFY(client.request(0).message.body == content);
    client.request(1).answerText(200, "ok");
    QVERIFY(visitor.untilEnd(3));
  }

  void answersComeBack() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) {
      r.answer(responseHead(103, noBody(), {{"Link", "</a>"}}, wire::FrameType::InterimHead) +
               responseHead(200, chunked(), {{"Content-Type", "text/plain"}}) + dataFrame("body") +
               trailers({{"Grpc-Status", "0"}}));
    };
    Visitor visitor(h, h2::headers(1, request(), true));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("103"));
    QCOMPARE(visitor.reader.content(1), std::string("body"));
    QCOMPARE(visitor.reader.last(h2::kHeaders)->field("grpc-status"), std::string("0"));
    QCOMPARE(visitor.reader.count(h2::kHeaders), std::size_t{3});
    QVERIFY(!visitor.resetCode(1));
  }

  void answersWithoutContent() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) {
      if (r.message.request.target == "/none") r.answer(responseHead(204, noBody()));
      if (r.message.request.target == "/empty") r.answer(responseHead(200, lengthOf(0)));
      if (r.message.request.target == "/head")
        r.answer(responseHead(200, noBody(), {{"Content-Length", "99"}}));
    };
    Visitor visitor(h, h2::headers(1, request("GET", "/none"), true) +
                           h2::headers(3, request("GET", "/empty"), true) +
                           h2::headers(5, request("HEAD", "/head"), true));
    for (const std::uint32_t stream : {1U, 3U, 5U}) QVERIFY(visitor.untilEnd(stream));
    QCOMPARE(visitor.head(1)->field("content-length"), std::string("(none)"));
    QCOMPARE(visitor.head(3)->field("content-length"), std::string("0"));
    QCOMPARE(visitor.head(5)->field("content-length"), std::string("99"));
    QCOMPARE(visitor.reader.count(h2::kData), std::size_t{0});
  }

  void aResetStopsTheClient() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request("POST")));
    QVERIFY(h.untilRequests(client, 1));
    visitor.peer.send(h2::reset(1, 8));
    QVERIFY(h.until([&] { return client.last().resetWith == wire::AppError::VisitorGone; }));
    QVERIFY(h.until([&] { return client.last().stoppedWith == wire::AppError::VisitorGone; }));
  }

  void aClosedConnectionStopsAll() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request("POST")) + h2::headers(3, request("POST")));
    QVERIFY(h.untilRequests(client, 2));
    visitor.peer.abort();
    QVERIFY(h.until([&] {
      return client.request(0).resetWith == wire::AppError::VisitorGone &&
             client.request(1).resetWith == wire::AppError::VisitorGone;
    }));
  }

  void failuresBecomePagesOrResets() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true) + h2::headers(3, request(), true) +
                           h2::headers(5, request(), true));
    QVERIFY(h.untilRequests(client, 3));
    client.request(0).reset(wire::AppError::OriginRefused);
    client.request(1).send(responseHead(200, chunked()) + dataFrame("half"));
    QVERIFY(visitor.until([&](h2::Reader& r) { return r.content(3) == "half"; }));
    client.request(1).reset(wire::AppError::OriginBroken);
    client.request(2).send(responseHead(200, lengthOf(2)) + dataFrame("too long"));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("502"));
    QVERIFY(visitor.untilReset(3, http::H2Error::InternalError));
    QVERIFY(visitor.untilReset(5, http::H2Error::InternalError));
    QVERIFY(visitor.reader.last(h2::kGoAway) == nullptr);
  }

  void callsEndAsTheOriginEndedThem_data() {
    QTest::addColumn<int>("cause");
    QTest::addColumn<int>("before");
    QTest::addColumn<int>("after");
    const auto row = [](const char* name, wire::AppError cause, http::H2Error before, http::H2Error after) {
      QTest::newRow(name) << static_cast<int>(cause) << static_cast<int>(before) << static_cast<int>(after);
    };
    using http::H2Error;
    row("cancelled", wire::AppError::OriginCancelled, H2Error::Cancel, H2Error::Cancel);
    row("refused", wire::AppError::OriginRefusedStream, H2Error::RefusedStream, H2Error::InternalError);
    row("calm", wire::AppError::OriginEnhanceYourCalm, H2Error::EnhanceYourCalm, H2Error::EnhanceYourCalm);
    row("insecure", wire::AppError::OriginInadequateSecurity, H2Error::InadequateSecurity,
        H2Error::InadequateSecurity);
    row("other", wire::AppError::OriginReset, H2Error::InternalError, H2Error::InternalError);
  }
  void callsEndAsTheOriginEndedThem() {
    QFETCH(int, cause);
    QFETCH(int, before);
    QFETCH(int, after);
    ServerHarness h;
    FakeClient& client = h.addClient();
    const h2::Headers type{{"content-type", "application/grpc"}};
    Visitor visitor(h, h2::headers(1, request("POST", "/", type), true) +
                           h2::headers(3, request("POST", "/", type), true) +
                           h2::headers(5, request("POST", "/", {{"content-type", "text/plain"}}), true));
    QVERIFY(h.untilRequests(client, 3));
    client.request(0).reset(static_cast<wire::AppError>(cause));
    client.request(1).send(responseHead(200, chunked()) + dataFrame("half"));
    QVERIFY(visitor.until([&](h2::Reader& r) { return r.content(3) == "half"; }));
    client.request(1).reset(static_cast<wire::AppError>(cause));
    client.request(2).reset(static_cast<wire::AppError>(cause));
    QVERIFY(visitor.untilReset(1, static_cast<http::H2Error>(before)));
    QVERIFY(visitor.untilReset(3, static_cast<http::H2Error>(after)));
    QVERIFY(visitor.untilEnd(5));
    QCOMPARE(visitor.head(5)->field(":status"), std::string("502"));
  }

  void aVisitorIsNotBlamedForItsOriginsResets() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) { r.reset(wire::AppError::OriginEnhanceYourCalm); };
    Visitor visitor(h);
    // More than the budget for resets that a visitor provokes.
    for (std::uint32_t stream = 1; stream < 800; stream += 2) {
      visitor.peer.send(
          h2::headers(stream, request("POST", "/", {{"content-type", "application/grpc"}}), true));
      QVERIFY(visitor.untilReset(stream, http::H2Error::EnhanceYourCalm));
    }
    QVERIFY(visitor.reader.last(h2::kGoAway) == nullptr);
  }

  void callsWithoutAnAnswerGetAStatus() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    const h2::Headers type{{"content-type", "application/grpc"}};
    Visitor visitor(h, h2::headers(1, request("POST", "/", type, "nobody"), true) +
                           h2::headers(3, request("POST", "/", type), true));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("200"));
    QCOMPARE(visitor.head(1)->field("content-type"), std::string("application/grpc"));
    QCOMPARE(visitor.head(1)->field("grpc-status"), std::string("12"));
    QVERIFY(visitor.head(1)->ends());
    QVERIFY(h.untilRequests(client, 1));
    client.fail();
    QVERIFY(visitor.untilEnd(3));
    QCOMPARE(visitor.head(3)->field("grpc-status"), std::string("14"));
  }

  void aClientThatLeavesAnswersNothing() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true));
    QVERIFY(h.untilRequests(client, 1));
    client.fail();
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("503"));
    visitor.peer.send(h2::headers(3, request("GET", "/", {}, "nobody"), true));
    QVERIFY(visitor.untilEnd(3));
    QCOMPARE(visitor.head(3)->field(":status"), std::string("404"));
  }

  void anEarlyAnswerEndsTheRequest() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request("POST")) + h2::data(1, "part"));
    QVERIFY(h.untilRequests(client, 1));
    client.last().answerText(413, "enough");
    QVERIFY(visitor.untilEnd(1));
    QVERIFY(visitor.untilReset(1, http::H2Error::NoError));
    QCOMPARE(visitor.reader.content(1), std::string("enough"));
    QVERIFY(h.until([&] { return client.last().resetWith == wire::AppError::NoError; }));
    visitor.peer.send(h2::data(1, "late") + h2::headers(3, request(), true));  // crossed, and harmless
    QVERIFY(h.untilRequests(client, 2));
  }

  void webSocketsAreUpgrades() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    h2::Headers fields = request("CONNECT", "/chat", {{"sec-websocket-version", "13"}});
    fields.insert(fields.begin(), {":protocol", "websocket"});
    Visitor visitor(h, h2::headers(1, fields) + h2::data(1, "early"));
    QVERIFY(h.untilRequests(client, 1));
    QVERIFY(client.last().message.request.webSocket);
    QCOMPARE(client.last().message.request.method, std::string("GET"));
    QCOMPARE(client.last().message.body, std::string());
    client.last().send(
        responseHead(101, noBody(), {{"Sec-WebSocket-Accept", "x"}, {"Sec-WebSocket-Protocol", "chat"}}) +
        dataFrame("welcome"));
    QVERIFY(visitor.until([&](h2::Reader& r) { return r.content(1) == "welcome"; }));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("200"));
    QCOMPARE(visitor.head(1)->field("sec-websocket-accept"), std::string("(none)"));
    QCOMPARE(visitor.head(1)->field("sec-websocket-protocol"), std::string("chat"));
    QVERIFY(h.until([&] { return client.last().message.body == "early"; }));
    visitor.peer.send(h2::data(1, "bye", true));
    QVERIFY(h.until([&] { return client.last().finished; }));
    client.last().answer(dataFrame("bye, too"));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.reader.content(1), std::string("welcomebye, too"));
  }

  void successWithoutAnUpgradeIsNoAgreement() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    h2::Headers fields = request("CONNECT");
    fields.insert(fields.begin(), {":protocol", "websocket"});
    Visitor visitor(h, h2::headers(1, fields));
    QVERIFY(h.untilRequests(client, 1));
    client.last().answerText(200, "plain");
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("502"));
  }

  void windowsOpenWithTheClientsCredit() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.holdsCredit = true;
    Visitor visitor(h, h2::headers(1, request("POST")));
    QVERIFY(h.untilRequests(client, 1));
    // 1 MiB is the stream's window; the QUIC stream takes its window and its queue, then no more is given.
    const std::string piece(16384, 'x');
    for (int i = 0; i < 64; ++i) visitor.peer.send(h2::data(1, piece));
    QVERIFY(h.until([&] { return visitor.peer.queued() == 0; }));
    runTurns(*h.loop, 20);
    QVERIFY(visitor.until([](h2::Reader&) { return true; }));
    std::uint64_t given = 0;
    for (const h2::Frame& frame : visitor.reader.frames) {
      if (frame.type == h2::kWindowUpdate && frame.stream == 1) given += frame.number();
    }
    QVERIFY2(given <= 768 * 1024, QByteArray::number(static_cast<qulonglong>(given)).constData());
    visitor.peer.send(h2::headers(3, request(), true));  // others go on
    QVERIFY(h.untilRequests(client, 2));
    client.request(1).answerText(200, "fine");
    QVERIFY(visitor.untilEnd(3));
  }

  void theEndOfARequestOpensNoWindow() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.holdsCredit = true;
    Visitor visitor(h);
    const std::string piece(16384, 'x');
    constexpr std::uint32_t kRequests = 16;
    constexpr std::size_t kPieces = 64;  // as much as a stream's window takes
    std::size_t sent = 0;
    const auto credit = [&] {
      std::size_t given = 65535;
      for (const h2::Frame& frame : visitor.reader.frames) {
        if (frame.type == h2::kWindowUpdate && frame.stream == 0) given += frame.number();
      }
      return given - sent;
    };
    std::size_t pings = 0;
    const auto look = [&] {
      visitor.peer.send(h2::ping());
      ++pings;
      return visitor.until([&](h2::Reader& r) {
        return static_cast<std::size_t>(
                   std::count_if(r.frames.begin(), r.frames.end(),
                                 [](const h2::Frame& frame) { return frame.type == h2::kPing; })) == pings;
      });
    };
    std::uint32_t begun = 0;
    for (bool open = true; open && begun < kRequests; ++begun) {
      visitor.peer.send(h2::headers(2 * begun + 1, request("POST")));
      for (std::size_t i = 0; open && i < kPieces; ++i) {
        for (int turns = 0; credit() < piece.size() && turns < 20; ++turns) QVERIFY(look());
        open = credit() >= piece.size();
        if (!open) break;
        visitor.peer.send(h2::data(2 * begun + 1, piece, i + 1 == kPieces));
        sent += piece.size();
      }
    }
    QVERIFY2(sent <= std::size_t{8} << 20, QByteArray::number(static_cast<qulonglong>(sent)).constData());
    // What was given up is room for others.
    const std::size_t before = credit();
    for (std::uint32_t i = 0; i < begun; ++i) visitor.peer.send(h2::reset(2 * i + 1, 8));
    QVERIFY(visitor.until([&](h2::Reader&) { return credit() > before + (std::size_t{1} << 20); }));
  }

  void answersWaitForTheVisitorsWindow() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true), h2::settings({{4, 100}}));
    QVERIFY(h.untilRequests(client, 1));
    client.last().answerText(200, std::string(3000, 'y'));
    QVERIFY(visitor.until([](h2::Reader& r) { return r.content(1).size() == 100; }));
    visitor.peer.send(h2::windowUpdate(1, 10'000));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.reader.content(1).size(), std::size_t{3000});
  }

  void visitorsWithoutAWindowAreReset() {
    server::ServerLimits limits;
    limits.writeIdleTimeout = 300ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true), h2::settings({{4, 0}}));
    QVERIFY(h.untilRequests(client, 1));
    client.last().send(responseHead(200, chunked()) + dataFrame("never"));
    QVERIFY(visitor.untilReset(1, http::H2Error::Cancel));
    QVERIFY(h.until([&] { return client.last().stoppedWith == wire::AppError::VisitorGone; }));
  }

  void windowsThatOpenByBytesAreReset() {
    server::ServerLimits limits;
    limits.writeIdleTimeout = 300ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true) + h2::headers(3, request("GET", "/idle"), true),
                    h2::settings({{4, 0}}));
    QVERIFY(h.untilRequests(client, 2));
    client.request(0).send(responseHead(200, chunked()) + dataFrame(std::string(5000, 'x')));
    client.request(1).send(responseHead(200, chunked()));
    net::Timer drip(*h.loop, [&] {
      visitor.peer.send(h2::windowUpdate(1, 1));
      drip.start(20ms);
    });
    drip.start(20ms);
    QVERIFY(visitor.untilReset(1, http::H2Error::Cancel));
    QVERIFY(visitor.reader.content(1).size() > 3);
    QVERIFY(h.until([&] { return client.request(0).stoppedWith == wire::AppError::VisitorGone; }));
    QVERIFY(!visitor.resetCode(3));  // nothing waits for it
  }

  void bodiesThatStopAreAnswered() {
    server::ServerLimits limits;
    limits.bodyIdleTimeout = 300ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request("POST")) +
                           h2::headers(3, request("POST", "/", {{"content-type", "application/grpc"}})));
    QVERIFY(h.untilRequests(client, 2));
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.head(1)->field(":status"), std::string("408"));
    QVERIFY(visitor.head(3) == nullptr);  // a call may be silent
    QVERIFY(!visitor.resetCode(3));
  }

  void silenceEndsTheConnection() {
    server::ServerLimits limits;
    limits.headTimeout = 200ms;
    limits.keepAliveTimeout = 300ms;
    ServerHarness h(limits);
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) { r.answerText(200, "ok"); };
    Visitor silent(h);
    QVERIFY(h.until([&] { return silent.peer.gone(); }));
    Visitor half(h, h2::headers(1, request(), true) + h2::frame(h2::kHeaders, 0, 3, ""));
    QVERIFY(half.until([](h2::Reader& r) { return r.last(h2::kGoAway) != nullptr; }));
    QCOMPARE(half.reader.last(h2::kGoAway)->number(4),
             static_cast<std::uint32_t>(http::H2Error::EnhanceYourCalm));
    Visitor idle(h, h2::headers(1, request(), true));
    QVERIFY(idle.untilEnd(1));
    QVERIFY(idle.until([](h2::Reader& r) { return r.last(h2::kGoAway) != nullptr; }));
    QCOMPARE(idle.reader.last(h2::kGoAway)->number(4), std::uint32_t{0});
    QVERIFY(h.until([&] { return idle.peer.gone(); }));
  }

  void theSettingsMustBeAcknowledged() {
    server::ServerLimits limits;
    limits.headTimeout = 200ms;
    ServerHarness h(limits);
    h.addClient();
    RawPeer& peer =
        h.visit(std::string(http::kH2PrefaceText) + h2::settings() + h2::headers(1, request(), true));
    h2::Reader reader;
    reader.sawPreface = true;
    QVERIFY(h.until([&] {
      reader.feed(peer.received);
      peer.received.clear();
      return reader.last(h2::kGoAway) != nullptr;
    }));
    QCOMPARE(reader.last(h2::kGoAway)->number(4), static_cast<std::uint32_t>(http::H2Error::SettingsTimeout));
  }

  void thePrefaceMayComeByteByByte() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    RawPeer& peer = h.visit();
    const std::string bytes = std::string(http::kH2PrefaceText) + h2::settings() + h2::settingsAck() +
                              h2::headers(1, request(), true);
    for (const char c : bytes) {
      peer.send({&c, 1});
      h.loop->runOnce();
    }
    QVERIFY(h.untilRequests(client, 1));
  }

  void whatIsNoPrefaceIsHttp1() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    client.serve = [](ServedRequest& r) { r.answerText(200, r.message.request.method); };
    RawPeer& propfind = h.visit("PR");
    runTurns(*h.loop, 5);
    propfind.send("OPFIND / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    QVERIFY(h.until([&] { return propfind.has("PROPFIND") && propfind.has("200 OK"); }));
    RawPeer& other = h.visit("PRI * HTTP/2.0\r\n\r\nXX");
    QVERIFY(h.until([&] { return other.has("HTTP/1.1 ") && other.ended; }));
    // Not behind another request either.
    RawPeer& late = h.visit(get("shop") + std::string(http::kH2PrefaceText));
    QVERIFY(h.until([&] { return late.has("200 OK") && late.ended; }));
  }

  void connectionsAndStreamsFindTheirWorkers() {
    ServerHarness h({}, 4);
    constexpr int kTunnels = 8;
    for (int i = 0; i < kTunnels; ++i) {
      FakeClient& client =
          h.addClient({nullptr, "token", {{1, wire::TunnelKind::Http, "t" + std::to_string(i)}}});
      client.serve = [i](ServedRequest& r) {
        r.answerText(
            200, std::to_string(i) + r.message.request.target + " " + std::to_string(r.message.body.size()));
      };
    }
    for (int first = 0; first < kTunnels; ++first) {
      std::string bytes;
      for (int i = 0; i < 2 * kTunnels; ++i) {
        const auto stream = static_cast<std::uint32_t>(2 * i + 1);
        const std::string name = "t" + std::to_string((first + i) % kTunnels);
        bytes += h2::headers(stream, request("POST", "/" + std::to_string(i), {}, name)) +
                 h2::data(stream, std::string(5000, 'b'), true);
      }
      Visitor visitor(h, bytes);
      for (int i = 0; i < 2 * kTunnels; ++i) {
        const auto stream = static_cast<std::uint32_t>(2 * i + 1);
        QVERIFY(visitor.untilEnd(stream));
        QCOMPARE(visitor.reader.content(stream),
                 std::to_string((first + i) % kTunnels) + "/" + std::to_string(i) + " 5000");
      }
    }
  }
};

QTEST_GUILESS_MAIN(H2VisitorTest)
#include "h2_visitor_test.moc"

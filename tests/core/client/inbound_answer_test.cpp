// SPDX-License-Identifier: Apache-2.0
// An answer's way from the origin to the stream.
#include <QTest>

#include "tests/core/support/request_harness.h"

using namespace adit;
using namespace adit::test;

namespace {

// The example of RFC 6455 section 1.3.
constexpr std::string_view kUpgraded =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
RequestSpec webSocketRequest() {
  return {.fields = {{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}},
          .webSocket = true};
}

/// A request without content whose head the origin has.
struct Asked {
  RequestHarness h;
  bool ready = false;
  explicit Asked(const RequestSpec& spec = {}, bool fin = true) {
    h.begin().deliver(RequestHarness::head(spec), fin);
    ready = h.origin.waitFor(1) && h.until([&] { return h.origin[0].has("\r\n\r\n"); });
  }
  RawPeer& origin() { return h.origin[0]; }
  FakeStream& stream() { return h.stream(); }
  bool over() {
    return h.until([&] { return h.recycled == 1; });
  }
  [[nodiscard]] std::size_t idle() const { return h.tunnel->origins->idleCount(); }
};

}  // namespace

class InboundAnswerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void relays_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("body");
    QTest::addColumn<int>("framing");
    QTest::addColumn<bool>("reused");
    const auto row = [](const char* name, const char* method, const char* text, int status, const char* body,
                        http::BodyFraming framing, bool reused) {
      QTest::newRow(name) << method << text << status << body << static_cast<int>(framing) << reused;
    };
    using F = http::BodyFraming;
    row("length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", F::Length, true);
    row("no content", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", F::Length, true);
    row("chunked", "GET",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", 200,
        "hello", F::Chunked, true);
    row("204", "DELETE", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", F::None, true);
    row("304", "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n", 304, "",
        F::None, true);
    row("HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", F::None, true);
    row("asks to close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", 200,
        "hi", F::Length, false);
    row("HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", F::Length, false);
    row("more than an answer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200", 200, "hi",
        F::Length, false);
    row("more after chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", 200,
        "", F::Chunked, false);
    row("more after a 204", "GET", "HTTP/1.1 204 No Content\r\n\r\nx", 204, "", F::None, false);
  }
  void relays() {
    QFETCH(QString, method);
    QFETCH(QString, text);
    QFETCH(int, status);
    QFETCH(QString, body);
    QFETCH(int, framing);
    QFETCH(bool, reused);
    for (const bool inPieces : {false, true}) {
      if (inPieces && !reused) continue;
      Asked a({.method = method.toStdString()});
      QVERIFY(a.ready);
      if (inPieces) {
        for (const char c : text.toStdString()) {
          a.origin().send({&c, 1});
          runTurns(a.h.loop(), 2);
        }
      } else {
        a.origin().send(text.toStdString());
      }
      QVERIFY(a.over());
      QVERIFY(a.stream().finished);
      QVERIFY(!a.stream().resetWith);
      QVERIFY(!a.stream().stoppedWith);
      const Message answer = a.h.answer();
      QVERIFY(answer.wellFormed);
      QCOMPARE(static_cast<int>(answer.status), status);
      QCOMPARE(QString::fromStdString(answer.body), body);
      QCOMPARE(static_cast<int>(answer.framing.body), framing);
      QCOMPARE(a.idle(), std::size_t{reused ? 1U : 0U});
      QCOMPARE(a.h.tunnel->traffic->read().failures, std::uint64_t{0});
    }
  }

  void joinsSmallChunks() {
    Asked a;
    QVERIFY(a.ready);
    std::string chunks;
    for (int i = 0; i < 500; ++i) chunks += "1\r\nx\r\n";
    a.origin().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().body, std::string(500, 'x'));
    // How the bytes arrive is the system's choice; a frame for each would be 1,500 bytes and the head.
    QVERIFY2(a.stream().sent.size() < 700, std::to_string(a.stream().sent.size()).c_str());
  }

  void relaysUntilTheOriginCloses() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 200 OK\r\n\r\npart one, ");
    QVERIFY(a.h.until([&] { return a.h.answer().body == "part one, "; }));
    QVERIFY(!a.stream().finished);
    a.origin().send("part two");
    a.origin().finish();
    QVERIFY(a.over());
    QVERIFY(a.stream().finished);
    QCOMPARE(a.h.answer().body, std::string("part one, part two"));
    QCOMPARE(a.h.answer().framing.body, http::BodyFraming::Chunked);
    QCOMPARE(a.idle(), std::size_t{0});
  }

  void keepsTheLengthThatAHeadRequestAskedFor() {
    Asked a({.method = "HEAD"});
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().field("content-length"), std::string("12345"));
  }

  void takesOutWhatSpeaksOfOneHop() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send(
        "HTTP/1.1 200 OK\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: "
        "timeout=5\r\nSet-Cookie: a=1\r\n"
        "Set-Cookie: b=2\r\nContent-Length: 0\r\n\r\n");
    QVERIFY(a.over());
    const Message answer = a.h.answer();
    QCOMPARE(answer.field("x-hop"), std::string("(none)"));
    QCOMPARE(answer.field("keep-alive"), std::string("(none)"));
    QCOMPARE(std::count_if(answer.fields.begin(), answer.fields.end(),
                           [](const auto& f) { return f.first == "Set-Cookie"; }),
             2);
  }

  void passesInterimAnswersAndTrailers() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 "
        "OK\r\nTransfer-");
    a.h.settle();
    a.origin().send("Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\n");
    QVERIFY(a.over());
    const Message answer = a.h.answer();
    QCOMPARE(answer.interim, (std::vector<std::uint16_t>{103, 102}));
    QCOMPARE(answer.status, std::uint16_t{200});
    QCOMPARE(answer.body, std::string("x"));
    QCOMPARE(answer.trailing, (Fields{{"X-Sum", "1"}}));
    QCOMPARE(a.idle(), std::size_t{1});
  }

  void breaksBeforeTheHead_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("silence") << QByteArray();
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nConte");
    QTest::newRow("another protocol") << QByteArray("SSH-2.0-OpenSSH\r\n\r\n");
    QTest::newRow("two lengths") << QByteArray(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
    QTest::newRow("length and chunks")
        << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n");
    QTest::newRow("101 unasked") << QByteArray(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    QTest::newRow("only interim") << QByteArray("HTTP/1.1 103 Early Hints\r\n\r\n");
    QTest::newRow("a large head") << QByteArray("HTTP/1.1 200 OK\r\nX: ") + QByteArray(60'000, 'x');
    QByteArray many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 300; ++i) many += "X: 1\r\n";
    QTest::newRow("many fields") << many + "\r\n";
  }
  void breaksBeforeTheHead() {
    QFETCH(QByteArray, text);
    Asked a;
    QVERIFY(a.ready);
    a.origin().send(text.toStdString());
    a.origin().finish();
    QVERIFY(a.over());
    QVERIFY(a.stream().finished);
    QVERIFY(!a.stream().resetWith);
    QCOMPARE(a.h.answer().status, std::uint16_t{502});
    QVERIFY(!a.h.answer().body.empty());
    QCOMPARE(a.idle(), std::size_t{0});
    QCOMPARE(a.h.tunnel->traffic->read().failures, std::uint64_t{1});
    QVERIFY(a.h.until([&] { return a.origin().gone(); }));
  }

  void breaksAfterTheHead_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("cut");
    QTest::newRow("too short") << "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello" << false;
    QTest::newRow("cut") << "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello" << true;
    QTest::newRow("cut until close") << "HTTP/1.1 200 OK\r\n\r\nhello" << true;
    QTest::newRow("chunks end") << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel" << false;
    QTest::newRow("chunks are garbage")
        << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX" << false;
  }
  void breaksAfterTheHead() {
    QFETCH(QString, text);
    QFETCH(bool, cut);
    Asked a;
    QVERIFY(a.ready);
    a.origin().send(text.toStdString());
    a.h.until([&] { return a.h.answer().hasHead; });
    if (cut) {
      a.origin().abort();
    } else {
      a.origin().finish();
    }
    QVERIFY(a.over());
    // A visitor must not take half an answer for a whole one.
    QVERIFY(!a.stream().finished);
    QVERIFY(a.stream().resetWith == wire::AppError::OriginBroken);
    QCOMPARE(a.idle(), std::size_t{0});
    QCOMPARE(a.h.tunnel->traffic->read().failures, std::uint64_t{1});
  }

  void anEarlyAnswerStopsTheSending() {
    Asked a({.method = "POST", .framing = lengthOf(1'000'000)}, false);
    QVERIFY(a.ready);
    a.stream().deliver(dataFrame(std::string(1000, 'x')));
    a.origin().send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    QVERIFY(a.over());
    QVERIFY(a.stream().finished);
    QCOMPARE(a.h.answer().status, std::uint16_t{413});
    QVERIFY(a.stream().stoppedWith == wire::AppError::NoError);
    QCOMPARE(a.idle(), std::size_t{0});  // its input is in the middle of a request
    // What still arrives is credited, so that the connection's window does not leak away.
    a.stream().deliver(dataFrame("late"));
    QCOMPARE(a.stream().consumed, a.stream().delivered);
  }

  void aSlowVisitorPausesTheOrigin() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n");
    QVERIFY(a.h.until([&] { return a.h.answer().hasHead; }));
    a.stream().unsent = transport::kSendHighWater;
    a.origin().send(std::string(4'000'000, 'y'));
    a.h.settle();
    const std::size_t held = a.stream().sent.size();
    QVERIFY2(held < 600'000, qPrintable(QString::number(held)));
    a.h.settle();
    QCOMPARE(a.stream().sent.size(), held);
    a.stream().unsent = 0;
    a.stream().deliverWritable();
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().body.size(), std::size_t{4'000'000});
    QCOMPARE(a.idle(), std::size_t{1});
  }

  void whenTheBudgetIsSpentAnswersStopEarly() {
    Asked a;
    QVERIFY(a.ready);
    std::vector<Slab*> others;  // what other answers hold
    for (std::size_t i = 0; i < RequestHarness::kBudgetSlabs; ++i)
      others.push_back(a.h.loop().slabs().acquire());
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n");
    QVERIFY(a.h.until([&] { return a.h.answer().hasHead; }));
    a.stream().unsent = client::AnswerBudget::kShare;
    a.origin().send(std::string(4'000'000, 'y'));
    a.h.settle();
    const std::size_t held = a.stream().sent.size();
    QVERIFY2(held <= 2 * client::AnswerBudget::kShare, qPrintable(QString::number(held)));
    QCOMPARE(a.h.loop().mostPerRead(), client::AnswerBudget::kShare);  // nor does a socket hold more
    // It goes on as soon as that has left, a little at a time.
    QCOMPARE(a.stream().writableAt, client::AnswerBudget::kShare / 2);
    a.stream().deliverWritable();
    QVERIFY(a.h.until([&] { return a.stream().sent.size() > held; }));
    a.h.settle();
    QVERIFY(a.stream().sent.size() <= held + 2 * client::AnswerBudget::kShare);
    for (Slab* each : others) SlabPool::release(each);
    a.stream().unsent = 0;
    a.stream().deliverWritable();
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().body.size(), std::size_t{4'000'000});
    QVERIFY(a.h.loop().mostPerRead() > 1'000'000);
  }

  void anAnswerThatTheVisitorAbandonsCutsTheOrigin() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    QVERIFY(a.h.until([&] { return a.h.answer().body == "hello"; }));
    a.stream().deliverStop(wire::AppError::VisitorGone);
    QCOMPARE(a.h.recycled, 1);
    QVERIFY(a.h.until([&] { return a.origin().failed; }));
    QCOMPARE(a.h.tunnel->traffic->read().failures, std::uint64_t{0});  // the visitor's choice
  }

  void garbageBehindAnAnswerEndsTheIdleConnection() {
    Asked a;
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    QVERIFY(a.over());
    QCOMPARE(a.idle(), std::size_t{1});
    a.origin().send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    QVERIFY(a.h.until([&] { return a.idle() == 0; }));
    a.h.ask({.target = "/next"});
    QVERIFY(a.h.origin.waitFor(2));
    QVERIFY(a.h.until([&] { return a.h.origin[1].has("/next"); }));
    a.h.origin[1].send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell");
    QVERIFY(a.h.until([&] { return a.h.recycled == 2; }));
    QCOMPARE(a.h.answer().body, std::string("well"));
  }

  void anUpgradeCarriesBytesBothWays() {
    Asked a(webSocketRequest(), false);
    QVERIFY(a.ready);
    a.origin().received.clear();
    a.origin().send(std::string(kUpgraded) + "first");
    QVERIFY(a.h.until([&] { return a.h.answer().body == "first"; }));
    QCOMPARE(a.h.answer().status, std::uint16_t{101});
    QCOMPARE(a.h.answer().field("sec-websocket-accept"), std::string("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    a.stream().deliver(dataFrame("to the origin"));
    QVERIFY(a.h.until([&] { return a.origin().received == "to the origin"; }));
    QVERIFY(a.h.until([&] { return a.stream().consumed == a.stream().delivered; }));
    // One direction ends, the other goes on.
    a.stream().deliver(dataFrame(", last"), true);
    QVERIFY(a.h.until([&] { return a.origin().ended; }));
    QCOMPARE(a.origin().received, std::string("to the origin, last"));
    a.origin().send(" reply");
    QVERIFY(a.h.until([&] { return a.h.answer().body == "first reply"; }));
    QCOMPARE(a.h.recycled, 0);
    a.origin().finish();
    QVERIFY(a.over());
    QVERIFY(a.stream().finished);
    QVERIFY(!a.stream().resetWith);
    QCOMPARE(a.h.tunnel->traffic->read().failures, std::uint64_t{0});
  }

  void anOriginThatEndsAnUpgradeFirstStillGetsTheLastBytes() {
    Asked a(webSocketRequest(), false);
    QVERIFY(a.ready);
    a.origin().received.clear();
    a.origin().send(kUpgraded);
    a.origin().finish();
    QVERIFY(a.h.until([&] { return a.stream().finished; }));
    QCOMPARE(a.h.recycled, 0);
    a.stream().deliver(dataFrame("farewell"), true);
    QVERIFY(a.over());
    QVERIFY(a.h.until([&] { return a.origin().ended; }));
    QCOMPARE(a.origin().received, std::string("farewell"));
    QVERIFY(!a.stream().resetWith);
  }

  void aVisitorThatHalfClosedBeforeTheUpgradeIsSeenByTheOrigin() {
    Asked a(webSocketRequest(), true);
    QVERIFY(a.ready);
    a.origin().send(kUpgraded);
    QVERIFY(a.h.until([&] { return a.origin().ended; }));
    a.origin().finish();
    QVERIFY(a.over());
  }

  void anOriginMayDeclineAnUpgrade() {
    Asked a(webSocketRequest(), false);
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().status, std::uint16_t{403});
    QCOMPARE(a.h.answer().body, std::string("no"));
    QVERIFY(a.stream().finished);
  }

  void anUpgradeThatWasNotAskedForIsNone_data() {
    QTest::addColumn<QString>("fields");
    QTest::newRow("no proof") << "Upgrade: websocket\r\n";
    QTest::newRow("another's proof") << "Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n";
    QTest::newRow("another protocol")
        << "Upgrade: h2c\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    QTest::newRow("no protocol") << "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    QTest::newRow("an extension")
        << "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
           "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  }
  void anUpgradeThatWasNotAskedForIsNone() {
    QFETCH(QString, fields);
    Asked a(webSocketRequest(), false);
    QVERIFY(a.ready);
    a.origin().send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + fields.toStdString() +
                    "\r\nbytes");
    QVERIFY(a.over());
    QCOMPARE(a.h.answer().status, std::uint16_t{502});
    QVERIFY(a.h.answer().body.find("bytes") == std::string::npos);
    QVERIFY(a.h.until([&] { return a.origin().gone(); }));
  }

  void aCutUpgradeIsReset() {
    Asked a(webSocketRequest(), false);
    QVERIFY(a.ready);
    a.origin().send(kUpgraded);
    QVERIFY(a.h.until([&] { return a.h.answer().hasHead; }));
    a.origin().abort();
    QVERIFY(a.over());
    QVERIFY(a.stream().resetWith == wire::AppError::OriginBroken);
  }

  void oneObjectServesManyRequests() {
    RequestHarness h;
    for (int i = 0; i < 20; ++i) {
      const std::string path = "/" + std::to_string(i);
      h.ask({.target = path});
      QVERIFY(h.origin.waitFor(1));
      QVERIFY(h.until([&] { return h.origin[0].has("GET " + path + " HTTP"); }));
      h.origin[0].received.clear();
      const std::string body = "answer " + path;
      h.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                       body);
      QVERIFY(h.until([&] { return h.recycled == i + 1; }));
      QCOMPARE(h.answer().body, body);
    }
    QCOMPARE(h.origin.count(), std::size_t{1});
  }
};

QTEST_APPLESS_MAIN(InboundAnswerTest)
#include "inbound_answer_test.moc"

// SPDX-License-Identifier: Apache-2.0
// A visitor's HTTP/1.1 connection without a worker: what it asks of each of its services, and that it keeps
// nothing when it is over.
#include <QTest>

#include "core/server/h2_visitor.h"
#include "tests/core/support/visitor_world.h"

using namespace adit;
using namespace adit::test;

namespace {
std::string get(std::string_view host, std::string_view path = "/", std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" + std::string(more) +
         "\r\n";
}
}  // namespace

class VisitorAloneTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void relaysARequest() {
    VisitorWorld world;
    const auto wire = world.visit(get("shop.localhost", "/a"));
    QCOMPARE(world.opened.size(), std::size_t{1});
    QCOMPARE(world.request().request.target, std::string("/a"));
    QCOMPARE(world.request().field("cdn-loop"), std::string("adit-test"));
    QVERIFY(world.stream().finished);
    QCOMPARE(world.load->active(), 1U);
    world.stream().deliver(responseHead(200, lengthOf(2)) + dataFrame("ok"), true);
    QCOMPARE(wire->queued, std::string("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                                       "Via: 1.1 adit\r\nContent-Length: 2\r\n\r\nok"));
    QCOMPARE(world.load->active(), 0U);
    QVERIFY(!wire->closed);
  }

  // A tunnel or a visitor that writes byte by byte must not cost those beside it a frame and a chunk for
  // each.
  void joinsSmallPiecesOfAnAnswer() {
    VisitorWorld world;
    const auto wire = world.visit(get("shop.localhost"));
    std::string frames = responseHead(200, chunked());
    for (int i = 0; i < 1000; ++i) frames += dataFrame("x");
    frames += dataFrame(std::string(300, 'y')) + dataFrame("z");
    world.stream().deliver(frames, true);
    QVERIFY2(wire->queued.ends_with("\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n12c\r\n" +
                                    std::string(300, 'y') + "\r\n1\r\nz\r\n0\r\n\r\n"),
             wire->queued.c_str());
    QCOMPARE(world.load->active(), 0U);
  }

  void passesSmallPiecesBeforeAnAnswerBreaks() {
    VisitorWorld world;
    const auto wire = world.visit(get("shop.localhost"));
    world.stream().deliver(responseHead(200, lengthOf(9)) + dataFrame("ab") + dataFrame("c"));
    QVERIFY2(wire->queued.ends_with("\r\n\r\nabc"), wire->queued.c_str());
    world.stream().deliver(dataFrame("d") + dataFrame("more than was announced"));
    QVERIFY(wire->closed);
  }

  void joinsSmallPiecesOfABody() {
    VisitorWorld world;
    std::string chunks;
    for (int i = 0; i < 1000; ++i) chunks += "1\r\nx\r\n";
    world.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                "0\r\n\r\n");
    QCOMPARE(world.request().body, std::string(1000, 'x'));
    QVERIFY(world.stream().finished);
    QVERIFY2(world.stream().sent.ends_with(dataFrame(std::string(1000, 'x'))), world.stream().sent.c_str());
  }

  void tellsItsHostWhenItIsOver() {
    VisitorWorld world;
    const auto wire = world.visit(get("shop.localhost"));
    wire->breakOff();
    QVERIFY(wire->closed);
    QCOMPARE(world.visitorCount(), std::size_t{0});
    QVERIFY(world.stream().resetWith == wire::AppError::VisitorGone);
    QCOMPARE(world.load->active(), 0U);
  }

  void answersWhatATunnelRefuses_data() {
    QTest::addColumn<int>("refusal");
    QTest::addColumn<QByteArray>("status");
    QTest::newRow("overloaded") << static_cast<int>(wire::AppError::Overloaded) << QByteArray("503 Service");
    QTest::newRow("draining") << static_cast<int>(wire::AppError::Draining) << QByteArray("503 Service");
    QTest::newRow("unknown tunnel") << static_cast<int>(wire::AppError::TunnelUnknown)
                                    << QByteArray("503 Service");
  }
  void answersWhatATunnelRefuses() {
    QFETCH(int, refusal);
    QFETCH(QByteArray, status);
    VisitorWorld world;
    world.refusal = static_cast<wire::AppError>(refusal);
    const auto wire = world.visit(get("shop.localhost"));
    QVERIFY2(wire->queued.starts_with("HTTP/1.1 " + status.toStdString()), wire->queued.c_str());
    QVERIFY(!wire->finished);
    world.refusal = wire::AppError::NoError;
    wire->take();
    wire->deliver(*world.loop, get("shop.localhost", "/again"));
    QCOMPARE(world.request().request.target, std::string("/again"));
  }

  void givesWayOnlyWhileItsContentIsDue_data() {
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("interim");
    QTest::addColumn<bool>("answered");
    QTest::addColumn<bool>("soon");    // within seconds
    QTest::addColumn<bool>("atLast");  // within the time that a pause may take
    const QByteArray length("Content-Length: 10\r\n"), chunked("Transfer-Encoding: chunked\r\n");
    const QByteArray asks("Expect: 100-continue\r\n"), call("Content-Type: application/grpc-web\r\n");
    QTest::newRow("nothing came") << length << QByteArray() << QByteArray() << false << true << true;
    QTest::newRow("nothing came, chunked")
        << chunked << QByteArray() << QByteArray() << false << true << true;
    QTest::newRow("some came") << length << QByteArray("12345") << QByteArray() << false << false << true;
    QTest::newRow("some came, chunked")
        << chunked << QByteArray("1\r\na\r\n") << QByteArray() << false << false << true;
    QTest::newRow("all came") << length << QByteArray("1234567890") << QByteArray() << false << false
                              << false;
    QTest::newRow("answered") << length << QByteArray() << QByteArray() << true << false << false;
    QTest::newRow("a call") << chunked + call << QByteArray() << QByteArray() << false << false << false;
    QTest::newRow("an idle call") << chunked + call << QByteArray("1\r\na\r\n") << QByteArray() << false
                                  << false << false;
    QTest::newRow("kept back") << length + asks << QByteArray() << QByteArray() << false << false << false;
    QTest::newRow("told to go on") << length + asks << QByteArray() << QByteArray("100") << false << true
                                   << true;
  }
  void givesWayOnlyWhileItsContentIsDue() {
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, interim);
    QFETCH(bool, answered);
    QFETCH(bool, soon);
    QFETCH(bool, atLast);
    VisitorWorld world;
    const auto wire =
        world.visit("POST / HTTP/1.1\r\nHost: shop.localhost\r\n" + fields.toStdString() + "\r\n");
    QCOMPARE(world.opened.size(), std::size_t{1});
    if (!content.isEmpty()) wire->deliver(*world.loop, content.toStdString());
    if (!interim.isEmpty())
      world.stream().deliver(responseHead(100, noBody(), {}, wire::FrameType::InterimHead));
    if (answered) world.stream().deliver(responseHead(200, lengthOf(2)));
    const Timestamp now = world.loop->now();
    QCOMPARE(world.load->makeRoom(now + std::chrono::seconds(5)), soon);
    if (!soon) QCOMPARE(world.load->makeRoom(now + std::chrono::hours(1)), atLast);
    QCOMPARE(world.load->active(), atLast ? 0U : 1U);
    QCOMPARE(wire->queued.find("HTTP/1.1 503 ") != std::string::npos, atLast);
  }

  void movesWithAllThatWasRead() {
    VisitorWorld world;
    const auto wire = world.visit();
    wire->unread = "and more";
    const std::string request = "POST / HTTP/1.1\r\nHost: far.localhost\r\nContent-Length: 20\r\n\r\nbody";
    wire->deliver(*world.loop, request);
    QCOMPARE(world.moved.size(), std::size_t{1});
    QCOMPARE(world.moved[0].first, 1U);
    const server::VisitorArrival& arrival = world.moved[0].second;
    QCOMPARE(arrival.received, request + "and more");
    QCOMPARE(arrival.factory, &server::VisitorConnection::factory());
    QCOMPARE(arrival.peer, net::SocketAddress::loopback4(9));
    QCOMPARE(world.visitorCount(), std::size_t{0});
    QVERIFY(!wire->closed);
    QCOMPARE(world.opened.size(), std::size_t{0});
  }

  void movesOnlyWhenItsLastAnswerHasLeft() {
    VisitorWorld world;
    const auto wire = world.visit(get("shop.localhost"));
    world.stream().deliver(responseHead(200, lengthOf(2)) + dataFrame("ok"), true);
    wire->deliver(*world.loop, get("far.localhost", "/b"));
    QCOMPARE(world.moved.size(), std::size_t{0});
    wire->take();
    QCOMPARE(world.moved.size(), std::size_t{1});
    QCOMPARE(world.moved[0].second.received, get("far.localhost", "/b"));
  }

  void becomesHttp2ByItsPreface() {
    VisitorWorld world;
    const std::string preface = std::string(http::kH2PrefaceText) + "settings";
    const auto wire = world.visit(std::string_view(preface).substr(0, 10));
    QCOMPARE(world.adopted.size(), std::size_t{0});
    wire->deliver(*world.loop, std::string_view(preface).substr(10));
    QCOMPARE(world.adopted.size(), std::size_t{1});
    QCOMPARE(world.adopted[0].received, preface);
    QCOMPARE(world.adopted[0].factory, &server::H2Visitor::factory());
    QCOMPARE(world.visitorCount(), std::size_t{0});
  }

  void closesAfterTheAnswerWhileDraining() {
    VisitorWorld world;
    world.draining = true;
    const auto wire = world.visit(get("shop.localhost"));
    world.stream().deliver(responseHead(200, lengthOf(2)) + dataFrame("ok"), true);
    QVERIFY(wire->queued.find("Connection: close\r\n") != std::string::npos);
    QVERIFY(wire->finished);
  }

  void usesANewConfigurationFromTheNextTurnOn() {
    VisitorWorld world;
    server::ServerConfig next = *world.config.current();
    next.redirectPort = 8443;
    world.config.publish(next);
    world.turn();
    const auto wire = world.visit(get("shop.localhost", "/x"));
    QVERIFY2(wire->queued.find("Location: https://shop.localhost:8443/x\r\n") != std::string::npos,
             wire->queued.c_str());
  }
};

QTEST_GUILESS_MAIN(VisitorAloneTest)
#include "visitor_alone_test.moc"

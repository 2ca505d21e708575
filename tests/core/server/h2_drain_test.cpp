// SPDX-License-Identifier: Apache-2.0
// What becomes of HTTP/2 visitors' requests when the server leaves.
#include <QTest>

#include "tests/core/support/h2_server_visitor.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;
using h2::request;
using h2::Visitor;

class H2DrainTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatCrossesADrainMayBeAskedElsewhere() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request("GET", "/slow"), true));
    QVERIFY(h.untilRequests(client, 1));
    h.server->drain(10s, [] {});
    QVERIFY(visitor.until([](h2::Reader& r) { return r.last(h2::kGoAway) != nullptr; }));
    // It has not seen the notice yet: a page would be taken for the tunnel's answer.
    visitor.peer.send(h2::headers(3, request("POST", "/", {}, "shop"), true));
    QVERIFY(visitor.untilReset(3, http::H2Error::RefusedStream));
    client.last().answerText(200, "late");
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(client.requestCount(), std::size_t{1});
  }

  void drainingAnswersWhatWasAsked() {
    ServerHarness h;
    FakeClient& client = h.addClient();
    Visitor visitor(h, h2::headers(1, request(), true));
    Visitor idle(h);
    QVERIFY(h.untilRequests(client, 1));
    std::atomic<bool> drained = false;
    h.server->drain(10s, [&] { drained = true; });
    QVERIFY(visitor.until([](h2::Reader& r) { return r.last(h2::kGoAway) != nullptr; }));
    QCOMPARE(visitor.reader.last(h2::kGoAway)->number(4), std::uint32_t{0});
    client.last().answerText(200, "late");
    QVERIFY(visitor.untilEnd(1));
    QCOMPARE(visitor.reader.content(1), std::string("late"));
    QVERIFY(h.until([&] { return visitor.peer.gone() && idle.peer.gone(); }));
    visitor.peer.close();
    idle.peer.close();
    QVERIFY(h.until([&] { return drained.load(); }));
  }
};

QTEST_GUILESS_MAIN(H2DrainTest)
#include "h2_drain_test.moc"

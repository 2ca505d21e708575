// SPDX-License-Identifier: Apache-2.0
// A tunnel that exists gets another target, other options or another name.
#include <QTest>

#include "tests/core/support/engine_harness.h"

using namespace adit;
using namespace adit::engine;
using namespace adit::test;

class EngineChangeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void newRequestsGoTheNewWayAndOldOnesEndAsTheyBegan() {
    EngineHarness h;
    TinyOrigin other(*h.loop);
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    QVERIFY(h.answers(url, "/idle"));  // leaves an idle connection behind
    h.origin.holds = true;
    RawPeer& held = h.visit(url, "/held");
    QVERIFY(h.until([&] { return h.origin.waiting() == 1; }));

    QVERIFY(engine->changeTunnel(*id, {"shop", other.target(), {.hostHeader = "target"}}));
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->spec.target == other.target(); }));
    const auto changed = EngineHarness::find(*engine, *id);
    QVERIFY(changed->state == TunnelState::Online);
    QCOMPARE(changed->url, url);
    QCOMPARE(changed->spec.origin.hostHeader, std::string("target"));
    RawPeer& visitor = h.visit(url, "/new");
    QVERIFY(h.until([&] {
      other.serve();
      return visitor.received.ends_with("path /new;");
    }));
    QCOMPARE(other.served, std::size_t{1});
    QVERIFY(!held.has("\r\n\r\n"));

    h.origin.holds = false;
    QVERIFY(h.until([&] { return held.received.ends_with("path /held;"); }));
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->traffic.active == 0; }));
    QCOMPARE(EngineHarness::find(*engine, *id)->traffic.requests, std::uint64_t{3});
    // Nothing uses the old way any more: its connections are given up.
    QVERIFY(h.until([&] { return h.origin.allGone(); }));
  }

  void anotherNameIsAnotherAddress() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string before = EngineHarness::find(*engine, *id)->url;
    QVERIFY(engine->changeTunnel(*id, {"Store", h.origin.target()}));
    QVERIFY(h.until([&] {
      const auto tunnel = EngineHarness::find(*engine, *id);
      return tunnel->state == TunnelState::Online && tunnel->url.starts_with("http://store.");
    }));
    QCOMPARE(EngineHarness::find(*engine, *id)->name, std::string("store"));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/"));
    QCOMPARE(h.status(before), std::string("404"));
  }

  void aChosenNameIsToldAndStays() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const auto before = *EngineHarness::find(*engine, *id);
    QVERIFY(!before.name.empty());
    QVERIFY(before.url.starts_with("http://" + before.name + "."));
    for (const std::string& name : {std::string(), before.name}) {
      QVERIFY(engine->changeTunnel(*id, {name, h.origin.target(), {.hostHeader = "a.example"}}));
      QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->spec.name == name; }));
      QVERIFY(EngineHarness::find(*engine, *id)->state == TunnelState::Online);
      QCOMPARE(EngineHarness::find(*engine, *id)->url, before.url);
      QVERIFY(h.answers(before.url, "/"));
    }
  }

  void aRefusedTunnelIsAskedForAgain() {
    EngineHarness h;
    auto engine = h.start();
    const auto first = engine->addTunnel({"shop", h.origin.target()});
    const auto second = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *second, TunnelState::Failed));
    QVERIFY(engine->changeTunnel(*second, {"store", h.origin.target()}));
    QVERIFY(h.reaches(*engine, *second, TunnelState::Online));
    QVERIFY(!EngineHarness::find(*engine, *second)->hasError);
    QVERIFY(EngineHarness::find(*engine, *first)->state == TunnelState::Online);
  }

  void aStoppedTunnelStaysStopped() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", "1"}, false);
    QVERIFY(engine->changeTunnel(*id, {"store", h.origin.target()}));
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->name == "store"; }));
    QVERIFY(EngineHarness::find(*engine, *id)->state == TunnelState::Stopped);
    engine->startTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/"));
  }

  void whatCannotBeChangesNothing() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const auto refused = [&](const TunnelSpec& spec) {
      const auto changed = engine->changeTunnel(*id, spec);
      return !changed.has_value();
    };
    QVERIFY(refused({"shop", "70000"}));
    QVERIFY(refused({"-", h.origin.target()}));
    QVERIFY(refused({"shop", "3000", {.insecure = true}}));
    QVERIFY(refused({"shop", "https://h", {.caFile = "/nowhere/ca.pem"}}));
    const auto gone = engine->changeTunnel(*id + 1, {"shop", h.origin.target()});
    QVERIFY(!gone);
    QVERIFY(gone.error().code == ErrorCode::NotFound);
    QCOMPARE(EngineHarness::find(*engine, *id)->spec.target, h.origin.target());
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/"));
  }
};

QTEST_GUILESS_MAIN(EngineChangeTest)
#include "engine_change_test.moc"

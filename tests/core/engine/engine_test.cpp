// SPDX-License-Identifier: Apache-2.0
// The facade with a client, an embedded server and an origin, all in one process.
#include <atomic>

#include <spdlog/fmt/fmt.h>
#include <QTest>

#include "tests/core/support/engine_harness.h"
#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::engine;
using namespace adit::test;

class EngineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void exposesAService() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(id.has_value());
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    QVERIFY2(url.starts_with("http://shop.localhost:"), url.c_str());
    QVERIFY(h.answers(url, "/one"));
    QVERIFY(h.answers(url, "/two"));
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->traffic.active == 0; }));
    const Snapshot snapshot = engine->snapshot();
    QCOMPARE(snapshot.tunnels[0].traffic.requests, std::uint64_t{2});
    QCOMPARE(snapshot.total.requests, std::uint64_t{2});
    QVERIFY(snapshot.total.bytesIn > 0);
    QVERIFY(snapshot.total.bytesOut > 0);
    QVERIFY(snapshot.link.embedded);
    QVERIFY(snapshot.link.state == LinkState::Online);
    QVERIFY(!snapshot.link.server.empty());
  }

  /// Names below localhost are resolved by browsers alone: others have the port, while that says enough.
  void loopbackHostsLeadToTheTunnel() {
    EngineHarness h;
    auto engine = h.start();
    const auto shop = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *shop, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *shop)->url;
    const std::string port = url.substr(url.rfind(':'));
    for (const char* host : {"localhost", "127.0.0.1", "[::1]"})
      QVERIFY2(h.answers("http://" + std::string(host) + port, "/there"), host);
    QCOMPARE(h.status("http://rebound.example" + port), std::string("404"));

    const auto blog = engine->addTunnel({"blog", h.origin.target()});
    QVERIFY(h.reaches(*engine, *blog, TunnelState::Online));
    RawPeer& list = h.visit("http://localhost" + port, "/");
    QVERIFY(h.until([&] { return list.has("</html>"); }));
    QVERIFY2(list.has("HTTP/1.1 200 OK\r\n"), list.received.c_str());
    QVERIFY2(list.has("<a href=\"http://blog.localhost" + port + "/\">blog</a>"), list.received.c_str());
    QVERIFY2(list.has("<a href=\"http://shop.localhost" + port + "/\">shop</a>"), list.received.c_str());
    RawPeer& other = h.visit("http://127.0.0.1" + port, "/api");
    QVERIFY(h.until([&] { return other.has("</html>"); }));
    QVERIFY2(other.has("HTTP/1.1 404 Not Found\r\n"), other.received.c_str());
    QVERIFY(h.answers(url, "/still"));

    engine->removeTunnel(*blog);
    QVERIFY(h.until([&] {
      RawPeer& visitor = h.visit("http://localhost" + port, "/alone");
      return h.until([&] { return visitor.has("\r\n\r\n"); }) && visitor.has("path /alone;");
    }));
  }

  void tellsOfBothAddresses() {
    EngineHarness h;
    EngineParams params = h.params();
    params.embeddedHttpsPort = 0;
    auto engine = Engine::start(params).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const auto tunnel = *EngineHarness::find(*engine, *id);
    QVERIFY2(tunnel.url.starts_with("https://shop.localhost:"), tunnel.url.c_str());
    QVERIFY2(tunnel.plainUrl.starts_with("http://shop.localhost:"), tunnel.plainUrl.c_str());
    QVERIFY(tunnel.selfSigned);
    QVERIFY(h.answers(tunnel.plainUrl, "/plain"));
    // A server without HTTPS has one, and no certificate.
    ServerHarness far;
    QVERIFY(engine->join(far.link()).has_value());
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->url.starts_with("http://"); }));
    QVERIFY(EngineHarness::find(*engine, *id)->plainUrl.empty());
    QVERIFY(!EngineHarness::find(*engine, *id)->selfSigned);
  }

  void refusesWhatCannotBe_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("code");
    QTest::newRow("no target") << "shop"
                               << ""
                               << "invalid-argument";
    QTest::newRow("bad port") << "shop"
                              << "70000"
                              << "invalid-argument";
    QTest::newRow("ftp") << "shop"
                         << "ftp://h"
                         << "invalid-argument";
    QTest::newRow("bad name") << "-x"
                              << "3000"
                              << "name-invalid";
    QTest::newRow("reserved name") << "admin"
                                   << "3000"
                                   << "name-invalid";
  }
  void refusesWhatCannotBe() {
    QFETCH(QString, name);
    QFETCH(QString, target);
    QFETCH(QString, code);
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({name.toStdString(), target.toStdString()});
    QVERIFY(!id.has_value());
    QCOMPARE(QString::fromUtf8(toString(id.error().code).data()), code);
    QVERIFY(engine->snapshot().tunnels.empty());
  }

  void refusesOptionsThatDoNotFitTheTarget() {
    EngineHarness h;
    auto engine = h.start();
    for (const OriginOptions& options :
         {OriginOptions{.insecure = true}, OriginOptions{.caFile = "/nowhere/ca.pem"},
          OriginOptions{.serverName = "db"}, OriginOptions{.hostHeader = "a b"},
          OriginOptions{.connectTimeout = std::chrono::seconds(0)},
          OriginOptions{.answerTimeout = std::chrono::seconds(0)},
          OriginOptions{.answerTimeout = std::chrono::seconds(86401)}}) {
      const auto id = engine->addTunnel({"shop", "3000", options});
      QVERIFY(!id);
      QVERIFY(id.error().code == ErrorCode::InvalidArgument);
    }
    const auto id = engine->addTunnel({"shop", "https://h", {.caFile = "/nowhere/ca.pem"}});
    QVERIFY(!id);
    QVERIFY(id.error().detail.find("/nowhere/ca.pem") != std::string::npos);
    QVERIFY(engine->snapshot().tunnels.empty());
  }

  void aTunnelsFloodOfSlowRequestsIsNotTheOthers() {
    EngineHarness h;
    TinyOrigin slow(*h.loop);
    slow.holds = true;
    auto engine = h.start();
    const auto flooded = engine->addTunnel({"flooded", slow.target()});
    const auto quick = engine->addTunnel({"quick", h.origin.target()});
    QVERIFY(h.reaches(*engine, *flooded, TunnelState::Online));
    QVERIFY(h.reaches(*engine, *quick, TunnelState::Online));
    const std::string slowUrl = EngineHarness::find(*engine, *flooded)->url;
    const std::string quickUrl = EngineHarness::find(*engine, *quick)->url;
    // Fewer than one address may have connections open.
    constexpr std::size_t kFlood = 200;
    for (std::size_t i = 0; i < kFlood; ++i) h.visit(slowUrl, "/slow");
    QVERIFY(h.until([&] { return slow.waiting() == kFlood; }));
    for (int i = 0; i < 20; ++i) {
      RawPeer& visitor = h.visit(quickUrl, "/quick");
      QVERIFY(h.until([&] { return visitor.received.ends_with("path /quick;"); }));
      visitor.close();
    }
    QCOMPARE(EngineHarness::find(*engine, *flooded)->traffic.active, static_cast<std::uint32_t>(kFlood));
    QCOMPARE(EngineHarness::find(*engine, *quick)->traffic.failures, std::uint64_t{0});
  }

  void stopsAndStarts() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()}, false);
    QVERIFY(id.has_value());
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
    QVERIFY(EngineHarness::find(*engine, *id)->state == TunnelState::Stopped);
    engine->startTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    QVERIFY(h.answers(url, "/"));
    engine->stopTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Stopped));
    QVERIFY(h.until([&] { return h.status(url) == "404"; }));
    engine->startTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QCOMPARE(EngineHarness::find(*engine, *id)->url, url);
    QVERIFY(h.answers(url, "/again"));
  }

  void removesATunnelAndKeepsItsTotals() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    QVERIFY(h.answers(url, "/"));
    engine->takeEvents();
    engine->removeTunnel(*id);
    engine->removeTunnel(*id);  // twice is nothing
    QVERIFY(engine->snapshot().tunnels.empty());
    QCOMPARE(engine->snapshot().total.requests, std::uint64_t{1});
    int removed = 0;
    for (const Event& event : engine->takeEvents())
      removed += std::holds_alternative<TunnelRemoved>(event) ? 1 : 0;
    QCOMPARE(removed, 1);
    QVERIFY(h.until([&] { return h.status(url) == "404"; }));
  }

  void choosesANameAndKeepsIt() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    engine->stopTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Stopped));
    engine->startTunnel(*id);
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/"));
    QCOMPARE(EngineHarness::find(*engine, *id)->url, url);
  }

  void saysThatANameIsTaken() {
    EngineHarness h;
    auto engine = h.start();
    const auto first = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *first, TunnelState::Online));
    const auto second = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *second, TunnelState::Failed));
    const auto tunnel = EngineHarness::find(*engine, *second);
    QVERIFY(tunnel->hasError);
    QVERIFY(tunnel->error.code == ErrorCode::NameTaken);
    QVERIFY(EngineHarness::find(*engine, *first)->state == TunnelState::Online);
    // Free again, the other may have it.
    engine->removeTunnel(*first);
    engine->startTunnel(*second);
    QVERIFY(h.reaches(*engine, *second, TunnelState::Online));
    QVERIFY(!EngineHarness::find(*engine, *second)->hasError);
  }

  void tellsWhatHappensInOrder() {
    EngineHarness h;
    std::atomic<int> wakes{0};
    EngineParams params = h.params();
    params.wake = [&] { ++wakes; };
    auto engine = Engine::start(params).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    std::vector<TunnelState> states;
    std::vector<LinkState> links;
    QVERIFY(h.until([&] {
      for (const Event& event : engine->takeEvents()) {
        if (const auto* tunnel = std::get_if<TunnelChanged>(&event); tunnel != nullptr && tunnel->id == *id) {
          if (states.empty() || states.back() != tunnel->tunnel.state) states.push_back(tunnel->tunnel.state);
        }
        if (const auto* link = std::get_if<LinkChanged>(&event)) links.push_back(link->link.state);
      }
      return !states.empty() && states.back() == TunnelState::Online && !links.empty() &&
             links.back() == LinkState::Online;
    }));
    QVERIFY(states == (std::vector{TunnelState::Connecting, TunnelState::Online}));
    QVERIFY(links == (std::vector{LinkState::Connecting, LinkState::Online}));
    QVERIFY(h.until([&] { return wakes > 0; }));
  }

  void keepsABoundedNumberOfEvents() {
    EngineHarness h;
    auto engine = h.start();
    for (int i = 0; i < 600; ++i) {
      const auto id = engine->addTunnel({"", h.origin.target()}, false);
      engine->removeTunnel(*id);
    }
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
    QVERIFY(engine->takeEvents().size() <= 1000);
    QVERIFY(engine->takeEvents().size() < 1000);
  }

  void theRevisionGrowsWithEveryChange() {
    EngineHarness h;
    auto engine = h.start();
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
    const std::uint64_t before = engine->snapshot().revision;
    QCOMPARE(engine->snapshot().revision, before);
    QVERIFY(engine->addTunnel({"", "3000"}, false).has_value());
    QVERIFY(engine->snapshot().revision > before);
  }

  void anOriginThatIsDownIsExplained() {
    EngineHarness h;
    std::string target;
    {
      RawListener gone(*h.loop);
      target = "127.0.0.1:" + std::to_string(gone.port());
    }
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", target});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QCOMPARE(h.status(EngineHarness::find(*engine, *id)->url), std::string("502"));
    QVERIFY(h.until([&] { return engine->snapshot().total.failures == 1; }));
  }

  void takesCommandsFromManyThreads() {
    EngineHarness h;
    auto engine = h.start();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&engine, &h, t] {
        for (int i = 0; i < 10; ++i) {
          const auto id = engine->addTunnel({fmt::format("t{}-{}", t, i), h.origin.target()});
          (void)engine->snapshot();
          engine->takeEvents();
          if (i % 2 == 0) engine->removeTunnel(*id);
          if (i % 4 == 1) engine->stopTunnel(*id);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    QVERIFY(h.until([&] {
      std::size_t online = 0, stopped = 0;
      for (const auto& tunnel : engine->snapshot().tunnels) {
        online += tunnel.state == TunnelState::Online ? 1 : 0;
        stopped += tunnel.state == TunnelState::Stopped ? 1 : 0;
      }
      return online == 8 && stopped == 12;
    }));
  }
};

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"

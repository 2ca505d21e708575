// SPDX-License-Identifier: Apache-2.0
// Servers to join and leave, servers that go away, and ends: graceful ones and those amid requests.
#include <atomic>

#include <QDir>
#include <QTest>

#include "tests/core/support/engine_harness.h"
#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::engine;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {

engine::EngineParams joined(EngineHarness& h, const session::JoinLink& link) {
  EngineParams params = h.params();
  params.join = link;
  return params;
}

}  // namespace

class EngineLifecycleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void joinsAServer() {
    EngineHarness h;
    ServerHarness far;
    auto engine = Engine::start(joined(h, far.link())).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/far"));
    const Snapshot snapshot = engine->snapshot();
    QVERIFY(!snapshot.link.embedded);
    QCOMPARE(snapshot.link.server, "127.0.0.1:" + std::to_string(far.server->quicAddress().port()));
  }

  void isNotOnlineAtAServerThatDidNotAnswer() {
    EngineHarness h;
    ServerHarness far;
    auto engine = Engine::start(joined(h, far.link())).value();
    for (int i = 0; i < 100; ++i) QVERIFY(engine->addTunnel({"", h.origin.target()}));
    session::JoinLink wrong = far.link();
    wrong.token = "another-token";
    for (int i = 0; i < 3; ++i) {
      QVERIFY(engine->join(far.link()));
      QVERIFY(h.linkReaches(*engine, LinkState::Online));
      const std::uint64_t before = engine->snapshot().revision;
      QVERIFY(engine->join(wrong));
      for (Snapshot now = engine->snapshot(); now.link.state != LinkState::Failed; now = engine->snapshot()) {
        QVERIFY(now.link.state != LinkState::Online);
        QVERIFY(now.revision != before);
      }
    }
  }

  void refusesAServerWithAnotherKey() {
    EngineHarness h;
    ServerHarness far;
    session::JoinLink link = far.link();
    link.pin.sha256[5] ^= 1;
    auto engine = Engine::start(joined(h, link)).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.linkReaches(*engine, LinkState::Failed));
    const LinkSnapshot state = engine->snapshot().link;
    QVERIFY(state.hasError);
    QVERIFY(state.error.code == ErrorCode::PinMismatch);
    QVERIFY(EngineHarness::find(*engine, *id)->state != TunnelState::Online);
    // The right link mends it.
    QVERIFY(engine->join(far.link()).has_value());
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(!engine->snapshot().link.hasError);
  }

  void stopsAtATokenThatIsRefused() {
    EngineHarness h;
    ServerHarness far;
    session::JoinLink link = far.link();
    link.token = "another-token";
    auto engine = Engine::start(joined(h, link)).value();
    QVERIFY(h.linkReaches(*engine, LinkState::Failed));
    QVERIFY(engine->snapshot().link.error.code == ErrorCode::TokenUnknown);
  }

  void goesFromTheEmbeddedServerToAnotherAndBack() {
    EngineHarness h;
    ServerHarness far;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string here = EngineHarness::find(*engine, *id)->url;
    QVERIFY(engine->join(far.link()).has_value());
    const std::string farPort = ":" + std::to_string(far.server->httpAddress().port());
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->url.ends_with(farPort); }));
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/far"));
    QVERIFY(engine->useEmbedded().has_value());
    QVERIFY(h.until([&] {
      const auto tunnel = EngineHarness::find(*engine, *id);
      return tunnel->state == TunnelState::Online && !tunnel->url.ends_with(farPort);
    }));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/home"));
    QVERIFY(engine->snapshot().link.embedded);
  }

  void theLastServerAskedForWins() {
    EngineHarness h;
    ServerHarness far;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    for (int i = 0; i < 5; ++i) {
      QVERIFY(engine->join(far.link()));
      QVERIFY(engine->useEmbedded());
    }
    QVERIFY(engine->join(far.link()));
    QVERIFY(!engine->snapshot().link.embedded);
    const std::string farPort = ":" + std::to_string(far.server->httpAddress().port());
    QVERIFY(h.until([&] { return EngineHarness::find(*engine, *id)->url.ends_with(farPort); }));
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(!engine->snapshot().link.embedded);
  }

  /// Starting and stopping a server takes milliseconds, which a caller (the window) does not wait for: the
  /// command has only been queued when it returns.
  void aChangeOfServerIsQueued() {
    EngineHarness h;
    ServerHarness far;
    auto engine = Engine::start(joined(h, far.link())).value();
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
    QVERIFY(engine->useEmbedded());
    QVERIFY(h.until([&] { return engine->snapshot().link.embedded; }));
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
  }

  void anEmbeddedServerThatCannotStartLeavesTheOther() {
    EngineHarness h;
    ServerHarness far;
    EngineParams params = joined(h, far.link());
    params.embeddedHttpsPort = 0;
    auto engine = Engine::start(params).value();
    QVERIFY(h.linkReaches(*engine, LinkState::Online));
    // Its certificate cannot be kept where a directory has the file's name.
    QVERIFY(QDir(h.directory.path()).mkpath("https.key/x"));
    QVERIFY(engine->useEmbedded());
    Error error;
    QVERIFY(h.until([&] {
      for (const Event& event : engine->takeEvents()) {
        if (const auto* failed = std::get_if<ServerChangeFailed>(&event)) error = failed->error;
      }
      return !error.detail.empty();
    }));
    QVERIFY2(error.detail.find("https.key") != std::string::npos, error.detail.c_str());
    QVERIFY(!engine->snapshot().link.embedded);
    QCOMPARE(toString(engine->snapshot().link.state), toString(LinkState::Online));
  }

  void comesBackToAServerThatRestarted() {
    EngineHarness h;
    std::optional<ServerHarness> far(std::in_place);
    const session::JoinLink link = far->link();
    auto engine = Engine::start(joined(h, link)).value();
    const auto id = engine->addTunnel({"", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    const net::SocketAddress quic = far->server->quicAddress(), http = far->server->httpAddress();
    far.reset();
    QVERIFY(h.linkReaches(*engine, LinkState::Waiting));
    QVERIFY(h.reaches(*engine, *id, TunnelState::Reconnecting));
    QCOMPARE(EngineHarness::find(*engine, *id)->url, url);
    QVERIFY(engine->snapshot().link.hasError);
    far.emplace(server::ServerLimits{}, 1U, quic, http);
    engine->retryNow();
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QCOMPARE(EngineHarness::find(*engine, *id)->url, url);  // it asked for the name it had
    QVERIFY(h.answers(url, "/again"));
  }

  void twoEnginesOfOneUserDoNotTakeEachOtherOver() {
    EngineHarness h;
    ServerHarness far;
    auto first = Engine::start(joined(h, far.link())).value();
    auto second = Engine::start(joined(h, far.link())).value();
    const auto one = first->addTunnel({"one", h.origin.target()});
    const auto two = second->addTunnel({"two", h.origin.target()});
    QVERIFY(h.reaches(*first, *one, TunnelState::Online));
    QVERIFY(h.reaches(*second, *two, TunnelState::Online));
    QVERIFY(h.answers(EngineHarness::find(*first, *one)->url, "/1"));
    QVERIFY(h.answers(EngineHarness::find(*second, *two)->url, "/2"));
    QVERIFY(first->snapshot().link.state == LinkState::Online);
  }

  void drainLetsRequestsEnd_data() {
    QTest::addColumn<bool>("embedded");
    QTest::newRow("embedded") << true;
    QTest::newRow("joined") << false;
  }
  void drainLetsRequestsEnd() {
    QFETCH(bool, embedded);
    EngineHarness h;
    ServerHarness far;
    auto engine = embedded ? h.start() : Engine::start(joined(h, far.link())).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    h.origin.holds = true;
    RawPeer& visitor = h.visit(url, "/held");
    QVERIFY(h.until([&] { return h.origin.waiting() == 1; }));
    std::atomic<bool> done{false};
    engine->drain(20s, [&] { done = true; });
    // Once the server has heard of it, it sends no new ones.
    for (bool refused = embedded; !refused;) {
      const std::size_t before = h.origin.waiting();
      RawPeer& late = h.visit(url, "/late");
      QVERIFY(h.until([&] { return late.has("503") || h.origin.waiting() > before; }));
      refused = late.has("503");
    }
    QVERIFY(!done);
    h.origin.holds = false;
    QVERIFY(h.until([&] { return visitor.received.ends_with("path /held;"); }));
    QVERIFY(h.until([&] { return done.load(); }));
    QVERIFY(h.linkReaches(*engine, LinkState::Stopped));
  }

  void drainEndsAtItsDeadline() {
    EngineHarness h;
    ServerHarness far;
    auto engine = Engine::start(joined(h, far.link())).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    h.origin.holds = true;
    h.visit(EngineHarness::find(*engine, *id)->url, "/held");
    QVERIFY(h.until([&] { return h.origin.waiting() == 1; }));
    std::atomic<bool> done{false};
    engine->drain(100ms, [&] { done = true; });
    QVERIFY(h.until([&] { return done.load(); }));
  }

  void drainWithoutAServerIsDoneSoon() {
    EngineHarness h;
    session::JoinLink nobody{"token", "127.0.0.1", 9, ServerHarness::identity()->pin()};
    auto engine = Engine::start(joined(h, nobody)).value();
    std::atomic<bool> done{false};
    engine->drain(20s, [&] { done = true; });
    QVERIFY(h.until([&] { return done.load(); }));
  }

  /// The server that is draining must not be replaced before it has said that it is done.
  void nothingIsJoinedAfterDrain() {
    EngineHarness h;
    session::JoinLink nobody{"token", "127.0.0.1", 9, ServerHarness::identity()->pin()};
    auto engine = Engine::start(h.params()).value();
    std::atomic<bool> done{false};
    engine->drain(20s, [&] { done = true; });
    QVERIFY(engine->join(nobody).error().code == ErrorCode::Closed);
    QVERIFY(engine->useEmbedded().error().code == ErrorCode::Closed);
    QVERIFY(h.until([&] { return done.load(); }));
  }

  void anEndAmidRequestsCutsThem_data() {
    QTest::addColumn<bool>("embedded");
    QTest::addColumn<bool>("draining");
    QTest::newRow("embedded") << true << false;
    QTest::newRow("joined") << false << false;
    QTest::newRow("embedded, draining") << true << true;
    QTest::newRow("joined, draining") << false << true;
  }
  void anEndAmidRequestsCutsThem() {
    QFETCH(bool, embedded);
    QFETCH(bool, draining);
    EngineHarness h;
    ServerHarness far;
    auto engine = embedded ? h.start() : Engine::start(joined(h, far.link())).value();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::string url = EngineHarness::find(*engine, *id)->url;
    h.origin.holds = true;
    for (int i = 0; i < 5; ++i) h.visit(url, "/held");
    QVERIFY(h.until([&] { return h.origin.waiting() == 5; }));
    if (draining) engine->drain(20s, [] {});
    engine.reset();
    QVERIFY(h.until([&] { return h.origin.allGone(); }));
    for (auto& visitor : h.visitors)
      QVERIFY(h.until([&] { return visitor->gone() || visitor->has("</html>"); }));
  }

  void anEndAtOnceIsNoTrouble() {
    EngineHarness h;
    for (int i = 0; i < 3; ++i) {
      std::atomic<int> wakes{0};
      EngineParams params = h.params();
      params.wake = [&] { ++wakes; };
      auto engine = Engine::start(params).value();
      QVERIFY(engine->addTunnel({"shop", h.origin.target()}).has_value());
      if (i % 2 == 0) engine->drain(10ms, [] {});
      engine.reset();
    }
  }

  void anEndWhileAnOriginIsDialledIsNoTrouble() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", "http://name-that-does-not-exist.invalid"});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    h.visit(EngineHarness::find(*engine, *id)->url, "/");
    QVERIFY(h.until([&] { return engine->snapshot().total.requests == 1; }));
    engine.reset();
  }
};

QTEST_GUILESS_MAIN(EngineLifecycleTest)
#include "engine_lifecycle_test.moc"

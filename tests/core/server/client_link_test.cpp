// SPDX-License-Identifier: Apache-2.0
// The server's end of a client's link without a worker: what it asks of its host, and which streams a client
// may open.
#include <QTest>

#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/server/client_link.h"
#include "core/wire/control_messages.h"
#include "tests/core/net/net_test_support.h"
#include "tests/core/support/fake_link.h"

using namespace adit;
using namespace adit::test;
using server::ClientLink;
using server::Registry;
using server::SessionId;

namespace {

/// A kind of streams that this version does not have.
constexpr auto kFakeKind = static_cast<wire::StreamKind>(0x2a);

struct FakeKind final : relay::StreamKindHandler {
  void onStream(transport::Link& link, transport::Stream& stream, ByteView received, bool) override {
    stream.setHandler(nullptr);
    stream.consume(received.size());
    links.push_back(&link);
  }
  std::vector<transport::Link*> links;
};

struct LinkWorld final : server::LinkHost {
  LinkWorld() { kinds.add(kFakeKind, fake); }
  ~LinkWorld() {
    for (auto& each : links) each.reset();
    loop->runOnce();
  }
  /// A client's connection.
  FakeLink& connect() {
    connections.push_back(std::make_unique<FakeLink>());
    links.push_back(std::make_unique<ClientLink>(services, *connections.back()));
    return *connections.back();
  }
  /// ... that has logged in, or tried to.
  FakeLink& login(const std::string& token = "token") {
    FakeLink& link = connect();
    wire::Login login;
    login.token = token;
    login.instance = "instance";
    std::uint8_t room[wire::kMaxStreamHead];
    const std::size_t size = wire::writeStreamHead({wire::StreamKind::Control, 0, {}, {}}, room);
    link.opened().deliver(std::string(asText({room, size})) + wire::encode(login));
    return link;
  }

  [[nodiscard]] bool isDraining() const noexcept override { return draining; }
  [[nodiscard]] const access::TokenSnapshot& tokens() const noexcept override { return *snapshot; }
  void refreshTokens(std::function<void()> done) override { refreshes.push_back(std::move(done)); }
  void addSession(SessionId id, ClientLink&) override { sessions.push_back(id); }
  void removeSession(SessionId id) override { removed.push_back(id); }
  void takeOver(const Registry::SessionPlace& displaced) override { displacedIds.push_back(displaced.id); }
  void withdraw(const std::vector<Registry::Withdrawal>&) override {}
  void probe(const std::vector<Registry::SessionPlace>&, SessionId) override {}
  void forget(ClientLink& link) override {
    for (auto& each : links) {
      if (each.get() == &link) loop->dispose(std::move(each));
    }
  }

  std::unique_ptr<net::EventLoop> loop = net::test::makeLoop();
  server::ConfigSource config{server::ServerConfig{{}, "example.com"}};
  Registry registry{{}, config};
  server::LoginGuard guard;
  relay::StreamKinds kinds;
  FakeKind fake;
  std::shared_ptr<const access::TokenSnapshot> snapshot = access::TokenSnapshot::ofOne("token");
  bool draining = false;
  std::vector<std::function<void()>> refreshes;
  std::vector<SessionId> sessions, removed, displacedIds;
  std::vector<std::unique_ptr<FakeLink>> connections;
  std::vector<std::unique_ptr<ClientLink>> links;
  server::LinkServices services{*loop, 0, registry, guard, kinds, *this};
};

}  // namespace

class ClientLinkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aLoginIsASessionUntilTheConnectionEnds() {
    LinkWorld world;
    FakeLink& link = world.login();
    QCOMPARE(world.sessions.size(), std::size_t{1});
    QVERIFY(world.links[0]->isReady());
    QVERIFY(!link.streams[0]->sent.empty());
    link.end();
    QCOMPARE(world.removed, world.sessions);
    QVERIFY(world.links[0] == nullptr);
  }

  void aTokenNobodyKnowsIsAskedForOnce() {
    LinkWorld world;
    FakeLink& link = world.login("newer");
    QCOMPARE(world.refreshes.size(), std::size_t{1});
    QCOMPARE(world.sessions.size(), std::size_t{0});
    world.snapshot = access::TokenSnapshot::ofOne("newer");
    world.refreshes[0]();
    QCOMPARE(world.sessions.size(), std::size_t{1});
    QVERIFY(!link.closedWith);

    world.login("none");
    world.refreshes[1]();
    QCOMPARE(world.sessions.size(), std::size_t{1});
    QVERIFY(world.connections[1]->streams[0]->finished);
  }

  void aRefreshMayComeAfterTheConnection() {
    LinkWorld world;
    world.login("newer").end();
    world.loop->runOnce();
    world.refreshes[0]();
    QCOMPARE(world.sessions.size(), std::size_t{0});
  }

  void whileDrainingNobodyLogsIn() {
    LinkWorld world;
    world.draining = true;
    world.login();
    QCOMPARE(world.sessions.size(), std::size_t{0});
  }

  void whoeverIsRefusedHasTimeToReadWhy_data() {
    QTest::addColumn<bool>("draining");
    QTest::addColumn<unsigned>("version");
    QTest::addColumn<QString>("code");
    QTest::newRow("another version") << false << 9U << "version-mismatch";
    QTest::newRow("while draining") << true << 1U << "overloaded";
  }
  void whoeverIsRefusedHasTimeToReadWhy() {
    QFETCH(bool, draining);
    QFETCH(unsigned, version);
    QFETCH(QString, code);
    LinkWorld world;
    world.draining = draining;
    wire::Login login;
    login.token = "token";
    login.minVersion = login.maxVersion = version;
    FakeLink& link = world.connect();
    FakeStream& control = link.opened();
    control.deliver(std::string("\x01\x00", 2) + wire::encode(login));
    QVERIFY2(control.sent.find(code.toStdString()) != std::string::npos, control.sent.c_str());
    QVERIFY(control.finished);
    QVERIFY(!link.closedWith);  // that would overtake the message
  }

  void aDrainRefusesALoginThatWaits() {
    LinkWorld world;
    FakeLink& link = world.login("newer");
    QCOMPARE(world.refreshes.size(), std::size_t{1});
    world.draining = true;
    world.links[0]->drain(std::chrono::seconds(1));
    QVERIFY(link.streams[0]->finished);
    world.snapshot = access::TokenSnapshot::ofOne("newer");
    world.refreshes[0]();
    QCOMPARE(world.sessions.size(), std::size_t{0});
  }

  void aNewerConnectionOfAnInstanceDisplacesTheOlder() {
    LinkWorld world;
    world.login();
    world.login();
    QCOMPARE(world.sessions.size(), std::size_t{2});
    QCOMPARE(world.displacedIds, std::vector<SessionId>{world.sessions[0]});
  }

  void streamsReachTheHandlerOfTheirKindAfterLogin() {
    LinkWorld world;
    FakeLink& early = world.connect();
    early.opened();
    FakeStream& second = early.opened();
    QVERIFY(second.resetWith == wire::AppError::Protocol);

    FakeLink& link = world.login();
    link.opened().deliver("\x2a");
    QCOMPARE(world.fake.links, std::vector<transport::Link*>{&link});
    FakeStream& other = link.opened();
    other.deliver("\x03");
    QVERIFY(other.resetWith == wire::AppError::Protocol);
    QVERIFY(!link.closedWith);
  }

  void aClientFillsNoLog() {
    LinkWorld world;
    FakeLink& link = world.login();
    std::size_t lines = 0;
    const auto sink = addLogSink([&lines](const LogEntry& entry) {
      lines += entry.message.find("tunnel") != std::string::npos ? 1 : 0;
    });
    wire::Declare many{1, {}};
    for (std::uint64_t id = 0; id < wire::kMaxTunnels; ++id)
      many.tunnels.push_back({id, wire::TunnelKind::Tcp, {}});
    for (; many.revision <= 20; ++many.revision) link.streams[0]->deliver(wire::encode(many));
    removeLogSink(sink);
    QVERIFY(!link.closedWith);
    // The burst of 300, and what a slow machine's seconds add.
    QVERIFY2(lines >= 300, std::to_string(lines).c_str());
    QVERIFY2(lines < 600, std::to_string(lines).c_str());
  }

  void theFirstStreamIsTheControlStream() {
    LinkWorld world;
    FakeLink& link = world.connect();
    link.opened().deliver(std::string("\x2a\x00", 2));
    QVERIFY(link.closedWith == wire::AppError::Protocol);
  }
};

QTEST_GUILESS_MAIN(ClientLinkTest)
#include "client_link_test.moc"

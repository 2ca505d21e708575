// SPDX-License-Identifier: Apache-2.0
// A configuration is the same for all of a turn, and a newer one is told before it is used.
#include <QTest>

#include "core/server/server_config.h"
#include "core/server/visitor_timeouts.h"
#include "tests/core/net/net_test_support.h"
#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::server;

class ServerConfigTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void changesBetweenTurnsOnly() {
    const auto loop = net::test::makeLoop();
    ServerConfig config;
    config.domain = "first";
    ConfigSource source(config);
    std::vector<std::string> told;
    ConfigReader reader(source, *loop, [&](const ServerConfig& changed) { told.push_back(changed.domain); });
    QCOMPARE(reader.get().domain, std::string("first"));
    config.domain = "second";
    source.publish(config);
    const ServerConfig& sameTurn = reader.get();
    QCOMPARE(sameTurn.domain, std::string("first"));
    loop->runOnce();
    QCOMPARE(reader.get().domain, std::string("second"));
    QCOMPARE(told, std::vector<std::string>{"second"});
    loop->runOnce();
    QCOMPARE(reader.get().domain, std::string("second"));
    QCOMPARE(told.size(), std::size_t{1});
  }

  // What a server that runs does with another configuration; see also visitor_alone_test.cpp.
  void aServerFollowsItsNumberOfVisitors() {
    ServerLimits limits;
    limits.connections = 1;
    test::ServerHarness h(limits);
    h.addClient().serve = [](test::ServedRequest& r) { r.answerText(200, "served"); };
    test::RawPeer& first = h.visit(test::get("shop"));
    QVERIFY(h.until([&] { return first.has("served"); }));
    test::RawPeer& second = h.visit(test::get("shop"));
    ServerConfig changed = *h.server->configuration();
    changed.limits.connections = 2;
    h.server->configure(changed);
    QVERIFY(h.until([&] { return second.has("served"); }));
    QVERIFY(!first.gone());
    changed.limits.connectionsFromLoopback = 2;
    changed.limits.connections = 10;
    h.server->configure(changed);
    test::RawPeer& third = h.visit(test::get("shop"));
    QVERIFY(h.until([&] { return third.gone(); }));
    QCOMPARE(third.received, std::string());
  }

  void aServerFollowsItsDomain() {
    test::ServerHarness h;
    ServerConfig changed = *h.server->configuration();
    changed.domain = "example.org";
    h.server->configure(changed);
    test::FakeClient& client = h.addClient();
    client.serve = [](test::ServedRequest& r) { r.answerText(200, "served"); };
    QVERIFY2(client.answers.at(test::FakeClient::kTunnelId).url.starts_with("http://shop.example.org"),
             client.answers.at(test::FakeClient::kTunnelId).url.c_str());
    test::RawPeer& old = h.visit(test::get("shop"));
    test::RawPeer& visitor = h.visit("GET / HTTP/1.1\r\nHost: shop.example.org\r\n\r\n");
    QVERIFY(h.until([&] { return visitor.has("served"); }));
    QVERIFY(h.until([&] { return old.has("HTTP/1.1 404"); }));
  }

  void readersShareASnapshot() {
    const auto loop = net::test::makeLoop();
    ConfigSource source(ServerConfig{});
    ConfigReader a(source, *loop);
    ConfigReader b(source, *loop);
    QCOMPARE(&a.get(), &b.get());
    QCOMPARE(&a.limits(), &a.get().limits);
  }
};

QTEST_GUILESS_MAIN(ServerConfigTest)
#include "server_config_test.moc"

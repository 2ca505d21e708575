// SPDX-License-Identifier: Apache-2.0
// A configuration is the same for all of a turn, and a newer one is told before it is used.
#include <QTest>

#include "core/server/server_config.h"
#include "core/server/visitor_timeouts.h"
#include "tests/core/net/net_test_support.h"

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

// SPDX-License-Identifier: Apache-2.0
#include "ui/engine_bridge.h"

#include <spdlog/fmt/fmt.h>
#include <QSignalSpy>
#include <QTest>
#include <thread>

#include "tests/ui/fake_engine.h"

using namespace adit;
using namespace adit::ui;
using test::FakeEngine;

namespace {

struct Bridge {
  FakeEngine* engine = nullptr;
  EngineBridge bridge;

  Bridge() {
    // Nobody answers, so no answer changes a tunnel.
    bridge.setProbe([](const std::string&, QObject*, const std::function<void(Answer)>&) {});
    const auto started =
        bridge.start([this](std::function<void()> wake) -> Result<std::unique_ptr<engine::Engine>> {
          auto made = std::make_unique<FakeEngine>(std::move(wake));
          engine = made.get();
          return made;
        });
    if (!started) qFatal("not started");
  }
};

}  // namespace

class EngineBridgeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    qRegisterMetaType<QList<engine::TunnelId>>();
    qRegisterMetaType<QList<LogEntry>>();
  }

  void aFailedStartIsPassedOn() {
    EngineBridge bridge;
    const auto started =
        bridge.start([](const std::function<void()>&) -> Result<std::unique_ptr<engine::Engine>> {
          return fail(ErrorCode::InsecurePermissions, "client.key can be read by others");
        });
    QVERIFY(!started);
    QVERIFY(started.error().code == ErrorCode::InsecurePermissions);
  }

  void changesArriveAsOneSignal() {
    Bridge fixture;
    QSignalSpy tunnels(&fixture.bridge, &EngineBridge::tunnelsChanged);
    QSignalSpy logs(&fixture.bridge, &EngineBridge::logAdded);
    for (int i = 0; i < 20; ++i) {
      (void)fixture.engine->addTunnel({.name = fmt::format("t{}", i), .target = "3000"}, true);
      fixture.engine->log(LogLevel::Info, "client", "line");
    }
    QTRY_COMPARE(logs.count(), 1);
    QCOMPARE(tunnels.count(), 1);
    QCOMPARE(tunnels.at(0).at(0).value<QList<engine::TunnelId>>().size(), 20);
    QCOMPARE(logs.at(0).at(0).value<QList<LogEntry>>().size(), 20);
    QCOMPARE(fixture.bridge.snapshot().tunnels.size(), std::size_t(20));
  }

  void eventsAreTakenAtMostTenTimesASecond() {
    Bridge fixture;
    QSignalSpy logs(&fixture.bridge, &EngineBridge::logAdded);
    QElapsedTimer timer;
    timer.start();
    int lines = 0;
    while (timer.elapsed() < 450) {
      fixture.engine->log(LogLevel::Info, "client", "line");
      ++lines;
      QTest::qWait(5);
    }
    QTRY_VERIFY([&] {
      int seen = 0;
      for (const auto& signal : logs) seen += static_cast<int>(signal.at(0).value<QList<LogEntry>>().size());
      return seen == lines;
    }());
    QVERIFY2(logs.count() <= timer.elapsed() / 100 + 2, qPrintable(QString::number(logs.count())));
  }

  void onlyWhatChangedIsNamed() {
    Bridge fixture;
    const auto first = fixture.engine->addTunnel({.name = "a", .target = "1"}, true).value();
    const auto second = fixture.engine->addTunnel({.name = "b", .target = "2"}, true).value();
    fixture.bridge.sample();
    QSignalSpy tunnels(&fixture.bridge, &EngineBridge::tunnelsChanged);
    QSignalSpy samples(&fixture.bridge, &EngineBridge::trafficSampled);
    fixture.engine->addTraffic(first, 1000, 1000, 1);
    fixture.bridge.sample();
    QCOMPARE(tunnels.count(), 0);  // Counters alone are no change.
    QCOMPARE(samples.count(), 1);
    fixture.engine->stopTunnel(second);
    fixture.bridge.sample();
    QCOMPARE(tunnels.count(), 1);
    QCOMPARE(tunnels.at(0).at(0).value<QList<engine::TunnelId>>(), QList<engine::TunnelId>{second});
    fixture.engine->removeTunnel(first);
    fixture.bridge.sample();
    QCOMPARE(tunnels.at(1).at(0).value<QList<engine::TunnelId>>(), QList<engine::TunnelId>{first});
    QVERIFY(fixture.bridge.tunnel(first) == nullptr);
    QVERIFY(fixture.bridge.tunnel(second) != nullptr);
  }

  void theLinkIsNamedWhenItChanges() {
    Bridge fixture;
    fixture.bridge.sample();
    QSignalSpy links(&fixture.bridge, &EngineBridge::linkChanged);
    fixture.bridge.sample();
    QCOMPARE(links.count(), 0);
    auto link = fixture.bridge.snapshot().link;
    link.state = engine::LinkState::Waiting;
    link.retryIn = std::chrono::seconds(3);
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QCOMPARE(links.count(), 1);
    link.retryIn = std::chrono::seconds(2);
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QCOMPARE(links.count(), 2);
  }

  void wakesFromAnotherThread() {
    Bridge fixture;
    QSignalSpy logs(&fixture.bridge, &EngineBridge::logAdded);
    std::thread thread([&] {
      for (int i = 0; i < 500; ++i) fixture.engine->log(LogLevel::Info, "client", "line");
    });
    thread.join();
    QTRY_VERIFY(logs.count() > 0);
    for (const auto& signal : logs) QVERIFY(signal.at(0).value<QList<LogEntry>>().size() <= 500);
  }

  void aLateWakeFindsNobody() {
    std::function<void()> kept;
    {
      EngineBridge bridge;
      const auto started =
          bridge.start([&](std::function<void()> wake) -> Result<std::unique_ptr<engine::Engine>> {
            kept = wake;
            return std::make_unique<FakeEngine>(std::move(wake));
          });
      QVERIFY(started);
      kept();
    }
    kept();
    QCoreApplication::sendPostedEvents();
  }

  void drainIsAnnouncedOnTheGuiThread() {
    Bridge fixture;
    QSignalSpy drained(&fixture.bridge, &EngineBridge::drained);
    fixture.bridge.drain(std::chrono::seconds(1));
    QVERIFY(fixture.engine->drained());
    QCOMPARE(drained.count(), 0);  // Queued, whatever thread the engine called from.
    QTRY_COMPARE(drained.count(), 1);
  }

  void samplingFollowsWhetherSomebodyLooks() {
    Bridge fixture;
    QSignalSpy samples(&fixture.bridge, &EngineBridge::trafficSampled);
    fixture.bridge.setSampling(EngineBridge::Sampling::Watched);
    QTRY_VERIFY_WITH_TIMEOUT(samples.count() >= 4, 2000);
    fixture.bridge.setSampling(EngineBridge::Sampling::Background);
    QElapsedTimer timer;
    timer.start();
    samples.clear();
    QTest::qWait(350);
    // Once a second, however long the wait was; ten times a second would be more.
    QVERIFY2(samples.count() <= 1 + timer.elapsed() / 1000, qPrintable(QString::number(samples.count())));
  }
};

QTEST_GUILESS_MAIN(EngineBridgeTest)
#include "engine_bridge_test.moc"

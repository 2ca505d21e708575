// SPDX-License-Identifier: Apache-2.0
// Noticing a changed network or a sleep, and calling back no more often than promised.
#include <QTest>

#include "core/net/network_watch_base.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;
using namespace std::chrono_literals;

class NetworkWatchTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void callsAtOnceThenOnceForABurst() {
    auto loop = makeLoop();
    int calls = 0;
    ChangeGate gate(*loop, 30ms, [&] { ++calls; });
    gate.notice();
    QCOMPARE(calls, 1);
    for (int i = 0; i < 10; ++i) gate.notice();
    QCOMPARE(calls, 1);
    const Timestamp before = MonotonicClock::now();
    QVERIFY(runUntil(*loop, [&] { return calls == 2; }));
    QVERIFY(MonotonicClock::now() - before >= 25ms);
    // The second call began a quiet time of its own.
    gate.notice();
    QCOMPARE(calls, 2);
    QVERIFY(runUntil(*loop, [&] { return calls == 3; }));
    bool passed = false;
    Timer timer(*loop, [&] { passed = true; });
    timer.start(70ms);
    QVERIFY(runUntil(*loop, [&] { return passed; }));
    QCOMPARE(calls, 3);
    gate.notice();
    QCOMPARE(calls, 4);
  }

  void tellsASleepFromABusyMoment() {
    SleepDetector detector;
    auto wall = std::chrono::system_clock::time_point(1000s);
    auto monotonic = Timestamp(50s);
    const auto after = [&](Duration wallGain, Duration monotonicGain) {
      wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(wallGain);
      monotonic += monotonicGain;
      return detector.slept(wall, monotonic);
    };
    QVERIFY(!after(0s, 0s));  // the first look has nothing to compare with
    QVERIFY(!after(5s, 5s));
    QVERIFY(!after(3600s, 3600s));  // a long pause of the process is not a sleep of the machine
    QVERIFY(!after(5s + 5s, 5s));   // a corrected clock
    QVERIFY(after(8h, 5s));         // a night
    QVERIFY(!after(5s, 5s));        // said once
    QVERIFY(!after(-1h, 5s));       // set back
    QVERIFY(after(10s + 1ms, 5s));
  }

  void comparesTheAddresses() {
    auto loop = makeLoop();
    int calls = 0;
    std::vector<std::string> addresses = {"eth0 192.0.2.1/255.255.255.0"};
    NetworkWatchBase watch(
        *loop, [&] { ++calls; }, [&] { return addresses; }, 1h);
    watch.check();
    QCOMPARE(calls, 0);
    addresses.emplace_back("wlan0 192.0.2.2/255.255.255.0");
    watch.check();
    QCOMPARE(calls, 1);
    watch.check();
    QCOMPARE(calls, 1);
  }

  void looksEveryPeriod() {
    auto loop = makeLoop();
    int calls = 0, looks = 0;
    NetworkWatchBase watch(
        *loop, [&] { ++calls; },
        [&] {
          ++looks;
          return std::vector<std::string>{looks < 3 ? "before" : "after"};
        },
        2ms);
    QVERIFY(runUntil(*loop, [&] { return looks >= 6; }));
    QCOMPARE(calls, 1);
  }

  void theCallbackMayDestroyTheWatch() {
    auto loop = makeLoop();
    int looks = 0;
    std::unique_ptr<NetworkWatchBase> watch;
    watch = std::make_unique<NetworkWatchBase>(
        *loop, [&] { watch.reset(); }, [&] { return std::vector<std::string>{std::to_string(++looks)}; },
        1ms);
    QVERIFY(runUntil(*loop, [&] { return watch == nullptr; }));
    runTurns(*loop, 3);
  }

  void bothImplementationsStartAndStayQuiet() {
    auto loop = makeLoop();
    int calls = 0;
    const auto preferred = NetworkWatch::start(*loop, [&] { ++calls; });
    const auto polling = startPollingNetworkWatch(*loop, [&] { ++calls; });
    QVERIFY(preferred != nullptr);
    QVERIFY(polling != nullptr);
    runTurns(*loop, 5);
    QCOMPARE(calls, 0);
    QCOMPARE(interfaceAddresses(), interfaceAddresses());
  }
};

QTEST_GUILESS_MAIN(NetworkWatchTest)
#include "network_watch_test.moc"

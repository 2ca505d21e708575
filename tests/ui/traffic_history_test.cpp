// SPDX-License-Identifier: Apache-2.0
#include "ui/models/traffic_history.h"

#include <QTest>

#include "ui/widgets/graph_scale.h"

using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;

namespace {

/// Feeds a history from a virtual clock.
struct Feed {
  TrafficHistory history;
  SteadyTime now{1000s};
  engine::TrafficCounters counters;

  void step(std::uint64_t in, std::uint64_t out = 0, std::uint64_t requests = 0,
            std::chrono::milliseconds interval = 100ms) {
    now += interval;
    counters.bytesIn += in;
    counters.bytesOut += out;
    counters.requests += requests;
    history.add(now, counters);
  }
};

bool near(double value, double expected, double tolerance) { return std::abs(value - expected) <= tolerance; }

}  // namespace

class TrafficHistoryTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void emptyAndFirstSampleHaveNoRate() {
    Feed feed;
    QCOMPARE(feed.history.current().bytesIn, 0.0);
    QVERIFY(!feed.history.nearest(feed.now));
    feed.step(1'000'000);
    QCOMPARE(feed.history.size(), std::size_t(1));
    // Bytes from before the window was opened are no rate.
    QCOMPARE(feed.history.current().bytesIn, 0.0);
    QCOMPARE(feed.history.totals().bytesIn, std::uint64_t(1'000'000));
  }

  void steadyTrafficSettlesAtItsRate() {
    Feed feed;
    for (int i = 0; i < 80; ++i) feed.step(1000, 5000, i % 2);
    const TrafficRates rates = feed.history.current();
    QVERIFY2(near(rates.bytesIn, 10'000, 50), qPrintable(QString::number(rates.bytesIn)));
    QVERIFY(near(rates.bytesOut, 50'000, 250));
    QVERIFY(near(rates.requests, 5, 0.1));
  }

  void twoSamplesMakeNoSpike() {
    Feed feed;
    feed.step(0);
    feed.step(100'000, 0, 0, 10ms);
    QVERIFY(feed.history.current().bytesIn <= 100'000);
  }

  void fewRequestsMakeACalmCurve() {
    Feed feed;
    for (int i = 0; i < 100; ++i) feed.step(0, 0, i % 4 == 0 ? 1 : 0);
    double least = 1e9;
    double most = 0;
    for (int i = 0; i < 40; ++i) {
      feed.step(0, 0, i % 4 == 0 ? 1 : 0);
      least = std::min(least, feed.history.current().requests);
      most = std::max(most, feed.history.current().requests);
    }
    QVERIFY2(most - least < 0.6, qPrintable(QString::number(most - least)));
  }

  void silenceEndsAtZero() {
    Feed feed;
    for (int i = 0; i < 30; ++i) feed.step(100'000, 100'000, 10);
    for (int i = 0; i < 150; ++i) feed.step(0);
    QCOMPARE(feed.history.current().bytesIn, 0.0);
    QCOMPARE(feed.history.current().requests, 0.0);
  }

  void slowSamplingSeesTheSameRate() {
    Feed feed;
    for (int i = 0; i < 10; ++i) feed.step(10'000, 0, 0, 1000ms);
    QVERIFY(near(feed.history.current().bytesIn, 10'000, 20));
  }

  void samplesOutOfOrderAreIgnored() {
    Feed feed;
    feed.step(100);
    feed.step(100);
    feed.history.add(feed.now - 50ms, feed.counters);
    feed.history.add(feed.now, feed.counters);
    QCOMPARE(feed.history.size(), std::size_t(2));
  }

  void countersThatGoBackBeginAnew() {
    Feed feed;
    for (int i = 0; i < 20; ++i) feed.step(1000);
    feed.counters = {};
    feed.step(10);
    QCOMPARE(feed.history.size(), std::size_t(1));
    QCOMPARE(feed.history.current().bytesIn, 0.0);
  }

  void theRingIsBounded() {
    Feed feed;
    for (std::size_t i = 0; i < TrafficHistory::kCapacity + 50; ++i) feed.step(i);
    QCOMPARE(feed.history.size(), TrafficHistory::kCapacity);
    for (std::size_t i = 1; i < feed.history.size(); ++i)
      QVERIFY(feed.history.at(i - 1).time < feed.history.at(i).time);
    // Ten a second for longer than the graph shows.
    QVERIFY(feed.history.at(feed.history.size() - 1).time - feed.history.at(0).time > TrafficHistory::kSpan);
  }

  void peakLooksAtRecentPointsOnly() {
    Feed feed;
    for (int i = 0; i < 20; ++i) feed.step(100'000);
    const SteadyTime burst = feed.now;
    for (int i = 0; i < 100; ++i) feed.step(100);
    QVERIFY(feed.history.peak(burst - 1s).bytesIn > 500'000);
    QVERIFY(feed.history.peak(feed.now - 2s).bytesIn < 5'000);
  }

  void nearestFindsBothSides() {
    Feed feed;
    for (int i = 0; i < 10; ++i) feed.step(100);
    QCOMPARE(feed.history.nearest(feed.now + 5s)->time, feed.now);
    QCOMPARE(feed.history.nearest(feed.now - 340ms)->time, feed.now - 300ms);
    QCOMPARE(feed.history.nearest(SteadyTime{})->time, feed.history.at(0).time);
  }

  void theBookFollowsTheSnapshot() {
    TrafficBook book;
    engine::Snapshot snapshot;
    snapshot.taken = SteadyTime(10s);
    snapshot.tunnels.resize(2);
    snapshot.tunnels[0].id = 7;
    snapshot.tunnels[1].id = 9;
    book.add(snapshot);
    const auto seven = book.of(7);
    QCOMPARE(seven->size(), std::size_t(1));
    snapshot.taken += 1s;
    snapshot.tunnels[1].traffic.bytesIn = 5000;
    snapshot.total.bytesIn = 5000;
    book.add(snapshot);
    QVERIFY(book.of(9)->current().bytesIn > 0);
    QVERIFY(book.total()->current().bytesIn > 0);
    QCOMPARE(book.of(7)->current().bytesIn, 0.0);
    snapshot.taken += 1s;
    snapshot.tunnels.erase(snapshot.tunnels.begin());
    book.add(snapshot);
    QCOMPARE(book.of(7)->size(), std::size_t(0));
    // Whoever still shows the removed one keeps it alive.
    QCOMPARE(seven->size(), std::size_t(2));
  }

  void roundSteps_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<double>("step");
    QTest::newRow("one") << 1.0 << 1.0;
    QTest::newRow("above one") << 1.01 << 1.5;
    QTest::newRow("0.03") << 0.03 << 0.03;
    QTest::newRow("thousands") << 3400.0 << 4000.0;
    QTest::newRow("just above five") << 51.0 << 100.0;
    QTest::newRow("power") << 1000.0 << 1000.0;
  }
  void roundSteps() {
    QFETCH(double, value);
    QFETCH(double, step);
    QVERIFY2(near(roundStep(value), step, step * 1e-6), qPrintable(QString::number(roundStep(value))));
  }

  void theScaleRisesQuicklyAndFallsLate() {
    GraphScale scale(1000);
    QCOMPARE(scale.top(), 1000.0);
    for (int i = 0; i < 40; ++i) scale.advance(90'000, 33ms);
    QCOMPARE(scale.top(), 100'000.0);
    QCOMPARE(scale.step(), 25'000.0);
    // A dip of a second does not move it.
    for (int i = 0; i < 30; ++i) scale.advance(10, 33ms);
    QCOMPARE(scale.top(), 100'000.0);
    bool moving = true;
    for (int i = 0; i < 300 && moving; ++i) moving = scale.advance(10, 33ms);
    QVERIFY(!moving);
    QCOMPARE(scale.top(), 1000.0);
  }

  void theScaleMovesSoftly() {
    GraphScale scale(1000);
    scale.fit(900);
    double before = scale.top();
    for (int i = 0; i < 60; ++i) {
      scale.advance(1'000'000, 33ms);
      QVERIFY(scale.top() >= before);
      QVERIFY(scale.top() - before < 400'000);
      before = scale.top();
    }
  }

  void theTopAlwaysHoldsThePeak() {
    for (double peak = 1; peak < 1e10; peak *= 1.37) {
      GraphScale scale(1000);
      scale.fit(peak);
      QVERIFY(scale.top() >= peak);
      QVERIFY(scale.top() <= std::max(1000.0, peak * 3));
    }
  }
};

QTEST_APPLESS_MAIN(TrafficHistoryTest)
#include "traffic_history_test.moc"

// SPDX-License-Identifier: Apache-2.0
// When a silent server is doubted, under a clock that the test moves.
#include <QTest>

#include "core/client/silence_watch.h"

using namespace adit;
using namespace adit::client;
using namespace std::chrono_literals;

namespace {

using Step = SilenceWatch::Step;

Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

}  // namespace

class SilenceWatchTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void isContentWhileTheServerIsHeard() {
    SilenceWatch watch(1s);
    watch.start(at(0s));
    for (int i = 1; i < 100; ++i) {
      const Timestamp now = watch.deadline();
      QVERIFY(watch.look(now - 300ms, 100ms, now) == Step::None);
      QVERIFY(watch.deadline() > now);
    }
  }

  void movesThenReplacesEverySecond() {
    SilenceWatch watch(1s);
    watch.start(at(0s));
    // An acknowledgement of the keep-alive packet may take four round trips, here less than the least wait.
    QVERIFY(watch.look(at(10s), 100ms, at(10s)) == Step::None);
    QCOMPARE((watch.deadline() - at(0s)).count(), Duration(11800ms).count());
    QVERIFY(watch.look(at(10s), 100ms, at(11799ms)) == Step::None);
    QVERIFY(watch.look(at(10s), 100ms, at(11800ms)) == Step::Move);
    QVERIFY(watch.look(at(10s), 100ms, at(12s)) == Step::None);
    QVERIFY(watch.look(at(10s), 100ms, at(12800ms)) == Step::Replace);
    QVERIFY(watch.look(at(10s), 100ms, at(13800ms)) == Step::Replace);
    QVERIFY(!watch.isHeard(at(10s), 100ms, at(13800ms)));
    // Heard again: from the beginning.
    QVERIFY(watch.isHeard(at(14s), 100ms, at(14100ms)));
    QVERIFY(watch.look(at(14s), 100ms, at(14800ms)) == Step::None);
    QVERIFY(watch.look(at(14s), 100ms, watch.deadline()) == Step::Move);
  }

  void waitsLongerOnALongPath() {
    SilenceWatch watch(1s);
    watch.start(at(0s));
    QVERIFY(watch.look(at(0s), 600ms, at(1900ms)) == Step::None);
    QCOMPARE((watch.deadline() - at(0s)).count(), Duration(3400ms).count());
    QVERIFY(watch.look(at(0s), 1h, at(3400ms)) == Step::None);
    QCOMPARE((watch.deadline() - at(0s)).count(), Duration(5s).count());
  }

  void aProcessThatWasStoppedReadsFirst() {
    SilenceWatch watch(1s);
    watch.start(at(0s));
    QVERIFY(watch.look(at(0s), 100ms, at(1h)) == Step::None);
    QVERIFY(watch.look(at(0s), 100ms, watch.deadline()) == Step::Move);
  }
};

QTEST_APPLESS_MAIN(SilenceWatchTest)
#include "silence_watch_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Which congestion control a connection gets, and when a queue stands in the network.
#include <QtTest>

#include "core/quic/congestion.h"
#include "core/quic/standing_queue.h"

using namespace adit;
using namespace adit::quic;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kStart{std::chrono::hours(1)};

/// A round trip every 5 ms for `time`, drawn by `rtt` from its number.
template <typename Rtt>
Timestamp feed(StandingQueue& queue, Timestamp from, Duration time, Rtt rtt) {
  const Timestamp end = from + time;
  for (int i = 0; from < end; from += 5ms, ++i) queue.sample(rtt(i), 60ms, from);
  return end;
}

}  // namespace

class PacingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void namesAreReadBack() {
    for (const Congestion each : {Congestion::Cubic, Congestion::Bbr})
      QVERIFY(parseCongestion(congestionName(each)) == each);
    QVERIFY(!parseCongestion("BBR"));
    QVERIFY(!parseCongestion(""));
  }

  void loopbackHasCubicUnlessToldOtherwise() {
    const Congestion best = hasBbr() ? Congestion::Bbr : Congestion::Cubic;
    QVERIFY(chooseCongestion(std::nullopt, true) == Congestion::Cubic);
    QVERIFY(chooseCongestion(std::nullopt, false) == best);
    QVERIFY(chooseCongestion(Congestion::Bbr, true) == best);
    QVERIFY(chooseCongestion(Congestion::Cubic, false) == Congestion::Cubic);
  }

  void whatIsMissingIsSaid() {
    QVERIFY(whyUnavailable(Congestion::Cubic).empty());
    QCOMPARE(whyUnavailable(Congestion::Bbr).empty(), hasBbr());
  }

  void longRoundTripsAloneAreAQueue() {
    StandingQueue queue;
    const Timestamp empty = feed(queue, kStart, 500ms, [](int) { return 40ms; });
    QVERIFY(!queue.stands());
    const Timestamp full = feed(queue, empty, 500ms, [](int) { return 80ms; });
    QVERIFY(queue.stands());
    feed(queue, full, 200ms, [](int) { return 41ms; });
    QVERIFY(!queue.stands());
  }

  void jitterIsNoQueue() {
    StandingQueue queue;
    feed(queue, kStart, 2s, [](int i) { return Duration(40ms) + (i * 7 % 12) * 3ms; });
    QVERIFY(!queue.stands());
  }

  void aLongerPathIsNoQueueForEver() {
    StandingQueue queue;
    const Timestamp moved = feed(queue, kStart, 1s, [](int) { return 40ms; });
    feed(queue, moved, 21s, [](int) { return 80ms; });
    QVERIFY(!queue.stands());
  }
};

QTEST_GUILESS_MAIN(PacingTest)
#include "pacing_test.moc"

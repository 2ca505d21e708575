// SPDX-License-Identifier: Apache-2.0
// What the benchmark's link does to packets, under a clock that the test moves.
#include <algorithm>
#include <cmath>
#include <vector>

#include <QTest>

#include "tests/bench/wan/impairment.h"

using namespace adit;
using namespace adit::bench;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPacket = 1250;  // 10,000 bits

Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

using Fate = Impairment::Fate;

std::vector<Impairment::Decision> offerMany(Impairment& link, std::size_t count, Duration apart) {
  std::vector<Impairment::Decision> decisions;
  for (std::size_t i = 0; i < count; ++i)
    decisions.push_back(link.offer(kPacket, at(apart * static_cast<std::int64_t>(i))));
  return decisions;
}

std::vector<std::int64_t> arrivals(const std::vector<Impairment::Decision>& decisions) {
  std::vector<std::int64_t> result;
  for (const auto& decision : decisions)
    result.push_back(decision.fate == Fate::Delivered ? (decision.arrival - at(0s)).count() : -1);
  return result;
}

}  // namespace

class ImpairmentTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void delaysEveryPacketByTheSame() {
    ImpairmentParams params;
    params.delay = 50ms;
    Impairment link(params, 1);
    for (int i = 0; i < 100; ++i) {
      const auto decision = link.offer(kPacket, at(i * 1ms));
      QVERIFY(decision.fate == Fate::Delivered);
      QCOMPARE((decision.arrival - at(i * 1ms)).count(), Duration(50ms).count());
    }
  }

  void losesTheShareThatWasAskedFor() {
    constexpr std::size_t kPackets = 200'000;
    for (const double loss : {0.001, 0.01, 0.03, 0.5}) {
      ImpairmentParams params;
      params.loss = loss;
      Impairment link(params, 7);
      offerMany(link, kPackets, 1us);
      const double expected = loss * kPackets;
      const double deviation = std::sqrt(expected * (1 - loss));
      QCOMPARE_LT(std::abs(static_cast<double>(link.counters().lost) - expected), 5 * deviation);
      QCOMPARE(link.counters().delivered + link.counters().lost, std::uint64_t{kPackets});
    }
  }

  void aSeedRepeatsItselfAndAnotherDoesNot() {
    ImpairmentParams params;
    params.delay = 20ms;
    params.jitter = 3ms;
    params.loss = 0.05;
    params.duplicates = 0.02;
    params.reordered = 0.02;
    params.displacement = 5ms;
    params.bitsPerSecond = 100e6;
    Impairment first(params, 42), same(params, 42), other(params, 43);
    const auto reference = arrivals(offerMany(first, 5000, 120us));
    QCOMPARE(arrivals(offerMany(same, 5000, 120us)), reference);
    QVERIFY(arrivals(offerMany(other, 5000, 120us)) != reference);
  }

  void serializesAtTheRate() {
    ImpairmentParams params;
    params.delay = 10ms;
    params.bitsPerSecond = 10e6;  // a packet a millisecond
    params.queueBytes = 1000 * kPacket;
    Impairment link(params, 1);
    for (int i = 0; i < 100; ++i) {
      const auto decision = link.offer(kPacket, at(0s));
      QVERIFY(decision.fate == Fate::Delivered);
      const Duration due = 10ms + (i + 1) * 1ms;
      QCOMPARE_LT(std::abs((decision.arrival - at(due)).count()), std::int64_t{1000});  // rounding
    }
  }

  void dropsWhatFindsTheQueueFull() {
    ImpairmentParams params;
    params.bitsPerSecond = 10e6;
    params.queueBytes = 20 * kPacket;
    Impairment link(params, 1);
    for (int i = 0; i < 50; ++i) link.offer(kPacket, at(0s));
    QCOMPARE(link.counters().delivered, std::uint64_t{20});
    QCOMPARE(link.counters().overflowed, std::uint64_t{30});
    // Five packets' time later there is room for five (and no rounding error's worth more).
    for (int i = 0; i < 50; ++i) link.offer(kPacket, at(5001us));
    QCOMPARE(link.counters().delivered, std::uint64_t{25});
  }

  void jitterStaysInItsRangeAndKeepsTheOrder() {
    ImpairmentParams params;
    params.delay = 50ms;
    params.jitter = 10ms;
    Impairment link(params, 5);
    Timestamp last{};
    Duration least = 1h, most = 0ms;
    for (int i = 0; i < 2000; ++i) {
      // So far apart that the order bounds nothing.
      const Timestamp now = at(i * 25ms);
      const auto decision = link.offer(kPacket, now);
      QVERIFY(decision.arrival >= last);
      last = decision.arrival;
      least = std::min(least, decision.arrival - now);
      most = std::max(most, decision.arrival - now);
    }
    QCOMPARE_GE(least.count(), Duration(40ms).count());
    QCOMPARE_LT(least.count(), Duration(41ms).count());
    QCOMPARE_LE(most.count(), Duration(60ms).count());
    QCOMPARE_GT(most.count(), Duration(59ms).count());

    Impairment crowded(params, 5);
    const auto times = arrivals(offerMany(crowded, 2000, 1us));
    QVERIFY(std::is_sorted(times.begin(), times.end()));
  }

  void displacesTheReordered() {
    ImpairmentParams params;
    params.delay = 50ms;
    params.reordered = 0.1;
    params.displacement = 5ms;
    Impairment late(params, 9);
    std::uint64_t displaced = 0;
    for (const auto time : arrivals(offerMany(late, 1000, 0us)))
      displaced += time == Duration(55ms).count() ? 1 : 0;
    QCOMPARE(displaced, late.counters().reordered);
    QCOMPARE_GT(displaced, std::uint64_t{50});

    params.displacement = -50ms;
    Impairment early(params, 9);
    for (const auto time : arrivals(offerMany(early, 1000, 0us))) QCOMPARE_GE(time, std::int64_t{0});
    QCOMPARE(early.counters().reordered, displaced);
  }

  void duplicatesTheShareThatWasAskedFor() {
    ImpairmentParams params;
    params.duplicates = 0.1;
    Impairment link(params, 3);
    offerMany(link, 10'000, 1us);
    QCOMPARE_GT(link.counters().duplicated, std::uint64_t{850});
    QCOMPARE_LT(link.counters().duplicated, std::uint64_t{1150});
  }

  void aCutPathPassesNothing() {
    Impairment link({}, 1);
    link.setCut(true);
    QVERIFY(link.offer(kPacket, at(0s)).fate == Fate::Cut);
    link.setCut(false);
    QVERIFY(link.offer(kPacket, at(1s)).fate == Fate::Delivered);
    QCOMPARE(link.counters().cut, std::uint64_t{1});
  }
};

QTEST_APPLESS_MAIN(ImpairmentTest)
#include "impairment_test.moc"

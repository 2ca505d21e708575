// SPDX-License-Identifier: Apache-2.0
// Back-off and token bucket under a clock that the test moves.
#include <algorithm>

#include <QTest>

#include "core/base/backoff.h"
#include "core/base/token_bucket.h"

using namespace adit;
using namespace std::chrono_literals;

namespace {

/// The same bytes always.
class Monotone final : public Random {
 public:
  explicit Monotone(std::uint8_t byte) : m_byte(byte) {}
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), m_byte); }

 private:
  std::uint8_t m_byte;
};

}  // namespace

class RatesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void staysShortForTwoMinutesThenGrows() {
    SeededRandom random(1);
    for (int run = 0; run < 50; ++run) {
      Backoff backoff({}, random);
      Timestamp now = fromNanoseconds(1'000'000'000);
      const Timestamp begun = now;
      Duration limit = 250ms;
      while (now - begun < 2min) {
        const Duration delay = backoff.next(now);
        QCOMPARE_GT(delay.count(), Duration::zero().count());
        QCOMPARE_LE(delay.count(), limit.count());
        QCOMPARE(backoff.limit().count(), limit.count());
        limit = std::min<Duration>(limit * 2, 1s);
        now += std::max<Duration>(delay, 100ms);
      }
      for (const Duration longer : std::initializer_list<Duration>{2s, 4s, 8s, 16s, 20s, 20s}) {
        const Duration delay = backoff.next(now);
        QCOMPARE(backoff.limit().count(), longer.count());
        QCOMPARE_LE(delay.count(), longer.count());
        now += delay;
      }
    }
  }

  void growsFromTheStartWithoutPatience() {
    SeededRandom random(4);
    BackoffParams params;
    params.patience = Duration::zero();
    Backoff backoff(params, random);
    const Timestamp now = fromNanoseconds(1'000'000'000);
    for (const Duration limit :
         std::initializer_list<Duration>{250ms, 500ms, 1s, 2s, 4s, 8s, 16s, 20s, 20s}) {
      const Duration delay = backoff.next(now);
      QCOMPARE(backoff.limit().count(), limit.count());
      QCOMPARE_LE(delay.count(), limit.count());
    }
  }

  void delaysUseTheWholeRange() {
    SeededRandom random(2);
    Duration least = Duration::max();
    Duration most = Duration::zero();
    for (int run = 0; run < 2000; ++run) {
      Backoff backoff({}, random);
      const Duration delay = backoff.next({});
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    QCOMPARE_LT(least.count(), Duration(5ms).count());
    QCOMPARE_GT(most.count(), Duration(245ms).count());
  }

  void resetBeginsAnew() {
    SeededRandom random(3);
    Backoff backoff({}, random);
    const Timestamp now = fromNanoseconds(1);
    for (int i = 0; i < 10; ++i) backoff.next(now + i * 1min);
    QCOMPARE(backoff.limit().count(), Duration(20s).count());
    backoff.reset();
    QCOMPARE(backoff.limit().count(), Duration::zero().count());
    for (int i = 0; i < 10; ++i) backoff.next(now + 1h);
    QCOMPARE(backoff.limit().count(), Duration(1s).count());
  }

  void manyFailuresDoNotOverflow() {
    Monotone random(0xff);
    BackoffParams params;
    params.first = 1s;
    params.patience = Duration::zero();
    params.ceiling = std::chrono::hours(24 * 365);
    Backoff backoff(params, random);
    for (int i = 0; i < 1000; ++i) {
      const Duration delay = backoff.next({});
      QCOMPARE_GT(delay.count(), Duration::zero().count());
      QCOMPARE_LE(delay.count(), params.ceiling.count());
    }
    Monotone small(0x80);
    params.first = params.ceiling = params.shortCeiling = 1ns;
    Backoff tiny(params, small);
    QCOMPARE(tiny.next({}).count(), Duration(1ns).count());
  }

  void aBucketGivesItsBurstThenItsRate() {
    TokenBucket bucket(5, 2);
    Timestamp now = fromNanoseconds(1'000'000'000);
    for (int i = 0; i < 5; ++i) QVERIFY(bucket.take(now));
    QVERIFY(!bucket.take(now));
    QVERIFY(!bucket.take(now + 499ms));
    QVERIFY(bucket.take(now + 501ms));
    QVERIFY(!bucket.take(now + 501ms));
    now += 1s;
    QVERIFY(!bucket.take(now + 1ms, 2));
    QVERIFY(bucket.take(now + 502ms, 2));
  }

  void aRefusalTakesNothing() {
    TokenBucket bucket(3, 1);
    const Timestamp now = fromNanoseconds(5);
    QVERIFY(!bucket.take(now, 4));
    QCOMPARE(bucket.level(now), 3.0);
    QVERIFY(bucket.take(now, 3));
    QCOMPARE(bucket.level(now), 0.0);
    QVERIFY(bucket.take(now, 0));
  }

  void aBucketNeverOverflowsOrRunsBackwards() {
    TokenBucket bucket(10, 1000);
    const Timestamp now = fromNanoseconds(1'000'000'000'000);
    QVERIFY(bucket.take(now, 10));
    QCOMPARE(bucket.level(now + std::chrono::hours(1000)), 10.0);
    QVERIFY(bucket.take(now + std::chrono::hours(1000), 10));
    // An older timestamp refills nothing, now or later.
    QVERIFY(!bucket.take(now, 1));
    QVERIFY(!bucket.take(now + std::chrono::hours(1000), 1));
  }

  void timeConvertsBothWays() {
    QVERIFY(fromNanoseconds(~0ULL) == kNever);
    QVERIFY(fromNanoseconds(toNanoseconds(kNever)) == kNever);
    QCOMPARE(toNanoseconds(fromNanoseconds(123)), std::uint64_t{123});
    const Timestamp before = MonotonicClock::now();
    QVERIFY(MonotonicClock::now() >= before);
  }
};

QTEST_APPLESS_MAIN(RatesTest)
#include "rates_test.moc"

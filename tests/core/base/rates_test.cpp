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
  void theFirstAttemptIsAtOnceAndLimitsDouble() {
    SeededRandom random(1);
    for (int run = 0; run < 200; ++run) {
      Backoff backoff({}, random);
      QCOMPARE(backoff.failures(), 0U);
      QVERIFY(backoff.next() == Duration::zero());
      Duration limit = 250ms;
      for (unsigned i = 1; i < 20; ++i) {
        const Duration delay = backoff.next();
        QVERIFY(delay > Duration::zero());
        QVERIFY(delay <= limit);
        limit = std::min<Duration>(limit * 2, 20s);
        QCOMPARE(backoff.failures(), i + 1);
      }
    }
  }

  void delaysUseTheWholeRange() {
    SeededRandom random(2);
    Duration least = Duration::max();
    Duration most = Duration::zero();
    for (int run = 0; run < 2000; ++run) {
      Backoff backoff({}, random);
      backoff.next();
      const Duration delay = backoff.next();
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    QVERIFY(least < 5ms);
    QVERIFY(most > 245ms);
  }

  void resetMeansAtOnceAgain() {
    SeededRandom random(3);
    Backoff backoff({1s, 4s}, random);
    for (int i = 0; i < 10; ++i) backoff.next();
    backoff.reset();
    QCOMPARE(backoff.failures(), 0U);
    QVERIFY(backoff.next() == Duration::zero());
    QVERIFY(backoff.next() <= Duration(1s));
  }

  void manyFailuresDoNotOverflow() {
    Monotone random(0xff);
    Backoff backoff({1s, std::chrono::hours(24 * 365)}, random);
    for (int i = 0; i < 1000; ++i) {
      const Duration delay = backoff.next();
      QVERIFY(delay >= Duration::zero() && delay <= std::chrono::hours(24 * 365));
    }
    Monotone small(0x80);
    Backoff tiny({1ns, 1ns}, small);
    tiny.next();
    QVERIFY(tiny.next() == Duration(1ns));
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

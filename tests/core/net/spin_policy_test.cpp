// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include "core/net/spin_policy.h"

using adit::Timestamp;
using adit::net::SpinPolicy;
using namespace std::chrono_literals;

class SpinPolicyTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void spinsAfterSmallWorkForItsLength() {
    SpinPolicy policy(40us);
    QVERIFY(!policy.isSpinning());
    policy.worked(500, Timestamp(1ms));
    QVERIFY(policy.isSpinning());
    policy.idled(Timestamp(1ms + 39us));
    QVERIFY(policy.isSpinning());
    policy.idled(Timestamp(1ms + 40us));
    QVERIFY(!policy.isSpinning());
  }

  void neverWithoutALength() {
    SpinPolicy policy(0us);
    policy.worked(1, Timestamp(1ms));
    QVERIFY(!policy.isSpinning());
  }

  void bulkTurnsAreFollowedBySleep() {
    SpinPolicy policy(40us);
    policy.worked(SpinPolicy::kBulkTurn, Timestamp(1ms));
    QVERIFY(!policy.isSpinning());
    policy.worked(SpinPolicy::kBulkTurn - 1, Timestamp(2ms));
    QVERIFY(policy.isSpinning());
  }

  /// Work that always comes 100 µs later: how many of many turns are followed by a spin?
  void failuresMakeSpinsRare() {
    SpinPolicy policy(40us);
    unsigned spins = 0;
    Timestamp now(1ms);
    for (int turn = 0; turn < 1000; ++turn, now += 100us) {
      policy.worked(100, now);
      spins += policy.isSpinning() ? 1 : 0;
      policy.idled(now + 50us);
      QVERIFY(!policy.isSpinning());
    }
    QVERIFY2(spins > 50, qPrintable(QString::number(spins)));
    QVERIFY2(spins < 200, qPrintable(QString::number(spins)));
  }

  /// An exchange whose first half always takes too long, and whose second never does.
  void halfOfThemFailingChangesNothing() {
    SpinPolicy policy(40us);
    Timestamp now(1ms);
    for (int turn = 0; turn < 1000; ++turn, now += 200us) {
      policy.worked(100, now);
      QVERIFY(policy.isSpinning());
      policy.idled(now + 50us);
      policy.worked(100, now + 100us);
      QVERIFY(policy.isSpinning());
      policy.worked(100, now + 120us);
    }
  }
};

QTEST_APPLESS_MAIN(SpinPolicyTest)
#include "spin_policy_test.moc"

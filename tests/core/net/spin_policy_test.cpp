// SPDX-License-Identifier: Apache-2.0
// When a loop spins, on machines that the test makes up.
#include <functional>

#include <QtTest>

#include "core/net/spin_policy.h"

using adit::Duration;
using adit::Timestamp;
using adit::net::SpinPolicy;
using namespace std::chrono_literals;

namespace {

constexpr Duration kSpin = 40us;
constexpr unsigned kTrial = SpinPolicy::kTrialBlocks * SpinPolicy::kBlockWaits;

/// Runs waits, each as long as `wait` says for one with or without a spin, and counts those with.
struct Machine {
  std::function<Duration(bool spins)> wait;
  SpinPolicy policy{kSpin};
  Timestamp now{1ms};

  unsigned run(unsigned waits) {
    unsigned spins = 0;
    for (unsigned i = 0; i < waits; ++i) {
      policy.worked(100, now);
      const bool spun = policy.isSpinning();
      spins += spun ? 1 : 0;
      const Duration length = wait(spun);
      if (length >= kSpin) policy.idled(now + kSpin);
      now += length;
      policy.arrived(now);
      now += 10us;
    }
    return spins;
  }
};

}  // namespace

class SpinPolicyTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void triesFirstAndSpinsForItsLength() {
    SpinPolicy policy(kSpin);
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
    SpinPolicy policy(kSpin);
    policy.worked(SpinPolicy::kBulkTurn, Timestamp(1ms));
    QVERIFY(!policy.isSpinning());
    policy.worked(SpinPolicy::kBulkTurn - 1, Timestamp(2ms));
    QVERIFY(policy.isSpinning());
  }

  void spinsWhereThatSparesASlowWakeUp() {
    Machine machine{[](bool spins) { return spins ? 20us : 32us; }};
    machine.run(kTrial);
    QVERIFY(machine.policy.pays());
    QCOMPARE(machine.run(SpinPolicy::kLeastBetweenTrials), SpinPolicy::kLeastBetweenTrials);
  }

  void doesNotWhereItTakesTheProcessorFromTheOther() {
    Machine machine{[](bool spins) { return spins ? 150us : 110us; }};
    QCOMPARE(machine.run(kTrial), kTrial / 2);
    QVERIFY(!machine.policy.pays());
    QCOMPARE(machine.run(SpinPolicy::kLeastBetweenTrials), 0U);
  }

  void doesNotWhereTheGainIsNotWorthIt() {
    Machine machine{[](bool spins) { return spins ? 30us : 32us; }};
    machine.run(kTrial);
    QVERIFY(!machine.policy.pays());
    // Four microseconds, but of a long wait.
    machine.wait = [](bool spins) { return spins ? 200us : 204us; };
    machine.run(SpinPolicy::kMostBetweenTrials + kTrial);
    QVERIFY(!machine.policy.pays());
  }

  void anIdleProcessSleeps() {
    Machine machine{[](bool) { return 20ms; }};
    machine.run(kTrial);
    QVERIFY(!machine.policy.pays());
    // Trials are all that is left of it, and they become rare.
    const unsigned waits = 20 * SpinPolicy::kMostBetweenTrials;
    QCOMPARE_LT(machine.run(waits), waits / 50);
  }

  void noticesThatTheMachineChanged() {
    Machine machine{[](bool spins) { return spins ? 20us : 32us; }};
    machine.run(kTrial);
    QVERIFY(machine.policy.pays());
    machine.wait = [](bool spins) { return spins ? 39us : 30us; };
    machine.run(SpinPolicy::kMostBetweenTrials + kTrial);
    QVERIFY(!machine.policy.pays());
    machine.wait = [](bool spins) { return spins ? 20us : 32us; };
    machine.run(SpinPolicy::kMostBetweenTrials + kTrial);
    QVERIFY(machine.policy.pays());
  }

  void seesThroughWaitsThatDiffer() {
    // Half of the waits are for something slow, and all vary by half of their length.
    unsigned step = 0;
    Machine machine{[&step](bool spins) -> Duration {
      ++step;
      const auto varied = [&step](std::int64_t us) { return Duration(us * (500 + (step * 7919) % 1001)); };
      if (step % 2 == 0) return varied(200);
      return varied(spins ? 22 : 45);
    }};
    machine.run(kTrial);
    QVERIFY(machine.policy.pays());
  }

  /// Spinning paid at the trial; since then work comes too late for it.
  void failuresMakeSpinsRare() {
    Machine machine{[](bool spins) { return spins ? 20us : 32us; }};
    machine.run(kTrial);
    machine.wait = [](bool) { return 100us; };
    const unsigned spins = machine.run(1000);
    QCOMPARE_GT(spins, 50U);
    QCOMPARE_LT(spins, 200U);
  }
};

QTEST_APPLESS_MAIN(SpinPolicyTest)
#include "spin_policy_test.moc"

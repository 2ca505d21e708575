// SPDX-License-Identifier: Apache-2.0
// Who gives way when visitors keep too much waiting.
#include <QTest>

#include <optional>

#include "core/server/hold_budget.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::server;

namespace {

struct Holder final : HoldBudget::Holder {
  int shed = 0;
  Duration patience = HoldBudget::kShortGrace;
  void onShed() override { ++shed; }
  [[nodiscard]] Duration grace() const noexcept override { return patience; }
  [[nodiscard]] Timestamp lastTaken() const noexcept override {
    return last.value_or(HoldBudget::Holder::lastTaken());
  }
  std::optional<Timestamp> last;
};

}  // namespace

class HoldBudgetTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void countsWhatWaits() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 1000, std::chrono::hours(1));
    Holder a, b;
    budget.update(a, 300);
    budget.update(b, 500);
    budget.update(a, 100);
    QCOMPARE(budget.total(), std::size_t{600});
    budget.update(a, 0);
    budget.update(b, 0);
    QCOMPARE(budget.total(), std::size_t{0});
    QVERIFY(!a.isLinked());
    QVERIFY(!b.isLinked());
  }

  void thoseWhoTakeNothingGiveWay() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 100'000, std::chrono::hours(1));
    Holder stuck, alsoStuck, slow;
    budget.update(stuck, 60'000);
    budget.update(alsoStuck, 30'000);
    budget.update(slow, 60'000);
    std::size_t left = 60'000;
    const bool done = net::test::runUntil(*loop, [&] {
      if (left > 50'000) budget.update(slow, left -= 500);  // it goes on taking
      return stuck.shed == 1;
    });
    QVERIFY(done);
    QCOMPARE(slow.shed, 0);
    QCOMPARE(alsoStuck.shed, 0);  // enough is free again
    QVERIFY(budget.total() <= 100'000);
    budget.update(alsoStuck, 0);
    budget.update(slow, 0);
    QCOMPARE(budget.total(), std::size_t{0});
  }

  void thoseWithALongGraceArePassedOver() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 100'000, std::chrono::hours(1));
    Holder patient, stuck;
    patient.patience = std::chrono::hours(1);
    budget.update(patient, 90'000);
    budget.update(stuck, 60'000);
    QVERIFY(net::test::runUntil(*loop, [&] { return stuck.shed == 1; }));
    QCOMPARE(patient.shed, 0);
    budget.update(patient, 0);
  }

  void theSilentGiveWayBeyondHalfOfIt() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 100'000, std::chrono::milliseconds(200));
    Holder small, large, reading;
    for (Holder* each : {&small, &large, &reading}) each->patience = std::chrono::hours(1);
    budget.update(small, 20'000);
    budget.update(large, 25'000);
    // Less than half: nobody is bothered, however long.
    const Timestamp begin = loop->now();
    QVERIFY(net::test::runUntil(*loop, [&] { return loop->now() - begin > std::chrono::milliseconds(400); }));
    QCOMPARE(large.shed + small.shed, 0);
    reading.last = loop->now() + std::chrono::hours(1);
    budget.update(reading, 30'000);
    QVERIFY(net::test::runUntil(*loop, [&] { return large.shed == 1; }));
    QCOMPARE(small.shed, 0);  // less than half again
    QCOMPARE(reading.shed, 0);
    budget.update(small, 0);
    budget.update(reading, 0);
  }

  void theSilentHaveTheirTime() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 100'000, std::chrono::hours(1));
    Holder silent;
    silent.patience = std::chrono::hours(2);
    budget.update(silent, 90'000);
    const Timestamp begin = loop->now();
    QVERIFY(net::test::runUntil(*loop, [&] { return loop->now() - begin > std::chrono::milliseconds(300); }));
    QCOMPARE(silent.shed, 0);
    budget.update(silent, 0);
  }
};

QTEST_GUILESS_MAIN(HoldBudgetTest)
#include "hold_budget_test.moc"

// SPDX-License-Identifier: Apache-2.0
// Who gives way when visitors keep too much waiting.
#include <QTest>

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
};

}  // namespace

class HoldBudgetTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void countsWhatWaits() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 1000);
    Holder a, b;
    budget.update(a, 300);
    budget.update(b, 500);
    budget.update(a, 100);
    QCOMPARE(budget.total(), std::size_t{600});
    budget.update(a, 0);
    budget.update(b, 0);
    QCOMPARE(budget.total(), std::size_t{0});
    QVERIFY(!a.isLinked() && !b.isLinked());
  }

  void thoseWhoTakeNothingGiveWay() {
    const auto loop = net::test::makeLoop();
    HoldBudget budget(*loop, 100'000);
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
    HoldBudget budget(*loop, 100'000);
    Holder patient, stuck;
    patient.patience = std::chrono::hours(1);
    budget.update(patient, 90'000);
    budget.update(stuck, 60'000);
    QVERIFY(net::test::runUntil(*loop, [&] { return stuck.shed == 1; }));
    QCOMPARE(patient.shed, 0);
    budget.update(patient, 0);
  }
};

QTEST_GUILESS_MAIN(HoldBudgetTest)
#include "hold_budget_test.moc"

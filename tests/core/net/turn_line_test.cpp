// SPDX-License-Identifier: Apache-2.0
// Who waits for a turn gets one in order, a few in each turn of the loop.
#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <QTest>

#include "core/net/turn_line.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

constexpr int kPerTurn = 4;

struct Waiter final : TurnLine::Waiter {
  Waiter(std::vector<int>& who, int own) : served(who), number(own) {}
  void onTurn() override {
    served.push_back(number);
    if (then) then();
  }
  std::vector<int>& served;
  int number;
  std::function<void()> then;
};

}  // namespace

class TurnLineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aCrowdIsSpreadOverTurns() {
    const auto loop = makeLoop();
    TurnLine line(*loop, kPerTurn);
    std::vector<int> served;
    std::vector<std::unique_ptr<Waiter>> waiters;
    for (int i = 0; i < 20; ++i) {
      waiters.push_back(std::make_unique<Waiter>(served, i));
      line.wait(*waiters.back());
      line.wait(*waiters.front());  // twice is once
    }
    QVERIFY(served.empty());
    waiters[7].reset();
    waiters[9]->leaveLine();
    waiters[9]->leaveLine();
    std::size_t before = 0, most = 0;
    QVERIFY(runUntil(*loop, [&] {
      most = std::max(most, served.size() - before);
      before = served.size();
      return before == 18;
    }));
    QVERIFY(most <= 2 * kPerTurn);  // a run looks at the timers twice, before it waits and after
    std::vector<int> expected;
    for (int i = 0; i < 20; ++i) {
      if (i != 7 && i != 9) expected.push_back(i);
    }
    QCOMPARE(served, expected);
  }

  void othersAreServedBetween() {
    const auto loop = makeLoop();
    TurnLine line(*loop, kPerTurn);
    std::vector<int> served;
    std::deque<Waiter> crowd;
    for (int i = 0; i < 200; ++i) line.wait(crowd.emplace_back(served, i));
    int posted = 0;
    std::function<void()> again = [&] {
      ++posted;
      if (served.size() < 200) loop->post(again);
    };
    loop->post(again);
    QVERIFY(runUntil(*loop, [&] { return served.size() == 200; }));
    QVERIFY(posted >= 40);
  }

  void whoServedWaitsAgainBehindTheOthers() {
    const auto loop = makeLoop();
    TurnLine line(*loop, kPerTurn);
    std::vector<int> served;
    Waiter first(served, 1), second(served, 2);
    first.then = [&] {
      if (served.size() < 7) line.wait(first);
    };
    line.wait(first);
    line.wait(second);
    QVERIFY(runUntil(*loop, [&] { return served.size() == 7; }));
    QCOMPARE(served, (std::vector<int>{1, 2, 1, 1, 1, 1, 1}));
  }

  void aTurnMayEndAnotherWaiter() {
    const auto loop = makeLoop();
    TurnLine line(*loop, kPerTurn);
    std::vector<int> served;
    auto second = std::make_unique<Waiter>(served, 2);
    Waiter first(served, 1);
    first.then = [&] { second.reset(); };
    line.wait(first);
    line.wait(*second);
    QVERIFY(runUntil(*loop, [&] { return !served.empty(); }));
    runTurns(*loop, 5);
    QCOMPARE(served, (std::vector<int>{1}));
  }
};

QTEST_GUILESS_MAIN(TurnLineTest)
#include "turn_line_test.moc"

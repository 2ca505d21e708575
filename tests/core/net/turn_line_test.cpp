// SPDX-License-Identifier: Apache-2.0
// Who waits for a turn gets one in order, a few in each turn of the loop.
#include <QTest>

#include <memory>
#include <vector>

#include "core/server/turn_line.h"
#include "tests/core/support/raw_peer.h"

using namespace adit;
using namespace adit::test;
using server::TurnLine;

namespace {

struct Waiter final : TurnLine::Waiter {
  Waiter(std::vector<int>& served, int number) : m_served(served), m_number(number) {}
  void onTurn() override { m_served.push_back(m_number); }
  std::vector<int>& m_served;
  int m_number;
};

}  // namespace

class TurnLineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aCrowdIsSpreadOverTurns() {
    const auto loop = makeLoop();
    TurnLine line(*loop);
    std::vector<int> served;
    std::vector<std::unique_ptr<Waiter>> waiters;
    for (int i = 0; i < 20; ++i) {
      waiters.push_back(std::make_unique<Waiter>(served, i));
      line.wait(*waiters.back());
      line.wait(*waiters.front());  // twice is once
    }
    QVERIFY(served.empty());
    waiters[7].reset();
    loop->runOnce();
    QVERIFY2(served.size() < 10, QByteArray::number(static_cast<qulonglong>(served.size())).constData());
    QVERIFY(runUntil(*loop, [&] { return served.size() == 19; }));
    for (std::size_t i = 0; i < served.size(); ++i) QCOMPARE(served[i], static_cast<int>(i < 7 ? i : i + 1));
  }

  void whoServedWaitsAgainBehindTheOthers() {
    const auto loop = makeLoop();
    TurnLine line(*loop);
    std::vector<int> served;
    Waiter first(served, 1), second(served, 2);
    line.wait(first);
    QVERIFY(runUntil(*loop, [&] { return served.size() == 1; }));
    line.wait(second);
    line.wait(first);
    QVERIFY(runUntil(*loop, [&] { return served.size() == 3; }));
    QCOMPARE(served, (std::vector<int>{1, 2, 1}));
  }
};

QTEST_GUILESS_MAIN(TurnLineTest)
#include "turn_line_test.moc"

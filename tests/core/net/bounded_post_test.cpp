// SPDX-License-Identifier: Apache-2.0
// A loop that falls behind does not collect what others hand to it without end.
#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

#include "core/net/bounded_post.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;

class BoundedPostTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatIsTooMuchIsDropped() {
    const auto loop = test::makeLoop();
    BoundedPost inbox(*loop, 3);
    std::vector<int> ran;
    const auto post = [&](int number) { return inbox.post([&ran, number] { ran.push_back(number); }); };
    for (int number = 1; number <= 3; ++number) QVERIFY(post(number));
    QVERIFY(!post(4));
    QVERIFY(!post(5));
    QVERIFY(test::runUntil(*loop, [&] { return ran.size() == 3; }));
    QCOMPARE(ran, std::vector<int>({1, 2, 3}));
    // There is room again, and for no more than before.
    for (int number = 6; number <= 8; ++number) QVERIFY(post(number));
    QVERIFY(!post(9));
    QVERIFY(test::runUntil(*loop, [&] { return ran.size() == 6; }));
    QCOMPARE(ran.back(), 8);
  }

  void theBoundHoldsForAllThreadsTogether() {
    constexpr std::size_t kMost = 100;
    const auto loop = test::makeLoop();  // does not run meanwhile
    BoundedPost inbox(*loop, kMost);
    std::atomic<std::size_t> taken{0};
    std::size_t ran = 0;
    std::vector<std::thread> others;
    for (int i = 0; i < 4; ++i) {
      others.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) {
          if (inbox.post([&ran] { ++ran; })) ++taken;
        }
      });
    }
    for (std::thread& each : others) each.join();
    QCOMPARE_GT(taken.load(), std::size_t{0});
    QCOMPARE_LE(taken.load(), kMost);
    QVERIFY(test::runUntil(*loop, [&] { return ran == taken; }));
  }
};

QTEST_GUILESS_MAIN(BoundedPostTest)
#include "bounded_post_test.moc"

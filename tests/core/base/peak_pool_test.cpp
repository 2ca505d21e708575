// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <QTest>

#include "core/base/peak_pool.h"

using namespace adit;

namespace {

struct Thing final : ListHook<> {
  explicit Thing(int& count) : alive(count) { ++alive; }
  ~Thing() { --alive; }
  int& alive;
};

}  // namespace

class PeakPoolTest : public QObject {
  Q_OBJECT
 private:
  int m_alive = 0;
  Thing& take(PeakPool<Thing>& pool) {
    return pool.acquire([this] { return std::make_unique<Thing>(m_alive); });
  }

 private Q_SLOTS:
  void usesWhatWasGivenBackLast() {
    PeakPool<Thing> pool(2);
    Thing& first = take(pool);
    Thing& second = take(pool);
    QCOMPARE(m_alive, 2);
    pool.release(first);
    pool.release(second);
    QCOMPARE(&take(pool), &second);
    QCOMPARE(&take(pool), &first);
    QCOMPARE(m_alive, 2);
    QCOMPARE(pool.active(), std::size_t{2});
  }

  void freesWhatNoMomentNeeded() {
    PeakPool<Thing> pool(2);
    std::vector<Thing*> lent;
    for (int i = 0; i < 1000; ++i) lent.push_back(&take(pool));
    for (Thing* thing : lent) pool.release(*thing);
    QVERIFY(pool.isTrimmable());
    pool.trim();  // the peak was in this period
    QCOMPARE(m_alive, 1000);
    for (int i = 0; i < 10; ++i) lent[static_cast<std::size_t>(i)] = &take(pool);
    for (int i = 0; i < 10; ++i) pool.release(*lent[static_cast<std::size_t>(i)]);
    pool.trim();
    QCOMPARE(m_alive, 10);
    pool.trim();
    QCOMPARE(m_alive, 2);
    QVERIFY(!pool.isTrimmable());
  }

  void keepsWhatIsInUse() {
    PeakPool<Thing> pool(0);
    std::vector<Thing*> lent;
    for (int i = 0; i < 5; ++i) lent.push_back(&take(pool));
    pool.release(*lent[0]);
    pool.trim();
    QCOMPARE(m_alive, 5);
    pool.trim();
    QCOMPARE(m_alive, 4);
    QCOMPARE(pool.active(), std::size_t{4});
  }

  void destroysAllWithItself() {
    {
      PeakPool<Thing> pool(1);
      take(pool);
      pool.release(take(pool));
      QCOMPARE(m_alive, 2);
    }
    QCOMPARE(m_alive, 0);
  }
};

QTEST_APPLESS_MAIN(PeakPoolTest)
#include "peak_pool_test.moc"

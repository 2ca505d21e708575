// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <QTest>

#include "core/net/timeout_queue.h"
#include "tests/core/support/raw_peer.h"

using namespace adit;
using namespace adit::net;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {
struct Item final : TimeoutItem {
  int fired = 0;
  bool linkedInside = false;
  std::function<void()> then;
  void onTimeout() override {
    ++fired;
    linkedInside = hasTimeout();
    if (then) then();
  }
};
}  // namespace

class TimeoutQueueTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void firesOnceInOrderAndNeverEarly() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 20ms);
    std::string order;
    Item a, b;
    Timestamp firedAt{};
    a.then = [&] { order += 'a', firedAt = loop->now(); };
    b.then = [&] { order += 'b'; };
    const Timestamp start = MonotonicClock::now();
    queue.restart(a);
    queue.restart(b);
    QVERIFY(a.hasTimeout());
    QVERIFY(runUntil(*loop, [&] { return b.fired == 1; }));
    QCOMPARE(order, std::string("ab"));
    QVERIFY(firedAt - start >= 19ms);
    QVERIFY(!a.linkedInside);
    QVERIFY(!a.hasTimeout());
    runTurns(*loop, 20);
    QCOMPARE(a.fired, 1);
  }

  void aRestartMovesToTheEnd() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 10ms);
    std::string order;
    Item a, b;
    a.then = [&] { order += 'a'; };
    b.then = [&] { order += 'b'; };
    queue.restart(a);
    queue.restart(b);
    queue.restart(a);
    QVERIFY(runUntil(*loop, [&] { return order.size() == 2; }));
    QCOMPARE(order, std::string("ba"));
    QCOMPARE(a.fired, 1);
  }

  void oneThatKeepsRestartingNeverFires() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 60ms);
    Item busy, idle;
    queue.restart(busy);
    net::Timer activity(*loop, [&] {
      queue.restart(busy);
      activity.start(5ms);
    });
    activity.start(5ms);
    queue.restart(idle);
    QVERIFY(runUntil(*loop, [&] { return idle.fired == 1; }));
    QCOMPARE(busy.fired, 0);
    activity.stop();
    QVERIFY(runUntil(*loop, [&] { return busy.fired == 1; }));
  }

  void aChangedTimeIsForLaterRestarts() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 5ms);
    std::string order;
    Item before, after;
    before.then = [&] { order += 'b'; };
    after.then = [&] { order += 'a'; };
    queue.restart(before);
    queue.setTimeout(30ms);
    const Timestamp start = MonotonicClock::now();
    queue.restart(after);
    QVERIFY(runUntil(*loop, [&] { return order.size() == 2; }));
    QCOMPARE(order, std::string("ba"));
    QVERIFY(MonotonicClock::now() - start >= 29ms);
  }

  void aCancelledOneDoesNotFire() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 5ms);
    Item cancelled, other;
    {
      Item destroyed;
      queue.restart(destroyed);
    }
    queue.restart(cancelled);
    queue.restart(other);
    cancelled.cancelTimeout();
    QVERIFY(runUntil(*loop, [&] { return other.fired == 1; }));
    QCOMPARE(cancelled.fired, 0);
  }

  void mayRestartCancelAndDestroyInside() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 5ms);
    Item again, victim;
    auto doomed = std::make_unique<Item>();
    again.then = [&] {
      if (again.fired == 1) queue.restart(again);
      victim.cancelTimeout();
      doomed.reset();
    };
    queue.restart(again);
    queue.restart(victim);
    queue.restart(*doomed);
    QVERIFY(runUntil(*loop, [&] { return again.fired == 2; }));
    QCOMPARE(victim.fired, 0);
  }

  void anItemIsInOneQueueOnly() {
    const auto loop = makeLoop();
    TimeoutQueue quick(*loop, 5ms), slow(*loop, 40ms);
    Item item, marker;
    quick.restart(item);
    slow.restart(item);
    quick.restart(marker);
    QVERIFY(runUntil(*loop, [&] { return marker.fired == 1; }));
    QCOMPARE(item.fired, 0);
    QVERIFY(runUntil(*loop, [&] { return item.fired == 1; }));
  }

  void worksAgainAfterItRanEmpty() {
    const auto loop = makeLoop();
    TimeoutQueue queue(*loop, 3ms);
    Item item;
    for (int i = 1; i <= 3; ++i) {
      queue.restart(item);
      QVERIFY(runUntil(*loop, [&] { return item.fired == i; }));
    }
  }
};

QTEST_APPLESS_MAIN(TimeoutQueueTest)
#include "timeout_queue_test.moc"

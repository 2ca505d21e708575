// SPDX-License-Identifier: Apache-2.0
// The loop's promises: order within a turn, tasks from other threads, timers that are never early, disposal,
// and that the short spin ends.
#include <atomic>
#include <map>
#include <thread>

#include <QTest>

#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

struct Step final : Flushable {
  explicit Step(std::function<void()> what) : action(std::move(what)) {}
  void flush() override { action(); }
  std::function<void()> action;
};

/// Alarms that the test lets go off.
struct HandTime final : VirtualTime {
  [[nodiscard]] Timestamp now() const noexcept override { return time; }
  std::uint64_t callAt(Timestamp due, std::function<void()> alarm) override {
    alarms.emplace(++last, std::pair(due, std::move(alarm)));
    return last;
  }
  void cancel(std::uint64_t number) noexcept override { alarms.erase(number); }
  void advance(Duration step) {
    time += step;
    for (auto next = alarms.begin(); next != alarms.end();) {
      if (next->second.first > time) {
        ++next;
        continue;
      }
      const auto due = alarms.extract(next);
      due.mapped().second();
      next = alarms.begin();
    }
  }
  Timestamp time{std::chrono::hours(1)};
  std::uint64_t last = 0;
  std::map<std::uint64_t, std::pair<Timestamp, std::function<void()>>> alarms;
};

struct Tracked final : Disposable {
  explicit Tracked(std::function<void()> what) : onDeath(std::move(what)) {}
  ~Tracked() override { onDeath(); }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  std::function<void()> onDeath;
};

constexpr LoopParams kNoSpin{Duration::zero()};

}  // namespace

class EventLoopTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void runsPhasesInOrder() {
    auto loop = makeLoop(kNoSpin);
    std::string order;
    Step late([&] { order += "late "; });
    Step quic([&] { order += "quic "; });
    Step tcp([&] { order += "tcp "; });
    loop->post([&] {
      order += "task ";
      loop->scheduleFlush(FlushPhase::Late, late);
      loop->scheduleFlush(FlushPhase::Quic, quic);
      loop->scheduleFlush(FlushPhase::Tcp, tcp);
      loop->scheduleFlush(FlushPhase::Tcp, tcp);
      loop->dispose(std::make_unique<Tracked>([&] { order += "dispose "; }));
    });
    loop->runOnce();
    QCOMPARE(order, std::string("task tcp quic late dispose "));
    loop->runOnce();
    QCOMPARE(order, std::string("task tcp quic late dispose "));
  }

  void aFlushMayScheduleALaterPhaseOfTheSameTurn() {
    auto loop = makeLoop(kNoSpin);
    std::string order;
    Step quic([&] { order += "quic "; });
    Step tcp([&] {
      order += "tcp ";
      loop->scheduleFlush(FlushPhase::Quic, quic);
    });
    loop->scheduleFlush(FlushPhase::Tcp, tcp);
    loop->runOnce();
    QCOMPARE(order, std::string("tcp quic "));
  }

  void aFlushMayScheduleAnEarlierPhaseAndItself() {
    auto loop = makeLoop(kNoSpin);
    std::string order;
    int times = 0;
    Step tcp([&] { order += "tcp "; });
    Step quic([&] {
      order += "quic ";
      loop->scheduleFlush(FlushPhase::Tcp, tcp);
    });
    Step again([&] {
      if (++times < 3) loop->scheduleFlush(FlushPhase::Late, again);
    });
    loop->scheduleFlush(FlushPhase::Quic, quic);
    loop->scheduleFlush(FlushPhase::Late, again);
    loop->runOnce();
    QCOMPARE(order, std::string("quic tcp "));
    QCOMPARE(times, 3);
  }

  void endlessFlushesLetOthersIn() {
    auto loop = makeLoop(kNoSpin);
    int times = 0;
    bool stop = false;
    Step endless([&] {
      ++times;
      if (!stop) loop->scheduleFlush(FlushPhase::Quic, endless);
    });
    loop->scheduleFlush(FlushPhase::Quic, endless);
    loop->runOnce();
    const int first = times;
    QVERIFY(first > 1);
    QVERIFY(first < 100);
    // The rest goes on without sleeping, and tasks get their turn between.
    QCOMPARE(uv_backend_timeout(loop->native()), 0);
    bool ran = false;
    loop->post([&] { ran = true; });
    loop->runOnce();
    QVERIFY(ran);
    QVERIFY(times > first);
    stop = true;
    runTurns(*loop, 2);
    QVERIFY(uv_backend_timeout(loop->native()) != 0);
  }

  void workOfTimersIsFlushedBeforeTheLoopSleeps() {
    auto loop = makeLoop(kNoSpin);
    bool flushed = false;
    Step step([&] { flushed = true; });
    Timer timer(*loop, [&] { loop->scheduleFlush(FlushPhase::Tcp, step); });
    timer.start(std::chrono::milliseconds(1));
    // One blocking turn per event: the flush must not need a further event.
    while (timer.isActive()) uv_run(loop->native(), UV_RUN_ONCE);
    uv_run(loop->native(), UV_RUN_NOWAIT);
    QVERIFY(flushed);
  }

  void destroyedFlushablesAreForgotten() {
    auto loop = makeLoop(kNoSpin);
    int flushed = 0;
    auto second = std::make_unique<Step>([&] { ++flushed; });
    Step first([&] { second.reset(); });
    loop->scheduleFlush(FlushPhase::Tcp, first);
    loop->scheduleFlush(FlushPhase::Tcp, *second);
    {
      Step gone([&] { ++flushed; });
      loop->scheduleFlush(FlushPhase::Tcp, gone);
    }
    loop->runOnce();
    QCOMPARE(flushed, 0);
  }

  void disposalsMayDisposeOfMore() {
    auto loop = makeLoop(kNoSpin);
    std::string order;
    loop->dispose(std::make_unique<Tracked>([&] {
      order += "outer ";
      loop->dispose(std::make_unique<Tracked>([&] { order += "inner "; }));
    }));
    loop->dispose(nullptr);
    QCOMPARE(order, std::string());
    loop->runOnce();
    QCOMPARE(order, std::string("outer inner "));
  }

  void tasksKeepTheirOrderPerCaller() {
    auto loop = makeLoop();
    constexpr int kThreads = 4;
    constexpr int kTasks = 2000;
    std::array<int, kThreads> next{};
    int total = 0;
    bool ordered = true;
    bool onLoopThread = true;
    std::array<std::thread, kThreads> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads[t] = std::thread([&, t] {
        for (int i = 0; i < kTasks; ++i) {
          loop->post([&, t, i] {
            ordered = ordered && next[t]++ == i;
            onLoopThread = onLoopThread && loop->isLoopThread();
            if (++total == kThreads * kTasks) loop->stop();
          });
        }
      });
    }
    loop->run();
    for (std::thread& thread : threads) thread.join();
    QCOMPARE(total, kThreads * kTasks);
    QVERIFY(ordered);
    QVERIFY(onLoopThread);
  }

  void runsOnTheThreadThatCallsRun() {
    auto loop = makeLoop();
    QVERIFY(loop->isLoopThread());
    std::atomic<bool> inside{false};
    std::thread worker([&] { loop->run(); });
    loop->post([&] {
      inside = loop->isLoopThread();
      loop->stop();
    });
    worker.join();
    QVERIFY(inside);
    QVERIFY(!loop->isLoopThread());
    // And again, on this one.
    loop->post([&] { loop->stop(); });
    loop->run();
    QVERIFY(loop->isLoopThread());
  }

  void aTaskPostedByATaskRunsInALaterTurn() {
    auto loop = makeLoop(kNoSpin);
    int ran = 0;
    loop->post([&] {
      ++ran;
      loop->post([&] { ++ran; });
    });
    loop->runOnce();
    QCOMPARE(ran, 1);
    loop->runOnce();
    QCOMPARE(ran, 2);
  }

  void theDestructorDropsTasksAndDisposes() {
    int ran = 0;
    int died = 0;
    {
      auto loop = makeLoop();
      auto token = std::make_shared<Tracked>([&] { ++died; });
      loop->post([&ran, token] { ++ran; });
      loop->dispose(std::make_unique<Tracked>([&] { ++died; }));
    }
    QCOMPARE(ran, 0);
    QCOMPARE(died, 2);
  }

  void timersAreNeverEarly() {
    auto loop = makeLoop();
    for (int i = 0; i < 30; ++i) {
      const Duration delay = std::chrono::microseconds(i * 137);
      bool fired = false;
      Timestamp at{};
      Timer timer(*loop, [&] {
        fired = true;
        at = loop->now();
      });
      const Timestamp started = MonotonicClock::now();
      timer.start(delay);
      QVERIFY(timer.isActive());
      QVERIFY(runUntil(*loop, [&] { return fired; }));
      QVERIFY(at - started >= delay);
      QVERIFY(!timer.isActive());
    }
  }

  void timersFireInTheOrderOfTheirDeadlines() {
    auto loop = makeLoop();
    std::string order;
    Timer c(*loop, [&] { order += 'c'; });
    Timer a(*loop, [&] { order += 'a'; });
    Timer b(*loop, [&] { order += 'b'; });
    c.start(std::chrono::milliseconds(9));
    a.start(Duration::zero());
    b.startAt(loop->now() + std::chrono::milliseconds(4));
    QVERIFY(runUntil(*loop, [&] { return order.size() == 3; }));
    QCOMPARE(order, std::string("abc"));
  }

  void aTimerStopsRestartsAndTakesNever() {
    auto loop = makeLoop(kNoSpin);
    int fired = 0;
    Timer timer(*loop, [&] { ++fired; });
    timer.start(Duration::zero());
    timer.stop();
    timer.stop();
    runTurns(*loop, 3);
    QCOMPARE(fired, 0);
    timer.start(Duration::max());
    QVERIFY(!timer.isActive());
    timer.start(std::chrono::hours(1));
    timer.startAt(kNever);
    QVERIFY(!timer.isActive());
    timer.start(std::chrono::hours(1));
    timer.startAt(loop->now() - std::chrono::hours(1));  // the past: at once
    runTurns(*loop, 2);
    QCOMPARE(fired, 1);
  }

  void aTimerThatRestartsAtOnceDoesNotStarveTheLoop() {
    auto loop = makeLoop(kNoSpin);
    int fired = 0;
    Timer timer(*loop, [&] {
      ++fired;
      timer.start(Duration::zero());
    });
    timer.start(Duration::zero());
    bool ran = false;
    loop->post([&] { ran = true; });
    loop->runOnce();
    QCOMPARE(fired, 1);
    QVERIFY(runUntil(*loop, [&] { return ran && fired >= 3; }));
  }

  void aTimerMayDestroyItself() {
    auto loop = makeLoop(kNoSpin);
    std::unique_ptr<Timer> timer;
    std::string text = "still here after the timer went";
    std::string seen;
    timer = std::make_unique<Timer>(*loop, [&timer, &seen, text] {
      timer.reset();
      seen = text;
    });
    timer->start(Duration::zero());
    runTurns(*loop, 2);
    QCOMPARE(seen, text);
    QVERIFY(timer == nullptr);
  }

  void aTimerMayOutliveItsLoop() {
    auto loop = makeLoop();
    Timer timer(*loop, [] {});
    timer.start(std::chrono::hours(1));
    loop.reset();
  }

  void theTurnHasOneTimestamp() {
    auto loop = makeLoop(kNoSpin);
    Timestamp inTask{}, inFlush{}, nextTurn{};
    Step step([&] { inFlush = loop->now(); });
    loop->post([&] {
      inTask = loop->now();
      const Timestamp until = MonotonicClock::now() + std::chrono::microseconds(200);
      while (MonotonicClock::now() < until) {
      }
      loop->scheduleFlush(FlushPhase::Tcp, step);
    });
    loop->runOnce();
    QVERIFY(inTask == inFlush);
    loop->post([&] { nextTurn = loop->now(); });
    loop->runOnce();
    QVERIFY(nextTurn - inTask >= std::chrono::microseconds(200));
  }

  void spinsAfterWorkAndThenSleeps() {
    auto loop = makeLoop({std::chrono::milliseconds(2)});
    loop->runOnce();
    QVERIFY(uv_backend_timeout(loop->native()) != 0);
    loop->noteWork();
    const Timestamp worked = MonotonicClock::now();
    loop->runOnce();
    QCOMPARE(loop->counters().wakeups, std::uint64_t{1});
    QCOMPARE(uv_backend_timeout(loop->native()), 0);
    // Turns without work go by until the time is over.
    while (uv_backend_timeout(loop->native()) == 0) loop->runOnce();
    QVERIFY(MonotonicClock::now() - worked >= std::chrono::milliseconds(2));
    QCOMPARE(loop->counters().wakeups, std::uint64_t{1});
  }

  void anIdleLoopTakesNoTurns() {
    auto loop = makeLoop();
    loop->noteWork();
    while (uv_backend_timeout(loop->native()) == 0 || loop->counters().wakeups == 0) loop->runOnce();
    const std::uint64_t before = loop->counters().turns;
    bool rung = false;
    Timer timer(*loop, [&] { rung = true; });
    timer.start(std::chrono::milliseconds(30));
    while (!rung) uv_run(loop->native(), UV_RUN_ONCE);
    QVERIFY2(loop->counters().turns - before <= 2,
             qPrintable(QString::number(loop->counters().turns - before)));
  }

  void withoutSpinItSleepsRightAfterWork() {
    auto loop = makeLoop(kNoSpin);
    loop->noteWork();
    loop->runOnce();
    QVERIFY(uv_backend_timeout(loop->native()) != 0);
  }

  void givesTheSlabsOfABurstBack() {
    auto loop = makeLoop({Duration::zero(), std::chrono::milliseconds(20)});
    {
      std::vector<Slab*> burst;
      for (int i = 0; i < 60; ++i) burst.push_back(loop->slabs().acquire());
      loop->runOnce();
      for (Slab* slab : burst) SlabPool::release(slab);
    }
    QCOMPARE(loop->slabs().pooled(), std::size_t{60});
    loop->runOnce();
    QCOMPARE(loop->slabs().pooled(), std::size_t{60});  // a steady load finds them again
    QVERIFY(runUntil(*loop, [&] { return loop->slabs().pooled() == 16; }));
    runTurns(*loop, 2);
    QVERIFY(uv_backend_timeout(loop->native()) == -1);  // no timer goes on ticking
  }

  void livesInAVirtualTime() {
    HandTime time;
    LoopParams params;
    params.time = &time;
    auto loop = makeLoop(params);
    QVERIFY(loop->now() == time.time);
    int fired = 0;
    auto timer = std::make_unique<Timer>(*loop, [&] { ++fired; });
    timer->start(std::chrono::hours(5));
    QVERIFY(timer->isActive());
    time.advance(std::chrono::hours(4));
    QCOMPARE(fired, 0);
    timer->start(std::chrono::hours(2));  // restarted
    time.advance(std::chrono::hours(1));
    QCOMPARE(fired, 0);
    time.advance(std::chrono::hours(1));
    QCOMPARE(fired, 1);
    QVERIFY(!timer->isActive());

    timer->start(std::chrono::seconds(1));
    timer->stop();
    QVERIFY(!timer->isActive());
    timer->start(std::chrono::seconds(1));
    timer.reset();
    QVERIFY(time.alarms.empty());
    timer = std::make_unique<Timer>(*loop, [&] {
      timer.reset();
      ++fired;
    });
    timer->start(Duration::zero());
    time.advance(Duration::zero());
    QCOMPARE(fired, 2);

    bool posted = false, gone = false;
    loop->post([&] { posted = true; });
    loop->dispose(std::make_unique<Tracked>([&] { gone = true; }));
    loop->runOnce();
    QVERIFY(posted);
    QVERIFY(gone);
  }

  void returnsMemoryOnceItIsCalm() {
    static int returned = 0;
    LoopParams params = kNoSpin;
    params.keepSlabs = std::chrono::milliseconds(1);
    params.returnMemoryAfter = std::chrono::milliseconds(1);
    params.returnMemory = []() noexcept { ++returned; };
    auto loop = makeLoop(params);
    loop->noteFreed(512 * 1024);
    Timer later(*loop, [] {});
    later.start(std::chrono::milliseconds(3));
    QVERIFY(runUntil(*loop, [&] { return !later.isActive(); }));
    QCOMPARE(returned, 0);  // not worth it
    loop->noteFreed(512 * 1024);
    QVERIFY(runUntil(*loop, [&] { return returned > 0; }));
    QCOMPARE(returned, 1);

    std::vector<Slab*> burst;
    for (int i = 0; i < 200; ++i) burst.push_back(loop->slabs().acquire());
    for (Slab* slab : burst) SlabPool::release(slab);
    QVERIFY(runUntil(*loop, [&] { return returned == 2; }));
    QCOMPARE(loop->slabs().pooled(), std::size_t{16});
  }
};

QTEST_GUILESS_MAIN(EventLoopTest)
#include "event_loop_test.moc"

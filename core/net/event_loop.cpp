// SPDX-License-Identifier: Apache-2.0
#include "core/net/event_loop.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <uv.h>

#include "core/net/loop_handle.h"
#include "core/net/spin_policy.h"

namespace adit::net {

namespace {

/// How often one turn goes through its flush lists before it lets I/O in again; the rest goes on in the next
/// turn.
constexpr int kFlushRounds = 8;
/// Slabs that are always kept for reuse.
constexpr std::size_t kSlabsKept = 16;
/// Below this the allocator is not told to return memory, as it keeps that much anyway.
constexpr std::size_t kWorthReturning = 1024 * 1024;

Error uvError(int code, std::string_view what) { return systemError(-code, what); }

}  // namespace

struct EventLoop::Impl {
  LoopParams params;
  LoopState state;
  uv_loop_t loop{};
  uv_async_t async{};
  uv_prepare_t prepare{};
  uv_check_t check{};
  uv_idle_t idle{};
  uv_timer_t trim{};
  uv_timer_t calm{};
  std::atomic<std::thread::id> thread{std::this_thread::get_id()};

  std::mutex mutex;
  std::vector<Task> posted;  // guarded by mutex
  std::vector<Task> running;

  SlabPool slabs;
  SlabWriter writer{slabs};
  std::array<IntrusiveList<Flushable, FlushTag>, kFlushPhases> flushLists;
  std::vector<std::unique_ptr<Disposable>> disposables;

  Timestamp now{};
  bool nowKnown = false;
  bool worked = false;
  std::size_t bytesMoved = 0;
  SpinPolicy spin{Duration::zero()};
  std::size_t slabPeak = 0;
  std::size_t freed = 0;  ///< Bytes, since memory was last returned.
  LoopCounters counters;

  static Impl& of(void* data) { return *static_cast<Impl*>(data); }

  Timestamp readNow() noexcept {
    if (params.time != nullptr) return params.time->now();
    if (!nowKnown) {
      now = MonotonicClock::now();
      nowKnown = true;
    }
    return now;
  }

  void runTasks() {
    {
      const std::lock_guard lock(mutex);
      running.swap(posted);
    }
    for (Task& task : running) task();
    running.clear();
  }

  [[nodiscard]] bool flushesWait() noexcept {
    return std::any_of(flushLists.begin(), flushLists.end(), [](auto& list) { return !list.empty(); });
  }

  void runFlushes() {
    for (int round = 0; round < kFlushRounds && flushesWait(); ++round) {
      for (auto& list : flushLists) {
        // Move the list first: what is scheduled inside a flush runs in the next round, so that two objects
        // which keep scheduling each other cannot hold up the other phases.
        IntrusiveList<Flushable, FlushTag> current;
        current.splice(list);
        while (Flushable* item = current.popFront()) item->flush();
      }
    }
  }

  void runDisposals() {
    while (!disposables.empty()) {
      std::vector<std::unique_ptr<Disposable>> current;
      current.swap(disposables);
    }
  }

  void endPhase() {
    runFlushes();
    runDisposals();
    slabPeak = std::max(slabPeak, slabs.live());
    if (slabs.pooled() > kSlabsKept && uv_is_active(reinterpret_cast<uv_handle_t*>(&trim)) == 0)
      startTrimTimer();
    nowKnown = false;
  }

  /// An active idle handle makes libuv poll with a time-out of zero.
  void keepAwake(bool awake) noexcept {
    if (awake == (uv_is_active(reinterpret_cast<uv_handle_t*>(&idle)) != 0)) return;
    if (awake) {
      uv_idle_start(&idle, [](uv_idle_t*) { std::this_thread::yield(); });
    } else {
      uv_idle_stop(&idle);
    }
  }

  void onPrepare() {
    endPhase();
    keepAwake(spin.isSpinning() || flushesWait());
  }

  void onCheck() {
    ++counters.turns;
    if (worked) {
      worked = false;
      ++counters.wakeups;
      spin.arrived(readNow());
      const std::size_t bytes = std::exchange(bytesMoved, 0);
      endPhase();
      // Read the clock again: the turn's time is from before its work.
      spin.worked(bytes, MonotonicClock::now());
    } else {
      if (spin.isSpinning()) spin.idled(readNow());
      endPhase();
    }
    keepAwake(spin.isSpinning() || flushesWait());
  }

  void startTrimTimer() noexcept {
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(params.keepSlabs);
    uv_timer_start(
        &trim, [](uv_timer_t* timer) { of(timer->data).trimSlabs(); },
        static_cast<std::uint64_t>(delay.count()), 0);
  }

  /// Keeps as many slabs as the last period needed at once, so that a steady load never calls the allocator.
  void trimSlabs() noexcept {
    const std::size_t before = slabs.pooled();
    slabs.trim(std::max(kSlabsKept, slabPeak - std::min(slabPeak, slabs.live())));
    slabPeak = slabs.live();
    noteFreed((before - slabs.pooled()) * sizeof(Slab));
  }

  /// Each call puts the return off, so that a steady load with peaks does not return memory that it will need
  /// again.
  void noteFreed(std::size_t bytes) noexcept {
    freed += bytes;
    if (bytes == 0 || freed < kWorthReturning) return;
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(params.returnMemoryAfter);
    uv_timer_start(
        &calm,
        [](uv_timer_t* timer) {
          Impl& self = of(timer->data);
          self.freed = 0;
          self.params.returnMemory();
        },
        static_cast<std::uint64_t>(delay.count()), 0);
  }

  Result<> init() {
    if (const int code = uv_loop_init(&loop); code != 0)
      return fail(uvError(code, "cannot create an event loop"));
    loop.data = &state;
    // async is last: it alone can fail, and the others then close with the loop.
    prepare.data = check.data = idle.data = trim.data = calm.data = async.data = this;
    uv_prepare_init(&loop, &prepare);
    uv_check_init(&loop, &check);
    uv_idle_init(&loop, &idle);
    uv_timer_init(&loop, &trim);
    uv_timer_init(&loop, &calm);
    uv_prepare_start(&prepare, [](uv_prepare_t* handle) { of(handle->data).onPrepare(); });
    uv_check_start(&check, [](uv_check_t* handle) { of(handle->data).onCheck(); });
    const int code = uv_async_init(&loop, &async, [](uv_async_t* handle) { of(handle->data).runTasks(); });
    if (code != 0) {
      closeHandles();
      return fail(uvError(code, "cannot create the event loop's wake-up"));
    }
    return {};
  }

  void closeHandles() noexcept {
    uv_walk(
        &loop,
        [](uv_handle_t* handle, void*) {
          if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
        },
        nullptr);
    while (uv_loop_close(&loop) == UV_EBUSY) uv_run(&loop, UV_RUN_DEFAULT);
  }
};

Result<std::unique_ptr<EventLoop>> EventLoop::create(LoopParams params) {
  auto impl = std::make_unique<Impl>();
  impl->params = params;
  impl->state.time = params.time;
  impl->spin = SpinPolicy(params.spin);
  if (const Result<> made = impl->init(); !made) return fail(made.error());
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(impl)));
}

EventLoop::EventLoop(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

EventLoop::~EventLoop() {
  m_impl->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  // Destroying a dropped task or a disposable may post or dispose of more.
  for (;;) {
    std::vector<Task> dropped;
    {
      const std::lock_guard lock(m_impl->mutex);
      dropped.swap(m_impl->posted);
    }
    if (dropped.empty() && m_impl->disposables.empty()) break;
    dropped.clear();
    m_impl->runDisposals();
  }
  m_impl->closeHandles();
}

void EventLoop::run() {
  m_impl->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  uv_run(&m_impl->loop, UV_RUN_DEFAULT);
}

void EventLoop::stop() { uv_stop(&m_impl->loop); }

void EventLoop::runOnce() {
  m_impl->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (m_impl->params.time != nullptr) {
    m_impl->runTasks();
    m_impl->endPhase();
    return;
  }
  uv_run(&m_impl->loop, UV_RUN_NOWAIT);
}

void EventLoop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(m_impl->mutex);
    first = m_impl->posted.empty();
    m_impl->posted.push_back(std::move(task));
  }
  if (first) uv_async_send(&m_impl->async);
}

bool EventLoop::isLoopThread() const noexcept {
  return m_impl->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void EventLoop::noteFreed(std::size_t bytes) noexcept { m_impl->noteFreed(bytes); }

Timestamp EventLoop::now() noexcept { return m_impl->readNow(); }
SlabPool& EventLoop::slabs() noexcept { return m_impl->slabs; }
SlabWriter& EventLoop::writer() noexcept { return m_impl->writer; }

void EventLoop::scheduleFlush(FlushPhase phase, Flushable& item) noexcept {
  if (!item.isLinked()) m_impl->flushLists[static_cast<std::size_t>(phase)].pushBack(item);
}

void EventLoop::dispose(std::unique_ptr<Disposable> object) {
  if (object) m_impl->disposables.push_back(std::move(object));
}

void EventLoop::noteWork(std::size_t bytes) noexcept {
  m_impl->worked = true;
  m_impl->bytesMoved += bytes;
}
const LoopCounters& EventLoop::counters() const noexcept { return m_impl->counters; }
uv_loop_s* EventLoop::native() noexcept { return &m_impl->loop; }

}  // namespace adit::net

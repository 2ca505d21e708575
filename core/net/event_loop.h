// SPDX-License-Identifier: Apache-2.0
#pragma once
// One thread's event loop, on libuv. Everything that belongs to a loop is used from its thread only; other
// threads call nothing but `post`. A turn is: timers, posted tasks and I/O callbacks, then the flush phases
// (TCP writes, then QUIC packets, then the rest), each dirty object once. After work the loop may poll
// without sleeping for a few tens of microseconds (short spin), which saves a wake-up between a request and
// its answer (spin_policy.h). An idle loop always sleeps.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/freed_memory.h"
#include "core/base/intrusive_list.h"
#include "core/base/slab.h"
#include "core/net/virtual_time.h"

struct uv_loop_s;

namespace adit::net {

class EventLoop;

/// Work to be done once at the end of a turn, however often it was scheduled in that turn. Destruction
/// cancels it.
struct FlushTag;
class Flushable : public ListHook<FlushTag> {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;
};
enum class FlushPhase : std::uint8_t { Tcp, Quic, Late };
inline constexpr std::size_t kFlushPhases = 3;

/// Objects that must not be destroyed inside their own callbacks are handed to EventLoop::dispose.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

struct LoopParams {
  /// How long to poll without sleeping after work; zero never spins.
  Duration spin = std::chrono::microseconds(40);
  /// How long the slabs of a burst are kept for the next one before their memory is given back.
  Duration keepSlabs = std::chrono::seconds(2);
  /// How long nothing more must have been freed before the allocator is asked for what it keeps.
  Duration returnMemoryAfter = std::chrono::seconds(10);
  /// Asks the allocator; tests replace it.
  void (*returnMemory)() noexcept = &returnFreedMemory;
  /// Null: the system's time. Otherwise the loop's time and its timers are of this one, which outlives them;
  /// such a loop watches no sockets, and its turns are runOnce(), to be called after every alarm.
  VirtualTime* time = nullptr;
};

/// Counted since creation; read from the loop's thread.
struct LoopCounters {
  std::uint64_t turns = 0;
  std::uint64_t wakeups = 0;  ///< Turns that did work.
};

class EventLoop {
 public:
  using Task = std::function<void()>;
  static Result<std::unique_ptr<EventLoop>> create(LoopParams params = {});
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Closes the remaining handles. Every socket and timer of the loop must have been destroyed or disposed
  /// of.
  ~EventLoop();

  /// Runs turns on the calling thread until stop(). May be called again after it returned.
  void run();
  /// Ends run() after the current turn. Loop thread; others post it.
  void stop();
  /// One turn without blocking (tests); with a virtual time, posted tasks and the end of a turn.
  void runOnce();
  /// Queues `task` for the loop's thread and wakes it. The tasks of one caller run in order. Any thread.
  /// Tasks that are queued after the loop has ended are dropped by the destructor.
  void post(Task task);
  [[nodiscard]] bool isLoopThread() const noexcept;

  /// The turn's timestamp: read once per turn on first use.
  [[nodiscard]] Timestamp now() noexcept;
  [[nodiscard]] SlabPool& slabs() noexcept;
  /// The loop's shared writer for heads and small pieces.
  [[nodiscard]] SlabWriter& writer() noexcept;

  void scheduleFlush(FlushPhase phase, Flushable& item) noexcept;
  /// Destroys `object` at the end of the turn.
  void dispose(std::unique_ptr<Disposable> object);
  /// Says that this turn did useful I/O, and how many bytes it moved (SpinPolicy).
  void noteWork(std::size_t bytes = 0) noexcept;
  /// Says that `bytes` of a peak were returned to the allocator, which is told to return them to the system
  /// when nothing more was freed for a while. Slabs are counted by the loop itself.
  void noteFreed(std::size_t bytes) noexcept;
  /// How much a stream socket may read at once, at least a slab. So much may be held while reading is paused.
  void setMostPerRead(std::size_t bytes) noexcept { m_mostPerRead = bytes; }
  [[nodiscard]] std::size_t mostPerRead() const noexcept { return m_mostPerRead; }

  [[nodiscard]] const LoopCounters& counters() const noexcept;
  [[nodiscard]] uv_loop_s* native() noexcept;

 private:
  struct Impl;
  explicit EventLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
  std::size_t m_mostPerRead = std::numeric_limits<std::size_t>::max();
};

/// One-shot timer with a resolution of a millisecond. It never fires early, and about a millisecond late at
/// most; delays above zero are at least 1 ms, and zero means the next turn. The callback may restart or
/// destroy it. The timer may be destroyed after its loop.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> callback);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();
  void start(Duration delay);
  /// Starts for an absolute time of the loop's time line; kNever stops.
  void startAt(Timestamp deadline);
  void stop() noexcept;
  [[nodiscard]] bool isActive() const noexcept;

 private:
  struct Impl;
  Impl* m_impl;  // outlives this object until libuv has closed the handle
};

/// A set of conditions. Hangup: the peer closed its direction, or the socket has an error. A failed socket
/// reports all of them.
enum class Readiness : std::uint8_t { None = 0, Readable = 1, Writable = 2, Both = 3, Hangup = 4, All = 7 };
constexpr Readiness operator|(Readiness a, Readiness b) noexcept {
  return static_cast<Readiness>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(Readiness set, Readiness any) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(any)) != 0;
}

/// Watches a native socket for readiness (level-triggered). Does not own the socket; destroy the watcher
/// before the socket is closed. May be destroyed inside its own callback.
class PollWatcher {
 public:
  class Handler {
   public:
    virtual void onReady(Readiness readiness) = 0;

   protected:
    ~Handler() = default;
  };
  PollWatcher(EventLoop& loop, std::uintptr_t nativeSocket, Handler& handler);
  PollWatcher(const PollWatcher&) = delete;
  PollWatcher& operator=(const PollWatcher&) = delete;
  ~PollWatcher();
  /// Changes the interest; setting the same interest again costs nothing. A change costs two system calls, so
  /// leave an interest on that will be wanted again, until it fires without need.
  void watch(Readiness interest);
  /// 0, or the errno value that says why the system cannot watch this descriptor; `watch` then does nothing.
  [[nodiscard]] int error() const noexcept;

 private:
  struct Impl;
  Impl* m_impl;
};

}  // namespace adit::net

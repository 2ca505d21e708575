// SPDX-License-Identifier: Apache-2.0
#pragma once
// One thread's event loop, on libuv. Everything that belongs to a loop is used from its thread only; `post`
// is the one door for others. A turn is: timers, posted tasks and I/O callbacks, then the flush phases (TCP
// writes, then QUIC packets, then the rest), each dirty object once. After work the loop may poll without
// sleeping for a few tens of microseconds (short spin), which spares a wake-up between a request and its
// answer (spin_policy.h); an idle loop always sleeps.

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

/// Work that happens once at the end of a turn. Registering twice in a turn is one call. Destruction
/// unregisters.
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
  /// What asks it; tests replace it.
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
  /// Closes what is left. Every socket and timer of the loop must be gone or be disposed of before.
  ~EventLoop();

  /// Runs turns on the calling thread until stop(). May be called again after it returned.
  void run();
  /// Ends run() after the current turn. Loop thread; others post it.
  void stop();
  /// One turn without blocking (tests); with a virtual time, posted tasks and the end of a turn.
  void runOnce();
  /// Queues `task` for the loop's thread and wakes it; in order per caller. Any thread. Tasks queued after
  /// the loop has ended are dropped by the destructor.
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
  /// Says that so many bytes of a peak were given back to the allocator: once it has been calm for a while,
  /// they are returned to the system. Slabs are counted by the loop itself.
  void noteFreed(std::size_t bytes) noexcept;
  /// What a stream socket may read at once, at least a slab: beyond a pause so much may be held.
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

/// One-shot timer with millisecond grain: never early, at most about a millisecond late, a floor of 1 ms for
/// delays above zero; zero means the next turn. The callback may restart or destroy it. The destructor works
/// after the loop's, too.
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

/// A set of conditions. Hangup: the peer closed its direction, or the socket has an error; a failed socket
/// reports all.
enum class Readiness : std::uint8_t { None = 0, Readable = 1, Writable = 2, Both = 3, Hangup = 4, All = 7 };
constexpr Readiness operator|(Readiness a, Readiness b) noexcept {
  return static_cast<Readiness>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(Readiness set, Readiness any) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(any)) != 0;
}

/// Watches a native socket for readiness (level-triggered). Owns nothing of it; destroy the watcher before
/// the socket is closed. May be destroyed inside its own callback.
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
  /// Changes the interest; the same interest again costs nothing. A change costs two system calls: leave an
  /// interest on that will be wanted again unless it fires meanwhile.
  void watch(Readiness interest);
  /// 0, or errno of why the system cannot watch this descriptor; `watch` then does nothing.
  [[nodiscard]] int error() const noexcept;

 private:
  struct Impl;
  Impl* m_impl;
};

}  // namespace adit::net

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tasks for an event loop of which only so many may wait. For what other threads hand over on behalf of
// strangers, such as datagrams: EventLoop::post has no bound of its own, so a loop that falls behind would
// collect them. Owned by whoever owns the loop, and destroyed only when nobody posts any more and the loop
// runs no more; post() is for any thread.

#include <atomic>
#include <cstddef>
#include <utility>

#include "core/net/event_loop.h"

namespace adit::net {

class BoundedPost {
 public:
  /// At most `most` tasks wait at a time.
  BoundedPost(EventLoop& loop, std::size_t most) noexcept : m_loop(loop), m_most(most) {}
  BoundedPost(const BoundedPost&) = delete;
  BoundedPost& operator=(const BoundedPost&) = delete;

  /// Queues `task` for the loop's thread. False where too many wait already: it is dropped.
  template <typename Task>
  bool post(Task task) {
    if (m_waiting.fetch_add(1, std::memory_order_relaxed) >= m_most) {
      m_waiting.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    m_loop.post([this, task = std::move(task)]() mutable {
      m_waiting.fetch_sub(1, std::memory_order_relaxed);
      task();
    });
    return true;
  }

 private:
  EventLoop& m_loop;
  const std::size_t m_most;
  std::atomic<std::size_t> m_waiting{0};
};

}  // namespace adit::net

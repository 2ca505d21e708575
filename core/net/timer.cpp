// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <uv.h>

#include "core/net/event_loop.h"
#include "core/net/loop_handle.h"

namespace adit::net {

struct Timer::Impl {
  uv_timer_t handle{};
  EventLoop* loop = nullptr;
  std::function<void()> callback;
  std::uint64_t due = 0;        // on libuv's millisecond time line
  VirtualTime* time = nullptr;  // then `handle` is not used
  std::uint64_t alarm = 0;      // of the virtual time; 0: none

  void fire() {
    auto& state = *static_cast<LoopState*>(handle.loop->data);
    state.inTimers = true;
    // The timer may be destroyed in there; this object lives on until libuv has closed the handle.
    callback();
    state.inTimers = false;
  }

  void startVirtual(Timestamp deadline) {
    if (alarm != 0) time->cancel(alarm);
    alarm = time->callAt(deadline, [this] {
      alarm = 0;
      const std::function<void()> run = callback;  // the timer may be destroyed in there
      run();
    });
  }
};

Timer::Timer(EventLoop& loop, std::function<void()> callback) : m_impl(new Impl) {
  m_impl->loop = &loop;
  m_impl->callback = std::move(callback);
  m_impl->time = static_cast<const LoopState*>(loop.native()->data)->time;
  if (m_impl->time != nullptr) return;
  m_impl->handle.data = m_impl;
  uv_timer_init(loop.native(), &m_impl->handle);
}

Timer::~Timer() {
  if (m_impl->time == nullptr) {
    closeAndDelete(m_impl, m_impl->handle);
    return;
  }
  stop();
  delete m_impl;
}

void Timer::start(Duration delay) {
  const Timestamp now = m_impl->loop->now();
  startAt(delay >= kNever - now ? kNever : now + delay);
}

void Timer::startAt(Timestamp deadline) {
  if (deadline == kNever) {
    stop();
    return;
  }
  if (m_impl->time != nullptr) {
    m_impl->startVirtual(deadline);
    return;
  }
  uv_loop_t* loop = m_impl->handle.loop;
  const std::uint64_t loopTime = uv_now(loop);
  std::uint64_t timeout = static_cast<const LoopState*>(loop->data)->inTimers ? 1 : 0;
  const Duration left = deadline - m_impl->loop->now();
  if (left > Duration::zero()) {
    // libuv adds the timeout to its cached, truncated time, so round the absolute time up: no timer fires
    // early.
    const std::uint64_t due = (uv_hrtime() + static_cast<std::uint64_t>(left.count()) + 999'999) / 1'000'000;
    timeout = std::max<std::uint64_t>(1, due - std::min(due, loopTime));
  }
  if (isActive() && m_impl->due == loopTime + timeout) return;
  m_impl->due = loopTime + timeout;
  uv_timer_start(
      &m_impl->handle, [](uv_timer_t* handle) { static_cast<Impl*>(handle->data)->fire(); }, timeout, 0);
}

void Timer::stop() noexcept {
  if (m_impl->time == nullptr) {
    uv_timer_stop(&m_impl->handle);
  } else if (m_impl->alarm != 0) {
    m_impl->time->cancel(std::exchange(m_impl->alarm, 0));
  }
}

bool Timer::isActive() const noexcept {
  if (m_impl->time != nullptr) return m_impl->alarm != 0;
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&m_impl->handle)) != 0;
}

}  // namespace adit::net

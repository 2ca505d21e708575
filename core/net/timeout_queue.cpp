// SPDX-License-Identifier: Apache-2.0
#include "core/net/timeout_queue.h"

namespace adit::net {

TimeoutQueue::TimeoutQueue(EventLoop& loop, Duration timeout)
    : m_loop(loop), m_timeout(timeout), m_timer(loop, [this] { expire(); }) {}

void TimeoutQueue::restart(TimeoutItem& item) {
  item.m_due = m_loop.now() + m_timeout;
  m_items.pushBack(item);
  if (!m_timer.isActive()) m_timer.start(m_timeout);
}

void TimeoutQueue::expire() {
  const Timestamp now = m_loop.now();
  while (TimeoutItem* item = m_items.front()) {
    if (item->m_due > now) {
      m_timer.start(item->m_due - now);
      return;
    }
    item->cancelTimeout();
    item->onTimeout();
  }
}

}  // namespace adit::net

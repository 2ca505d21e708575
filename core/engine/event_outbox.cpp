// SPDX-License-Identifier: Apache-2.0
#include "core/engine/event_outbox.h"

#include <iterator>

#include "core/client/client.h"

namespace adit::engine {

namespace {

constexpr std::size_t kMaxEvents = 1000;
constexpr Duration kWakeInterval = std::chrono::milliseconds(100);

}  // namespace

void EventOutbox::close() {
  {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
  }
  // The timer belongs to the client's loop: it is destroyed on that thread, before the loop is.
  if (m_client != nullptr) m_client->post([this] { m_wakeTimer.reset(); });
}

void EventOutbox::push(Event event) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_events.size() >= kMaxEvents) m_events.pop_front();
    m_events.push_back(std::move(event));
    if (m_wakePending || m_closed || !m_wake) return;
    m_wakePending = true;
  }
  m_client->post([this] { scheduleWake(); });
}

std::vector<Event> EventOutbox::take() {
  const std::lock_guard lock(m_mutex);
  std::vector<Event> events(std::make_move_iterator(m_events.begin()),
                            std::make_move_iterator(m_events.end()));
  m_events.clear();
  return events;
}

void EventOutbox::scheduleWake() {
  if (m_wakeTimer == nullptr) {
    m_wakeTimer = std::make_unique<net::Timer>(m_client->eventLoop(), [this] {
      {
        const std::lock_guard lock(m_mutex);
        m_wakePending = false;
      }
      m_lastWake = m_client->eventLoop().now();
      m_wake();
    });
  }
  const Duration since = m_client->eventLoop().now() - m_lastWake;
  m_wakeTimer->start(since >= kWakeInterval ? Duration::zero() : kWakeInterval - since);
}

}  // namespace adit::engine

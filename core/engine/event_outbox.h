// SPDX-License-Identifier: Apache-2.0
#pragma once
// The events that wait for the engine's receiver, and the wake-ups that tell it to take them: from the
// client's thread, at most ten times a second. Owned by the engine; push() and take() may be called from any
// thread.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/types.h"
#include "core/net/event_loop.h"

namespace adit::client {
class Client;
}

namespace adit::engine {

class EventOutbox {
 public:
  /// `wake` may be empty: then nobody is woken.
  explicit EventOutbox(std::function<void()> wake) : m_wake(std::move(wake)) {}
  /// From now on wake-ups come from this client's thread. Before the first push.
  void attach(client::Client& client) { m_client = &client; }
  /// The last wake-up was given. Must be called while the client's thread still runs; what is pushed later is
  /// kept, but nobody is woken for it.
  void close();

  /// Keeps 1,000 events: when there are more, the oldest are dropped.
  void push(Event event);
  /// All events, oldest first.
  std::vector<Event> take();

 private:
  void scheduleWake();

  const std::function<void()> m_wake;
  client::Client* m_client = nullptr;
  std::mutex m_mutex;  // guards the next three
  std::deque<Event> m_events;
  bool m_wakePending = false;
  bool m_closed = false;

  // The client's thread only:
  std::unique_ptr<net::Timer> m_wakeTimer;
  Timestamp m_lastWake{};
};

}  // namespace adit::engine

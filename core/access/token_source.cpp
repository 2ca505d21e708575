// SPDX-License-Identifier: Apache-2.0
#include "core/access/token_source.h"

#include <utility>

namespace adit::access {

TokenWatcher::TokenWatcher(std::shared_ptr<TokenStore> store, Duration interval)
    : m_store(std::move(store)),
      m_interval(interval),
      m_current(m_store->snapshot()),
      m_thread([this] { run(); }) {}

TokenWatcher::~TokenWatcher() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

std::shared_ptr<const TokenSnapshot> TokenWatcher::current() const {
  const std::lock_guard lock(m_mutex);
  return m_current;
}

void TokenWatcher::setListener(Listener listener) {
  const std::lock_guard listening(m_listening);
  m_listener = std::move(listener);
  const std::lock_guard lock(m_mutex);
  ++m_listeners;
  m_refreshes.clear();
}

void TokenWatcher::refresh(std::function<void()> done) {
  {
    const std::lock_guard lock(m_mutex);
    m_refreshes.push_back(std::move(done));
  }
  m_wake.notify_all();
}

void TokenWatcher::look() {
  auto fresh = m_store->snapshot();
  {
    const std::lock_guard lock(m_mutex);
    if (fresh == m_current) return;
    m_current = fresh;
  }
  const std::lock_guard listening(m_listening);
  if (m_listener) m_listener(fresh);
}

void TokenWatcher::run() {
  std::unique_lock lock(m_mutex);
  for (;;) {
    m_wake.wait_for(lock, m_interval, [this] { return m_stop || !m_refreshes.empty(); });
    if (m_stop) return;
    const std::vector<std::function<void()>> refreshes = std::exchange(m_refreshes, {});
    const std::uint64_t listeners = m_listeners;
    lock.unlock();
    look();
    if (!refreshes.empty()) {
      const std::lock_guard listening(m_listening);
      lock.lock();
      const bool forgotten = listeners != m_listeners;
      lock.unlock();
      if (!forgotten) {
        for (const auto& done : refreshes) done();
      }
    }
    lock.lock();
  }
}

}  // namespace adit::access

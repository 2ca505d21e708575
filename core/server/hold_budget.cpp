// SPDX-License-Identifier: Apache-2.0
#include "core/server/hold_budget.h"

#include "core/base/log.h"

namespace adit::server {

namespace {

/// A visitor that takes this much in the grace time is slow, not absent.
constexpr std::size_t kEnough = 4 * 1024;
constexpr Duration kInterval = std::chrono::milliseconds(100);

}  // namespace

HoldBudget::HoldBudget(net::EventLoop& loop, std::size_t bytes)
    : m_loop(loop), m_bytes(bytes), m_timer(loop, [this] { shed(); }) {}

void HoldBudget::update(Holder& holder, std::size_t waiting) {
  if (waiting < holder.m_waiting) holder.m_moved += holder.m_waiting - waiting;
  m_total = m_total - holder.m_waiting + waiting;
  holder.m_waiting = waiting;
  ListHook<HoldTag>& hook = holder;
  if (waiting == 0) {
    hook.unlink();
    holder.m_moved = 0;
    return;
  }
  if (!hook.isLinked() || holder.m_moved >= kEnough) {
    holder.m_moved = 0;
    holder.m_since = m_loop.now();
    m_holders.pushBack(holder);
  }
  if (m_total > m_bytes && !m_timer.isActive()) m_timer.start(kInterval);
}

HoldBudget::Holder* HoldBudget::findStuck() {
  for (Holder* holder = m_holders.front(); holder != nullptr; holder = m_holders.next(*holder)) {
    const Duration still = m_loop.now() - holder->m_since;
    if (still < kShortGrace) break;  // those behind it took something later
    if (still >= holder->grace()) return holder;
  }
  return nullptr;
}

void HoldBudget::shed() {
  std::size_t count = 0;
  while (m_total > m_bytes) {
    Holder* holder = findStuck();
    if (holder == nullptr) break;
    update(*holder, 0);
    holder->onShed();
    ++count;
  }
  if (count > 0) logWarning("server", "{} answers given up: their visitors do not read them", count);
  if (m_total > m_bytes) m_timer.start(kInterval);
}

}  // namespace adit::server

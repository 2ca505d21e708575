// SPDX-License-Identifier: Apache-2.0
#include "core/server/hold_budget.h"

#include <algorithm>

#include "core/base/log.h"

namespace adit::server {

namespace {

/// A visitor that takes this much in the grace time is slow, not absent.
constexpr std::size_t kEnough = 4 * 1024;
constexpr Duration kInterval = std::chrono::milliseconds(100);
/// How often all holders are looked at for the silent ones, at most; and within the time they have.
constexpr Duration kScanInterval = std::chrono::seconds(1);
constexpr int kScans = 4;

}  // namespace

HoldBudget::HoldBudget(net::EventLoop& loop, std::size_t bytes, Duration silence)
    : m_loop(loop), m_bytes(bytes), m_silence(silence), m_timer(loop, [this] { look(); }) {}

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
  watch();
}

void HoldBudget::watch() {
  if (isBusy() && !m_timer.isActive()) m_timer.start(kInterval);
}

HoldBudget::Holder* HoldBudget::findStuck() {
  for (Holder* holder = m_holders.front(); holder != nullptr; holder = m_holders.next(*holder)) {
    const Duration still = m_loop.now() - holder->m_since;
    if (still < kShortGrace) break;  // those behind it took something later
    if (still >= holder->grace()) return holder;
  }
  return nullptr;
}

void HoldBudget::shed(Holder& holder) {
  update(holder, 0);
  holder.onShed();
}

/// Beyond the budget: those who took next to nothing for the longest time.
std::size_t HoldBudget::shedStuck() {
  std::size_t count = 0;
  while (m_total > m_bytes) {
    Holder* holder = findStuck();
    if (holder == nullptr) break;
    shed(*holder);
    ++count;
  }
  return count;
}

/// Beyond half of it: those who have been silent for long, who holds most first.
std::size_t HoldBudget::shedSilent() {
  const Timestamp now = m_loop.now();
  if (now < m_nextScan) return 0;
  m_nextScan = now + std::min(kScanInterval, m_silence / kScans);
  m_silent.clear();
  for (Holder* holder = m_holders.front(); holder != nullptr; holder = m_holders.next(*holder)) {
    if (now - holder->lastTaken() >= m_silence) m_silent.push_back(holder);
  }
  std::sort(m_silent.begin(), m_silent.end(),
            [](const Holder* a, const Holder* b) { return a->m_waiting > b->m_waiting; });
  std::size_t count = 0;
  for (Holder* holder : m_silent) {
    if (!isBusy()) break;
    if (holder->m_waiting == 0) continue;  // went with another of its connection
    shed(*holder);
    ++count;
  }
  return count;
}

void HoldBudget::look() {
  const std::size_t count = shedStuck() + (isBusy() ? shedSilent() : 0);
  if (count > 0) logWarning("server", "{} answers given up: their visitors do not read them", count);
  watch();
}

}  // namespace adit::server

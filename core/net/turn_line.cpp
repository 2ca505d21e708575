// SPDX-License-Identifier: Apache-2.0
#include "core/server/turn_line.h"

namespace adit::server {

namespace {

/// Of them in a turn.
constexpr int kAtOnce = 4;

}  // namespace

TurnLine::TurnLine(net::EventLoop& loop) : m_timer(loop, [this] { next(); }) {}

void TurnLine::wait(Waiter& waiter) {
  if (static_cast<ListHook<TurnTag>&>(waiter).isLinked()) return;
  m_line.pushBack(waiter);
  if (!m_timer.isActive()) m_timer.start(Duration::zero());
}

void TurnLine::next() {
  for (int i = 0; i < kAtOnce; ++i) {
    Waiter* waiter = m_line.popFront();
    if (waiter == nullptr) return;
    waiter->onTurn();
  }
  if (!m_line.empty()) m_timer.start(Duration::zero());
}

}  // namespace adit::server

// SPDX-License-Identifier: Apache-2.0
#include "core/net/turn_line.h"

namespace adit::net {

TurnLine::TurnLine(EventLoop& loop, int perTurn) : m_perTurn(perTurn), m_timer(loop, [this] { next(); }) {}

void TurnLine::wait(Waiter& waiter) {
  if (static_cast<ListHook<TurnTag>&>(waiter).isLinked()) return;
  m_line.pushBack(waiter);
  // A timer fires in a later turn, so the loop's other work comes first.
  if (!m_timer.isActive()) m_timer.start(Duration::zero());
}

void TurnLine::next() {
  for (int i = 0; i < m_perTurn; ++i) {
    Waiter* waiter = m_line.popFront();
    if (waiter == nullptr) return;
    waiter->onTurn();
  }
  if (!m_line.empty()) m_timer.start(Duration::zero());
}

}  // namespace adit::net

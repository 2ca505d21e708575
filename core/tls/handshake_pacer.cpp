// SPDX-License-Identifier: Apache-2.0
#include "core/tls/handshake_pacer.h"

namespace adit::tls {

namespace {

/// A few milliseconds' worth.
constexpr int kStepsPerTurn = 8;

}  // namespace

HandshakePacer::HandshakePacer(net::EventLoop& loop) : m_loop(loop), m_nextTurn(loop, [this] { flush(); }) {}

void HandshakePacer::enqueue(PacedHandshake& handshake) {
  ListHook<PacedTag>& hook = handshake;
  if (hook.isLinked()) return;
  m_line.pushBack(handshake);
  if (!m_nextTurn.isActive()) m_loop.scheduleFlush(net::FlushPhase::Tcp, *this);
}

void HandshakePacer::flush() {
  // The timer is what ends this turn's steps: others are served before it fires.
  for (int i = 0; i < kStepsPerTurn; ++i) {
    PacedHandshake* handshake = m_line.popFront();
    if (handshake == nullptr) return;
    handshake->proceed();
  }
  if (!m_line.empty()) m_nextTurn.start(Duration::zero());
}

}  // namespace adit::tls

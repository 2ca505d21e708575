// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_gate.h"

#include <algorithm>
#include <cstring>

namespace adit::server {

VisitorGate::VisitorGate(const ServerLimits& limits, std::size_t capacity) noexcept
    : m_capacity(capacity),
      m_perAddress(limits.connectionsPerAddress),
      m_fromLoopback(limits.connectionsFromLoopback) {}

VisitorGate::Key VisitorGate::keyOf(const net::SocketAddress& peer) noexcept {
  const std::string_view bytes = peer.ipBytes();
  Key key;
  key.ipv6 = bytes.size() == 16;
  // All of this machine is one address, whichever of 127.0.0.0/8 it takes.
  if (!peer.isLoopback()) std::memcpy(&key.bits, bytes.data(), std::min(bytes.size(), sizeof key.bits));
  return key;
}

VisitorGate::Verdict VisitorGate::admit(const net::SocketAddress& peer) {
  const std::size_t most = peer.isLoopback() ? m_fromLoopback : m_perAddress;
  const std::lock_guard lock(m_mutex);
  if (isFull()) return Verdict::Full;
  std::size_t& count = m_counts[keyOf(peer)];
  if (count >= most) return Verdict::AddressFull;
  ++count;
  m_inside.fetch_add(1, std::memory_order_relaxed);
  return Verdict::Admitted;
}

void VisitorGate::enter(const net::SocketAddress& peer) {
  const std::lock_guard lock(m_mutex);
  ++m_counts[keyOf(peer)];
  m_inside.fetch_add(1, std::memory_order_relaxed);
}

void VisitorGate::leave(const net::SocketAddress& peer) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_counts.find(keyOf(peer));
  if (found == m_counts.end()) return;
  if (--found->second == 0) m_counts.erase(found);
  m_inside.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace adit::server

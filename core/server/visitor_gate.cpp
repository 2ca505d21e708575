// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_gate.h"

#include <algorithm>

#include "core/server/proxy_fields.h"

namespace adit::server {

std::size_t VisitorGate::capacity(const ServerLimits& limits) const noexcept {
  const std::size_t left =
      m_descriptors > limits.spareDescriptors ? m_descriptors - limits.spareDescriptors : 1;
  return std::min(left, limits.connections);
}

VisitorGate::Verdict VisitorGate::admit(const net::SocketAddress& peer, const ServerLimits& limits,
                                        const std::vector<net::Network>& trusted) {
  const bool speaksForMany = peer.isLoopback() || isTrusted(trusted, peer);
  const std::size_t most = speaksForMany ? limits.connectionsFromLoopback : limits.connectionsPerAddress;
  const std::lock_guard lock(m_mutex);
  if (isFull(limits)) return Verdict::Full;
  std::size_t& count = m_counts[VisitorKey::of(peer)];
  if (count >= most) return Verdict::AddressFull;
  ++count;
  m_inside.fetch_add(1, std::memory_order_relaxed);
  return Verdict::Admitted;
}

void VisitorGate::enter(const net::SocketAddress& peer) {
  const std::lock_guard lock(m_mutex);
  ++m_counts[VisitorKey::of(peer)];
  m_inside.fetch_add(1, std::memory_order_relaxed);
}

void VisitorGate::leave(const net::SocketAddress& peer) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_counts.find(VisitorKey::of(peer));
  if (found == m_counts.end()) return;
  if (--found->second == 0) m_counts.erase(found);
  m_inside.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace adit::server

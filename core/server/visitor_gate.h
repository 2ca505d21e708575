// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts visitors' connections over all workers and says who may come in: at most ServerLimits::connections
// together, and a smaller number from one address (an IPv4 address, or the /64 of an IPv6 one, which a single
// subscriber holds). This machine itself and trusted proxies have a limit of their own, because a proxy in
// front of the server speaks for many visitors. The limits are passed with each call, so that a changed
// configuration applies at once.
// Shared by the workers; any thread.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/net/address.h"
#include "core/net/network.h"
#include "core/server/limits.h"
#include "core/server/visitor_key.h"

namespace adit::server {

class VisitorGate {
 public:
  enum class Verdict : std::uint8_t {
    Admitted,
    AddressFull,  ///< Close it: its address has as many connections as it may.
    Full,         ///< Stop accepting for a while.
  };
  /// `descriptors`: how many file descriptors the system leaves for visitors and
  /// ServerLimits::spareDescriptors.
  explicit VisitorGate(std::size_t descriptors) noexcept : m_descriptors(descriptors) {}
  /// Counts a connection of `peer` if the verdict is Admitted. `trusted`: the proxies that speak for many.
  Verdict admit(const net::SocketAddress& peer, const ServerLimits& limits,
                const std::vector<net::Network>& trusted = {});
  /// Counts a connection that was admitted before once more, whatever the limits say: it moves to another
  /// object, and the one that it leaves calls leave() afterwards.
  void enter(const net::SocketAddress& peer);
  void leave(const net::SocketAddress& peer);
  [[nodiscard]] std::size_t inside() const noexcept { return m_inside.load(std::memory_order_relaxed); }
  /// How many visitors there may be: as configured, and as the descriptors allow; at least one.
  [[nodiscard]] std::size_t capacity(const ServerLimits& limits) const noexcept;
  [[nodiscard]] bool isFull(const ServerLimits& limits) const noexcept {
    return inside() >= capacity(limits);
  }

 private:
  const std::size_t m_descriptors;
  std::atomic<std::size_t> m_inside{0};
  std::mutex m_mutex;
  std::unordered_map<VisitorKey, std::size_t, VisitorKeyHash> m_counts;  ///< Guarded by m_mutex.
};

}  // namespace adit::server

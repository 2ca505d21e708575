// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts visitors' connections over all workers and says who may come in: so many in all, so many from one
// address (an IPv4 address, or the /64 of an IPv6 one, which a single subscriber holds). This machine itself
// and trusted proxies have a limit of their own, because a proxy in front of the server speaks for many.
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
    AddressFull,  ///< Close it: the address has its share.
    Full,         ///< Stop accepting for a while.
  };
  /// `capacity`: connections in all. `trusted`: proxies, each of which may have as many as this machine.
  VisitorGate(const ServerLimits& limits, std::size_t capacity, std::vector<net::Network> trusted = {});
  Verdict admit(const net::SocketAddress& peer);
  /// Counts one once more that was admitted before (it moves, and leaves where it was), whatever the limits
  /// say.
  void enter(const net::SocketAddress& peer);
  void leave(const net::SocketAddress& peer);
  [[nodiscard]] std::size_t inside() const noexcept { return m_inside.load(std::memory_order_relaxed); }
  [[nodiscard]] bool isFull() const noexcept { return inside() >= m_capacity; }

 private:
  const std::size_t m_capacity;
  const std::size_t m_perAddress;
  const std::size_t m_fromLoopback;
  const std::vector<net::Network> m_trusted;
  std::atomic<std::size_t> m_inside{0};
  std::mutex m_mutex;
  std::unordered_map<VisitorKey, std::size_t, VisitorKeyHash> m_counts;  ///< Guarded.
};

}  // namespace adit::server

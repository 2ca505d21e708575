// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts visitors' connections over all workers and says who may come in: so many in all, so many from one
// address (an IPv4 address, or the /64 of an IPv6 one, which a single subscriber holds). This machine itself
// has a limit of its own, because a proxy in front of the server speaks for many. Shared by the workers; any
// thread.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "core/net/address.h"
#include "core/server/limits.h"

namespace adit::server {

class VisitorGate {
 public:
  enum class Verdict : std::uint8_t {
    Admitted,
    AddressFull,  ///< Close it: the address has its share.
    Full,         ///< Stop accepting for a while.
  };
  /// `capacity`: connections in all.
  VisitorGate(const ServerLimits& limits, std::size_t capacity) noexcept;
  Verdict admit(const net::SocketAddress& peer);
  /// Counts one once more that was admitted before (it moves, and leaves where it was), whatever the limits
  /// say.
  void enter(const net::SocketAddress& peer);
  void leave(const net::SocketAddress& peer);
  [[nodiscard]] std::size_t inside() const noexcept { return m_inside.load(std::memory_order_relaxed); }
  [[nodiscard]] bool isFull() const noexcept { return inside() >= m_capacity; }

 private:
  struct Key {
    std::uint64_t bits = 0;
    bool ipv6 = false;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::uint64_t>{}(key.bits * 0x9e3779b97f4a7c15ULL) ^ (key.ipv6 ? 1U : 0U);
    }
  };
  static Key keyOf(const net::SocketAddress& peer) noexcept;

  const std::size_t m_capacity;
  const std::size_t m_perAddress;
  const std::size_t m_fromLoopback;
  std::atomic<std::size_t> m_inside{0};
  std::mutex m_mutex;
  std::unordered_map<Key, std::size_t, KeyHash> m_counts;  ///< Guarded.
};

}  // namespace adit::server

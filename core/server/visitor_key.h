// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which visitors count as one: those of an IPv4 address, or of the /64 of an IPv6 one, which a single
// subscriber holds. A value; any thread.

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

#include "core/net/subscriber.h"

namespace adit::server {

struct VisitorKey {
  std::uint64_t bits = 0;  // holds net::kSubscriberPrefix bytes
  bool ipv6 = false;

  /// All addresses that are not known are one, and so is all of this machine.
  static VisitorKey of(const net::SocketAddress& visitor) noexcept {
    const std::string_view bytes = net::subscriberBytes(visitor);
    VisitorKey key;
    key.ipv6 = bytes.size() == net::kSubscriberPrefix;
    if (!visitor.isLoopback() && !bytes.empty()) std::memcpy(&key.bits, bytes.data(), bytes.size());
    return key;
  }
  bool operator==(const VisitorKey&) const = default;
};

struct VisitorKeyHash {
  std::size_t operator()(const VisitorKey& key) const noexcept {
    return std::hash<std::uint64_t>{}(key.bits * 0x9e3779b97f4a7c15ULL) ^ (key.ipv6 ? 1U : 0U);
  }
};

}  // namespace adit::server

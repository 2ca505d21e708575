// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's connections whose peers are not authenticated yet: handshakes in progress, and connections whose
// peer has not logged in (Link::markAdmitted). They share a bounded number of places, which are counted by
// address (the /64 of an IPv6 address), so that a host that takes many of them does not keep others out. Part
// of an EndpointImpl, which owns the connections; its thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/intrusive_list.h"
#include "core/net/address.h"

namespace adit::quic {

/// What Newcomers remembers about a connection, which derives from it.
class Newcomer : public ListHook<struct NewcomersByAge>, public ListHook<struct NewcomersOfAddress> {
 private:
  friend class Newcomers;
  std::array<std::uint8_t, 16> m_address{};
  Timestamp m_since{};
};

class Newcomers {
 public:
  /// A newcomer that takes longer than this, which an honest handshake does not, gives way when places are
  /// short.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  void add(Newcomer& newcomer, const net::SocketAddress& from, Timestamp now);
  /// Does nothing if it is not among the newcomers (any more).
  void remove(Newcomer& newcomer) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  /// All places are taken and a new connection arrives from `from`: which newcomer gives way. The oldest of
  /// the address with the most places, if that has at least two more than `from`; otherwise the oldest of
  /// all, if it is older than kPatience; otherwise none (null).
  [[nodiscard]] Newcomer* whoGivesWayTo(const net::SocketAddress& from, Timestamp now) noexcept;

 private:
  using Key = std::array<std::uint8_t, 16>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
    }
  };
  struct Address {
    IntrusiveList<Newcomer, NewcomersOfAddress> newcomers;  ///< Oldest first.
    std::size_t count = 0;
  };
  static Key keyOf(const net::SocketAddress& address) noexcept;

  std::unordered_map<Key, Address, KeyHash> m_addresses;
  IntrusiveList<Newcomer, NewcomersByAge> m_byAge;
  std::size_t m_size = 0;
};

}  // namespace adit::quic

// SPDX-License-Identifier: Apache-2.0
#include "core/quic/newcomers.h"

#include <algorithm>

#include "core/net/subscriber.h"

namespace adit::quic {

Newcomers::Key Newcomers::keyOf(const net::SocketAddress& address) noexcept {
  Key key{};
  const std::string_view bytes = net::subscriberBytes(address);
  std::copy(bytes.begin(), bytes.end(), key.begin());
  key.back() = static_cast<std::uint8_t>(bytes.size());  // an IPv4 address is no prefix of an IPv6 one
  return key;
}

void Newcomers::add(Newcomer& newcomer, const net::SocketAddress& from, Timestamp now) {
  newcomer.m_address = keyOf(from);
  newcomer.m_since = now;
  Address& address = m_addresses[newcomer.m_address];
  address.newcomers.pushBack(newcomer);
  ++address.count;
  m_byAge.pushBack(newcomer);
  ++m_size;
}

void Newcomers::remove(Newcomer& newcomer) noexcept {
  ListHook<NewcomersByAge>& byAge = newcomer;
  if (!byAge.isLinked()) return;
  byAge.unlink();
  ListHook<NewcomersOfAddress>& ofAddress = newcomer;
  ofAddress.unlink();
  --m_size;
  const auto address = m_addresses.find(newcomer.m_address);
  if (address != m_addresses.end() && --address->second.count == 0) m_addresses.erase(address);
}

Newcomer* Newcomers::whoGivesWayTo(const net::SocketAddress& from, Timestamp now) noexcept {
  const auto own = m_addresses.find(keyOf(from));
  const std::size_t held = own == m_addresses.end() ? 0 : own->second.count;
  Address* most = nullptr;
  for (auto& [key, address] : m_addresses) {
    if (most == nullptr || address.count > most->count) most = &address;
  }
  if (most != nullptr && most->count > held + 1) return most->newcomers.front();
  Newcomer* oldest = m_byAge.front();
  return oldest != nullptr && now - oldest->m_since >= kPatience ? oldest : nullptr;
}

}  // namespace adit::quic

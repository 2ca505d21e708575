// SPDX-License-Identifier: Apache-2.0
#include "core/server/tunnel_load.h"

#include <algorithm>

namespace adit::server {

namespace {

/// Addresses that are kept though they have nothing in flight, besides as many as have.
constexpr std::size_t kIdleAddresses = 64;

}  // namespace

bool TunnelLoad::hasShare(const PlaceRequest& request, std::uint32_t free,
                          std::uint32_t percent) const noexcept {
  if (!request.visitor) return true;
  const auto found = m_byVisitor.find(*request.visitor);
  if (found == m_byVisitor.end()) return true;
  const std::uint64_t share = std::uint64_t{free} * percent / 100;
  return found->second < std::max<std::uint64_t>(share, kLeastShare);
}

void TunnelLoad::enter(const std::optional<VisitorKey>& visitor) {
  ++m_active;
  if (!visitor) return;
  if (m_byVisitor.size() > 2 * std::size_t{m_active} + kIdleAddresses) forgetIdle();
  ++m_byVisitor[*visitor];
}

void TunnelLoad::leave(const std::optional<VisitorKey>& visitor) noexcept {
  --m_active;
  if (!visitor) return;
  const auto found = m_byVisitor.find(*visitor);
  if (found != m_byVisitor.end()) --found->second;
}

void TunnelLoad::awaitContent(Waiter& waiter, Timestamp now) noexcept {
  waiter.m_since = now;
  m_waiting.pushBack(waiter);
}

void TunnelLoad::awaitMore(Waiter& waiter, Timestamp now) noexcept {
  waiter.m_since = now;
  m_pausing.pushBack(waiter);
}

bool TunnelLoad::makeRoom(Timestamp now) {
  Waiter* waiter = m_waiting.front();
  if (waiter == nullptr || now - waiter->m_since < kPatience) {
    waiter = m_pausing.front();
    if (waiter == nullptr || now - waiter->m_since < kPausePatience) return false;
  }
  static_cast<ListHook<ContentTag>*>(waiter)->unlink();
  waiter->onGiveWay();
  return true;
}

void TunnelLoad::forgetIdle() noexcept {
  std::erase_if(m_byVisitor, [](const auto& each) { return each.second == 0; });
}

}  // namespace adit::server

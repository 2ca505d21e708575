// SPDX-License-Identifier: Apache-2.0
#include "core/server/login_guard.h"

#include <algorithm>

#include "core/net/subscriber.h"

namespace adit::server {

namespace {
constexpr unsigned kFailuresAllowed = 5;
constexpr Duration kWindow = std::chrono::minutes(1);
constexpr Duration kShutOut = std::chrono::minutes(1);
constexpr std::size_t kMaxEntries = 10'000;
}  // namespace

std::string LoginGuard::keyFor(const net::SocketAddress& peer) {
  return std::string(net::subscriberBytes(peer));
}

bool LoginGuard::allows(const net::SocketAddress& peer, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_entries.find(keyFor(peer));
  return found == m_entries.end() || found->second.shutUntil <= now;
}

void LoginGuard::noteFailure(const net::SocketAddress& peer, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const std::string key = keyFor(peer);
  if (m_entries.size() >= kMaxEntries && !m_entries.contains(key)) makeRoom(now);
  Entry& entry = m_entries[key];
  if (entry.windowEnds <= now) entry = Entry{0, now + kWindow, {}};
  if (++entry.failures >= kFailuresAllowed) entry.shutUntil = now + kShutOut;
}

void LoginGuard::makeRoom(Timestamp now) {
  std::erase_if(m_entries, [now](const auto& entry) {
    return entry.second.windowEnds <= now && entry.second.shutUntil <= now;
  });
  if (m_entries.size() < kMaxEntries) return;
  // Who is shut out goes last: many addresses with one failure each must not let a guesser back in.
  const auto isOlder = [now](const auto& a, const auto& b) {
    const bool aShut = a.second.shutUntil > now;
    const bool bShut = b.second.shutUntil > now;
    return aShut != bShut ? bShut : a.second.windowEnds < b.second.windowEnds;
  };
  m_entries.erase(std::min_element(m_entries.begin(), m_entries.end(), isOlder));
}

}  // namespace adit::server

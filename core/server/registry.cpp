// SPDX-License-Identifier: Apache-2.0
// Sessions that come and go; what they declare is in registry_names.cpp.
#include "core/server/registry.h"

#include <cstring>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/process.h"
#include "core/session/holder_text.h"
#include "core/session/tunnel_name.h"

namespace adit::server {

using routing::NameBook;
using routing::NameRecord;
using routing::RouteEntry;
using routing::RouteTable;

namespace {
/// Lost sessions that are forgotten in a call, which holds the mutex.
constexpr int kForgetsPerCall = 64;
}  // namespace

Registry::Registry(RegistryParams params, const ConfigSource& config)
    : m_params(std::move(params)),
      m_config(config),
      m_address(std::make_shared<PublicAddress>()),
      m_names(m_params.names, *this),
      m_table(std::make_shared<RouteTable>()),
      m_routes(m_table) {}

std::size_t Registry::InstanceHash::operator()(const InstanceKey& key) const noexcept {
  std::size_t hash = 0;  // any part of a SHA-256 is as good as a hash
  std::memcpy(&hash, key.device.sha256.data(), sizeof hash);
  return hash ^ std::hash<std::string>{}(key.instance);
}

void Registry::setPublicAddress(PublicAddress address) {
  const std::lock_guard lock(m_mutex);
  m_address = std::make_shared<PublicAddress>(std::move(address));
}

std::size_t Registry::sessionCount() const {
  const std::lock_guard lock(m_mutex);
  return m_sessions.size() + m_lost.size();
}

void Registry::beginEdit(Timestamp now) {
  m_edit.emplace(m_table);
  m_names.expire(now);
  forgetLost(now);
}

void Registry::endEdit() {
  auto table = m_edit->finish();
  m_edit.reset();
  if (table == m_table) return;
  m_table = table;
  m_routes.publish(std::move(table));
}

std::shared_ptr<const RouteEntry> Registry::routeOf(const NameRecord& record) const {
  auto entry = std::make_shared<RouteEntry>();
  entry->name = record.name;
  entry->principal = record.owner->principal;
  entry->offlineUntil = record.shownUntil;
  if (const auto holder = m_sessions.find(record.holder); holder != m_sessions.end()) {
    const Session& session = holder->second;
    if (session.suspended) {
      entry->offlineUntil = session.shownUntil;
    } else {
      entry->servers.push_back({record.holder, session.worker, record.tunnel});
    }
  }
  return entry;
}

void Registry::onNameChanged(const NameRecord& record) {
  if (record.holder == 0 && record.shownUntil == kNever) {
    m_edit->erase(record.name);
  } else {
    m_edit->set(routeOf(record));
  }
  if (m_collects && (record.holder == 0 || !record.keptAsHeld)) {
    record.keptAsHeld = record.holder != 0;
    m_changes.push_back({reservationOf(record), false});
  }
}

void Registry::onNameFreed(const NameRecord& record) {
  m_edit->erase(record.name);
  if (m_collects) m_changes.push_back({reservationOf(record), true});
}

Result<> Registry::makeRoomForSession() {
  while (m_sessions.size() + m_lost.size() >= m_params.maxSessions) {
    if (m_lostOrder.empty())
      return fail(ErrorCode::Overloaded, "the server has as many sessions as it can; try again later");
    m_lost.erase(m_lostOrder.front());
    m_lostOrder.pop_front();
  }
  return {};
}

void Registry::forgetLost(Timestamp now) {
  for (int i = 0; i < kForgetsPerCall && !m_lostOrder.empty(); ++i) {
    const auto lost = m_lost.find(m_lostOrder.front());
    if (lost->second.until > now) return;
    m_lost.erase(lost);
    m_lostOrder.pop_front();
  }
}

std::optional<Registry::Lost> Registry::takeLost(const InstanceKey& key) {
  auto found = m_lost.extract(key);
  if (found.empty()) return std::nullopt;
  m_lostOrder.erase(found.mapped().place);
  return std::move(found.mapped());
}

Result<Registry::Registered> Registry::addSession(Newcomer newcomer, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  beginEdit(now);
  Registered result;
  const InstanceKey key{newcomer.device, std::move(newcomer.instance)};
  Session session{key, std::move(newcomer.principal), newcomer.worker, std::move(newcomer.self)};
  std::vector<std::pair<std::uint64_t, NameRecord*>> before;  // what the instance's session had
  std::string principalBefore;
  if (const auto older = m_byInstance.find(key); older != m_byInstance.end()) {
    const auto displaced = m_sessions.find(older->second);
    result.displaced = SessionPlace{displaced->second.worker, displaced->first};
    before.assign(displaced->second.tunnels.begin(), displaced->second.tunnels.end());
    principalBefore = displaced->second.principal->id;
    m_sessions.erase(displaced);
    m_byInstance.erase(older);
  } else if (auto lost = takeLost(key); lost && lost->until > now) {
    principalBefore = lost->principal;
    for (const auto& [tunnel, name] : lost->tunnels) {
      NameRecord* record = m_names.find(name, now);
      if (record != nullptr && record->holder == 0 && record->owner->principal->id == principalBefore)
        before.emplace_back(tunnel, record);
    }
  }
  if (auto room = makeRoomForSession(); !room) {
    endEdit();
    return fail(std::move(room.error()));
  }
  result.id = m_nextSession++;
  const bool samePrincipal = session.principal->id == principalBefore;
  Session& added = m_sessions.emplace(result.id, std::move(session)).first->second;
  m_byInstance.emplace(key, result.id);
  for (const auto& [tunnel, record] : before) {
    if (samePrincipal) {
      added.tunnels.set(tunnel, *record);
      result.tunnels.push_back(tunnel);
      m_names.hold(*record, result.id, tunnel);
    } else if (record->holder != 0) {
      m_names.leave(*record, NameBook::Visitors::AreTold, now);
    }
  }
  endEdit();
  return result;
}

void Registry::suspendSession(SessionId id, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end() || found->second.suspended) return;
  beginEdit(now);
  found->second.suspended = true;
  found->second.shownUntil = now + m_params.names.shown;
  for (const auto& [tunnel, record] : found->second.tunnels) m_edit->set(routeOf(*record));
  endEdit();
}

void Registry::removeSession(SessionId id, Departure departure, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end()) return;  // displaced: the newer session has its names
  beginEdit(now);
  const Session session = std::move(found->second);
  m_sessions.erase(found);
  m_byInstance.erase(session.key);
  Lost lost{session.principal->id, {}, now + m_params.lostFor, m_lostOrder.end()};
  for (const auto& [tunnel, record] : session.tunnels) {
    lost.tunnels.emplace_back(tunnel, record->name);
    m_names.leave(*record, NameBook::Visitors::AreTold, now);
  }
  if (departure == Departure::Lost) {
    lost.place = m_lostOrder.insert(m_lostOrder.end(), session.key);
    m_lost.emplace(session.key, std::move(lost));
  }
  endEdit();
}

void Registry::setTokens(std::shared_ptr<const access::TokenSnapshot> tokens, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  beginEdit(now);
  m_tokens = std::move(tokens);
  for (const std::string& principal : m_names.principals())
    m_names.setActive(principal, m_tokens->hasPrincipal(principal), now);
  endEdit();
}

routing::Reservation Registry::reservationOf(const NameRecord& record) {
  return {record.name,   record.owner->principal->id, record.chosen, record.holder != 0,
          record.leftAt, record.reservedUntil};
}

void Registry::restore(const std::vector<routing::Reservation>& reservations, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  beginEdit(now);
  for (const routing::Reservation& kept : reservations) m_names.restore(kept, now);
  endEdit();
}

void Registry::collectChanges() {
  const std::lock_guard lock(m_mutex);
  m_collects = true;
}

std::vector<routing::ReservationChange> Registry::takeChanges() {
  const std::lock_guard lock(m_mutex);
  // Called every second: what is due is looked after where nobody comes or goes, too.
  beginEdit(MonotonicClock::now());
  endEdit();
  return std::exchange(m_changes, {});
}

std::vector<routing::Reservation> Registry::reservations() {
  const std::lock_guard lock(m_mutex);
  m_changes.clear();
  std::vector<routing::Reservation> all;
  all.reserve(m_names.size());
  m_names.forEach([&all](const NameRecord& record) {
    record.keptAsHeld = record.holder != 0;
    all.push_back(reservationOf(record));
  });
  return all;
}

}  // namespace adit::server

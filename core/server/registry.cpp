// SPDX-License-Identifier: Apache-2.0
#include "core/server/registry.h"

#include <unordered_set>

#include <spdlog/fmt/fmt.h>

namespace adit::server {

Registry::Registry(RegistryParams params)
    : m_params(std::move(params)), m_names(m_params.grace), m_table(std::make_shared<RouteTable>()) {}

std::shared_ptr<const RouteTable> Registry::routes() const {
  const std::lock_guard lock(m_mutex);
  return m_table;
}

void Registry::setPublicAddress(PublicAddress address) {
  const std::lock_guard lock(m_mutex);
  m_address = std::move(address);
}

wire::TunnelAnswer Registry::accept(std::uint64_t tunnel, const std::string& name) const {
  const bool secure = m_address.scheme == http::Scheme::Https;
  const std::string host = fmt::format("{}.{}", name, m_params.domain);
  wire::TunnelAnswer answer{tunnel, true, name, fmt::format("{}://{}", secure ? "https" : "http", host),
                            {},     {}};
  if (m_address.port != (secure ? 443 : 80)) answer.url += fmt::format(":{}", m_address.port);
  if (secure) {
    answer.plainPort = m_address.plainPort;
    answer.selfSigned = m_address.selfSigned && m_address.selfSigned(host);
  }
  return answer;
}

void Registry::publish(std::shared_ptr<RouteTable> table) {
  m_table = std::move(table);
  m_version.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<RouteTable> Registry::copyTable(Timestamp now) const {
  auto table = std::make_shared<RouteTable>(*m_table);
  std::erase_if(table->routes,
                [now](const auto& entry) { return !entry.second.online && entry.second.keptUntil <= now; });
  return table;
}

void Registry::takeOffline(RouteTable& table, const Session& session, Timestamp now) const {
  for (const auto& [id, name] : session.names) {
    const auto found = table.routes.find(name);
    if (found == table.routes.end()) continue;
    found->second.online = false;
    found->second.keptUntil = now + m_params.grace;
  }
}

Registry::Registered Registry::addSession(const tls::Pin& key, unsigned worker) {
  const std::lock_guard lock(m_mutex);
  Registered result;
  for (const auto& [id, session] : m_sessions) {
    if (session.key == key) result.displaced = SessionPlace{session.worker, id};
  }
  // The displaced session's routes stay until the new one declares: its requests in flight end by themselves.
  result.id = m_nextSession++;
  Session session{key, worker};
  if (result.displaced) {
    session.names = std::move(m_sessions[result.displaced->id].names);
    m_sessions.erase(result.displaced->id);
  }
  m_sessions.emplace(result.id, std::move(session));
  return result;
}

wire::Declared Registry::apply(SessionId id, const wire::Declare& declare, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  wire::Declared declared{declare.revision, {}};
  const auto found = m_sessions.find(id);
  const auto refuse = [&declared](std::uint64_t tunnel, ErrorCode code, std::string message) {
    declared.answers.push_back({tunnel, false, {}, {}, std::string(toString(code)), std::move(message)});
  };
  if (found == m_sessions.end()) {
    for (const auto& tunnel : declare.tunnels)
      refuse(tunnel.id, ErrorCode::TakenOver, "a newer connection has this session");
    return declared;
  }
  Session& session = found->second;
  auto table = copyTable(now);

  std::unordered_map<std::uint64_t, std::string> names;
  std::unordered_set<std::string> used;
  for (const auto& tunnel : declare.tunnels) {
    if (tunnel.kind != wire::TunnelKind::Http) {
      refuse(tunnel.id, ErrorCode::Unsupported, "this server carries HTTP tunnels only");
      continue;
    }
    if (names.contains(tunnel.id)) {
      refuse(tunnel.id, ErrorCode::InvalidArgument, "this tunnel id is declared twice");
      continue;
    }
    if (names.size() >= m_params.maxTunnels) {
      refuse(tunnel.id, ErrorCode::LimitExceeded,
             fmt::format("at most {} tunnels a client", m_params.maxTunnels));
      continue;
    }
    const auto kept = session.names.find(tunnel.id);
    const bool chooses = tunnel.name.empty();
    auto name = m_names.acquire(chooses && kept != session.names.end() ? kept->second : tunnel.name,
                                session.key, now, m_random);
    if (!name) {
      refuse(tunnel.id, name.error().code, name.error().detail);
      continue;
    }
    if (!used.insert(*name).second) {
      refuse(tunnel.id, ErrorCode::NameTaken,
             fmt::format("another of your tunnels is named '{}' already", *name));
      continue;
    }
    table->routes[*name] = Route{!session.suspended, session.worker, id, tunnel.id,
                                 session.suspended ? now + m_params.grace : kNever};
    declared.answers.push_back(accept(tunnel.id, *name));
    names.emplace(tunnel.id, std::move(*name));
  }
  for (const auto& [tunnel, name] : session.names) {
    if (used.contains(name)) continue;
    m_names.release(name, session.key);
    table->routes.erase(name);
  }
  session.names = std::move(names);
  publish(std::move(table));
  return declared;
}

void Registry::suspendSession(SessionId id, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end()) return;
  found->second.suspended = true;
  auto table = copyTable(now);
  takeOffline(*table, found->second, now);
  publish(std::move(table));
}

void Registry::removeSession(SessionId id, Departure departure, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end()) return;  // displaced: the newer session has its names
  auto table = copyTable(now);
  takeOffline(*table, found->second, now);
  if (departure == Departure::Lost) {
    m_names.ownerGone(found->second.key, now);
  } else {
    for (const auto& [tunnel, name] : found->second.names) m_names.release(name, found->second.key);
  }
  m_sessions.erase(found);
  publish(std::move(table));
}

}  // namespace adit::server

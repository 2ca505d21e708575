// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/link_server.h"

#include <algorithm>
#include <utility>

#include "core/wire/stream_head.h"

namespace adit::sim {

using namespace std::chrono_literals;
using server::ClientLink;
using server::Destination;
using server::Registry;
using server::SessionId;

namespace {

constexpr transport::AppErrorCode codeOf(wire::AppError error) noexcept {
  return static_cast<transport::AppErrorCode>(error);
}

server::ServerConfig configuration() {
  server::ServerConfig config;
  config.domain = SimServer::kDomain;
  return config;
}

}  // namespace

void SimVisit::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  answer += asText(data);
  stream.consume(data.size());
  if (fin) outcome = Outcome::Answered;
}

void SimVisit::onStreamReset(transport::Stream& stream, transport::AppErrorCode why) {
  if (outcome != Outcome::Pending) return;
  outcome = Outcome::Reset;
  code = why;
  stream.reset(codeOf(wire::AppError::VisitorGone));
}

void SimVisit::onStreamClosed(transport::Stream&) {
  if (outcome == Outcome::Pending) outcome = Outcome::Closed;
}

SimServer::SimServer(SimSchedule& schedule, net::EventLoop& loop, Tokens tokens)
    : m_schedule(schedule),
      m_loop(loop),
      m_tokens(std::move(tokens)),
      m_config(configuration()),
      m_registry({}, m_config),
      m_routes(m_registry.routes()),
      m_services{loop, 0, m_registry, m_guard, m_kinds, static_cast<server::LinkHost&>(*this)} {
  m_registry.setTokens(m_tokens, schedule.now());
}

SimServer::~SimServer() {
  for (SimLink* link : m_connections) {
    link->wire().oracle.isStopped = true;
    link->vanish();
  }
}

void SimServer::restore(const std::vector<routing::Reservation>& kept) {
  m_registry.restore(kept, m_schedule.now());
}

void SimServer::later(std::function<void()> what) {
  m_schedule.after(m_schedule.upTo(2ms), [alive = std::weak_ptr(m_alive), run = std::move(what)] {
    if (!alive.expired()) run();
  });
}

void SimServer::onAccepted(SimLink& link) {
  m_connections.push_back(&link);
  if (interceptor && interceptor(link)) return;
  auto made = std::make_unique<ClientLink>(m_services, link);
  ClientLink* key = made.get();
  m_links.emplace(key, std::move(made));
}

ClientLink* SimServer::find(SessionId id) {
  const auto found = m_sessions.find(id);
  return found == m_sessions.end() ? nullptr : found->second;
}

SimWire* SimServer::wireOf(SessionId session) {
  ClientLink* link = find(session);
  return link == nullptr ? nullptr : &wireOf(*link);
}

void SimServer::addSession(SessionId id, ClientLink& link) { m_sessions[id] = &link; }

void SimServer::takeOver(const Registry::SessionPlace& displaced) {
  // Every route has to lead to the newer connection before the older one hears of it.
  for (const char* name : kNames) {
    const Destination destination = lookUp(name);
    if (destination.kind == Destination::Kind::Here && destination.session == displaced.id)
      blame(std::string("section 2.5: at a take-over the route of '") + name +
            "' leads to the older session");
  }
  if (ClientLink* link = find(displaced.id)) wireOf(*link).oracle.isDisplaced = true;
  later([this, id = displaced.id] {
    if (ClientLink* link = find(id)) link->takenOver();
  });
}

void SimServer::withdraw(const std::vector<Registry::Withdrawal>& withdrawals) {
  for (const Registry::Withdrawal& each : withdrawals) {
    later([this, id = each.from.id, message = each.message] {
      if (ClientLink* link = find(id)) link->withdraw(message);
    });
  }
}

void SimServer::probe(const std::vector<Registry::SessionPlace>& holders, SessionId asker) {
  for (const Registry::SessionPlace& holder : holders) {
    const auto settle = [this, asker, id = holder.id](bool answered) {
      later([this, asker, id, answered] {
        if (ClientLink* link = find(asker)) link->settle(id, answered);
      });
    };
    later([this, id = holder.id, settle] {
      if (ClientLink* link = find(id)) {
        link->probe(settle);
      } else {
        settle(false);
      }
    });
  }
}

void SimServer::forget(ClientLink& link) {
  const auto found = m_links.find(&link);
  if (found == m_links.end()) return;
  m_loop.dispose(std::move(found->second));
  m_links.erase(found);
}

void SimServer::setTokens(Tokens tokens) {
  m_tokens = std::move(tokens);
  m_registry.setTokens(m_tokens, m_schedule.now());
  for (auto& [key, link] : m_links) link->checkToken();
}

void SimServer::drain(Duration deadline) {
  m_draining = true;
  for (auto& [key, link] : m_links) link->drain(deadline);
}

void SimServer::closeAll() {
  for (SimLink* link : m_connections) {
    link->wire().oracle.isStopped = true;
    link->close(codeOf(wire::AppError::Draining), "the server stopped");
  }
}

Destination SimServer::lookUp(const std::string& name) {
  const std::string authority = name + "." + kDomain;
  server::RequestOrigin visitor;
  visitor.authority = authority;
  return server::findDestination(*m_routes.current(), {kDomain, 0, m_schedule.now()}, visitor);
}

SimVisit* SimServer::visit(const std::string& name) {
  const Destination destination = lookUp(name);
  if (destination.kind != Destination::Kind::Here) return nullptr;
  ClientLink* link = find(destination.session);
  if (link == nullptr) {
    blame("section 2.5: the route of '" + name + "' leads to a session that is gone");
    return nullptr;
  }
  SimWire& wire = wireOf(*link);
  if (wire.oracle.isDisplaced) blame("section 2.5: the route of '" + name + "' leads to a displaced session");
  if (wire.server.isClosing()) return nullptr;
  if (!link->isReady()) {
    blame("section 2.8: the route of '" + name + "' leads to a session that drains");
    return nullptr;
  }
  if (link->loadOf(destination.tunnel) == nullptr) {
    blame("the route of '" + name + "' leads to a tunnel that the session has not");
    return nullptr;
  }
  transport::Stream* stream = wire.server.openStream();
  if (stream == nullptr) return nullptr;
  m_visits.push_back(std::make_unique<SimVisit>());
  stream->setHandler(m_visits.back().get());
  std::uint8_t head[wire::kMaxStreamHead];
  const wire::StreamHead what{wire::StreamKind::Http, destination.tunnel, {}, http::Scheme::Http};
  stream->sendCopy({head, wire::writeStreamHead(what, head)});
  stream->finish();
  return m_visits.back().get();
}

}  // namespace adit::sim

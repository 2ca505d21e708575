// SPDX-License-Identifier: Apache-2.0
#include "tests/ui/fake_engine.h"

#include <algorithm>

namespace adit::ui::test {

using engine::LinkState;
using engine::TunnelState;

FakeEngine::FakeEngine(std::function<void()> wake)
    : m_wake(std::move(wake)), m_clock([] { return std::chrono::steady_clock::now(); }) {
  m_snapshot.revision = 1;
  m_snapshot.link = {.state = LinkState::Online,
                     .server = "this computer",
                     .embedded = true,
                     .error = {},
                     .hasError = false,
                     .retryIn = {},
                     .roundTripMs = 0.3};
}

engine::TunnelSnapshot* FakeEngine::find(engine::TunnelId id) {
  const auto it = std::ranges::find(m_snapshot.tunnels, id, &engine::TunnelSnapshot::id);
  return it == m_snapshot.tunnels.end() ? nullptr : &*it;
}

void FakeEngine::changed(engine::TunnelId id) {
  if (const auto* tunnel = find(id)) added(engine::TunnelChanged{id, *tunnel});
}

void FakeEngine::added(engine::Event event) {
  ++m_snapshot.revision;
  m_events.push_back(std::move(event));
  if (m_wake) m_wake();
}

void FakeEngine::declare(engine::TunnelSnapshot& tunnel) {
  const bool online = m_prompt && m_snapshot.link.state == LinkState::Online;
  tunnel.state = online ? TunnelState::Online : TunnelState::Connecting;
  tunnel.hasError = false;
  tunnel.heldElsewhere = false;
  if (online) tunnel.url = "http://" + tunnel.name + "." + m_domain;
}

Result<engine::TunnelId> FakeEngine::addTunnel(const engine::TunnelSpec& spec, bool started) {
  const std::lock_guard lock(m_mutex);
  if (m_refusal) return fail(*std::exchange(m_refusal, std::nullopt));
  engine::TunnelSnapshot tunnel;
  tunnel.id = m_nextId++;
  tunnel.spec = spec;
  tunnel.name = spec.name.empty() ? "brave-otter" : spec.name;
  if (started) declare(tunnel);
  m_snapshot.tunnels.push_back(tunnel);
  changed(tunnel.id);
  return tunnel.id;
}

Result<> FakeEngine::changeTunnel(engine::TunnelId id, const engine::TunnelSpec& spec) {
  const std::lock_guard lock(m_mutex);
  if (m_refusal) return fail(*std::exchange(m_refusal, std::nullopt));
  auto* tunnel = find(id);
  if (tunnel == nullptr) return fail(ErrorCode::NotFound, "gone");
  tunnel->spec = spec;
  if (!spec.name.empty()) tunnel->name = spec.name;
  if (tunnel->state != TunnelState::Stopped) declare(*tunnel);
  changed(id);
  return {};
}

void FakeEngine::removeTunnel(engine::TunnelId id) {
  const std::lock_guard lock(m_mutex);
  std::erase_if(m_snapshot.tunnels, [id](const auto& tunnel) { return tunnel.id == id; });
  added(engine::TunnelRemoved{id});
}

void FakeEngine::startTunnel(engine::TunnelId id) {
  const std::lock_guard lock(m_mutex);
  if (auto* tunnel = find(id)) declare(*tunnel);
  changed(id);
}

void FakeEngine::stopTunnel(engine::TunnelId id) {
  const std::lock_guard lock(m_mutex);
  if (auto* tunnel = find(id)) tunnel->state = TunnelState::Stopped;
  changed(id);
}

Result<> FakeEngine::join(const session::JoinLink& link) {
  const std::lock_guard lock(m_mutex);
  if (m_refusal) return fail(*std::exchange(m_refusal, std::nullopt));
  m_domain = link.host;
  m_snapshot.link.server = link.serverName();
  m_snapshot.link.embedded = false;
  m_snapshot.link.hasError = false;
  m_snapshot.link.state = m_prompt ? LinkState::Online : LinkState::Connecting;
  for (auto& tunnel : m_snapshot.tunnels) {
    if (tunnel.state != TunnelState::Stopped) declare(tunnel);
  }
  added(engine::LinkChanged{m_snapshot.link});
  return {};
}

Result<> FakeEngine::useEmbedded() {
  const std::lock_guard lock(m_mutex);
  if (m_refusal) {
    added(engine::ServerChangeFailed{*std::exchange(m_refusal, std::nullopt)});
    return {};
  }
  m_snapshot.link.server = "this computer";
  m_snapshot.link.embedded = true;
  m_snapshot.link.hasError = false;
  m_snapshot.link.state = LinkState::Online;
  added(engine::LinkChanged{m_snapshot.link});
  return {};
}

void FakeEngine::retryNow() { ++m_retries; }

engine::Snapshot FakeEngine::snapshot() const {
  const std::lock_guard lock(m_mutex);
  engine::Snapshot copy = m_snapshot;
  copy.taken = m_clock();
  for (const auto& tunnel : copy.tunnels) {
    copy.total.bytesIn += tunnel.traffic.bytesIn;
    copy.total.bytesOut += tunnel.traffic.bytesOut;
    copy.total.requests += tunnel.traffic.requests;
    copy.total.failures += tunnel.traffic.failures;
    copy.total.active += tunnel.traffic.active;
  }
  return copy;
}

std::vector<engine::Event> FakeEngine::takeEvents() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_events, {});
}

void FakeEngine::drain(std::chrono::milliseconds, std::function<void()> done) {
  m_drained = true;
  if (done) done();
}

void FakeEngine::setLink(const engine::LinkSnapshot& link) {
  const std::lock_guard lock(m_mutex);
  m_snapshot.link = link;
  added(engine::LinkChanged{m_snapshot.link});
}

void FakeEngine::setState(engine::TunnelId id, TunnelState state, std::optional<Error> error) {
  const std::lock_guard lock(m_mutex);
  auto* tunnel = find(id);
  if (tunnel == nullptr) return;
  tunnel->state = state;
  tunnel->hasError = error.has_value();
  tunnel->error = error.value_or(Error{});
  if (state == TunnelState::Online) tunnel->url = "http://" + tunnel->name + "." + m_domain;
  changed(id);
}

void FakeEngine::holdElsewhere(engine::TunnelId id, const std::string& detail) {
  {
    const std::lock_guard lock(m_mutex);
    if (auto* tunnel = find(id)) tunnel->heldElsewhere = true;
  }
  setState(id, TunnelState::Failed, Error{.code = ErrorCode::NameTaken, .detail = detail, .libraryCode = 0});
}

void FakeEngine::addTraffic(engine::TunnelId id, std::uint64_t in, std::uint64_t out, std::uint64_t requests,
                            std::uint32_t active) {
  const std::lock_guard lock(m_mutex);
  auto* tunnel = find(id);
  if (tunnel == nullptr) return;
  tunnel->traffic.bytesIn += in;
  tunnel->traffic.bytesOut += out;
  tunnel->traffic.requests += requests;
  tunnel->traffic.active = active;
}

void FakeEngine::setUrl(engine::TunnelId id, const std::string& url) {
  const std::lock_guard lock(m_mutex);
  if (auto* tunnel = find(id)) tunnel->url = url;
  changed(id);
}

void FakeEngine::setAddresses(engine::TunnelId id, const std::string& url, const std::string& plainUrl,
                              bool selfSigned) {
  const std::lock_guard lock(m_mutex);
  if (auto* tunnel = find(id)) {
    tunnel->url = url;
    tunnel->plainUrl = plainUrl;
    tunnel->selfSigned = selfSigned;
  }
  changed(id);
}

void FakeEngine::addFailures(engine::TunnelId id, std::uint64_t failures) {
  const std::lock_guard lock(m_mutex);
  if (auto* tunnel = find(id)) tunnel->traffic.failures += failures;
}

void FakeEngine::log(LogLevel level, const std::string& component, const std::string& message,
                     std::chrono::system_clock::time_point time) {
  const std::lock_guard lock(m_mutex);
  added(engine::LogAdded{{.time = time, .level = level, .component = component, .message = message}});
}

void FakeEngine::setClock(std::function<std::chrono::steady_clock::time_point()> clock) {
  const std::lock_guard lock(m_mutex);
  m_clock = std::move(clock);
}

void FakeEngine::refuseNext(const Error& error) {
  const std::lock_guard lock(m_mutex);
  m_refusal = error;
}

void FakeEngine::setPrompt(bool prompt) {
  const std::lock_guard lock(m_mutex);
  m_prompt = prompt;
}

std::optional<std::string> FakeEngine::joined() const {
  const std::lock_guard lock(m_mutex);
  if (m_snapshot.link.embedded) return std::nullopt;
  return m_snapshot.link.server;
}

}  // namespace adit::ui::test

// SPDX-License-Identifier: Apache-2.0
// The engine's tunnels, what the client reports about them, and the end.
#include <array>

#include "core/base/encoding.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/base/random.h"
#include "core/engine/client_key.h"
#include "core/engine/engine_impl.h"
#include "core/session/tunnel_name.h"

namespace adit::engine {

namespace {

/// Name, target and options, checked.
Result<std::shared_ptr<client::Tunnel>> prepare(const TunnelSpec& spec) {
  auto target = client::Target::parse(spec.target);
  if (!target) return fail(std::move(target.error()));
  auto settings = client::OriginSettings::prepare(spec.origin, *target);
  if (!settings) return fail(std::move(settings.error()));
  auto tunnel = std::make_shared<client::Tunnel>();
  tunnel->spec = spec;
  if (!spec.name.empty()) {
    auto name = session::normalizeName(spec.name);
    if (!name) return fail(std::move(name.error()));
    tunnel->spec.name = *name;
  }
  tunnel->takesOver = spec.takeOver;
  tunnel->target = std::move(*target);
  tunnel->settings = std::move(*settings);
  return tunnel;
}

/// 128 random bits that distinguish this engine from others on the same device.
std::string makeInstance() {
  std::array<std::uint8_t, 16> bytes{};
  SecureRandom().fill(bytes);
  return toBase64Url(bytes);
}

}  // namespace

EngineImpl::~EngineImpl() {
  removeLogSink(m_logSink);
  m_commands.stop();
  m_outbox.close();
  if (m_client != nullptr) m_client->stop();  // its last reports still come here, so the pointer stays
  m_embedded.reset();                         // its threads may still ask the client to drain
  m_client.reset();
}

Result<> EngineImpl::open() {
  auto key = loadDeviceKey(m_params.stateDirectory);
  if (!key) return fail(std::move(key.error()));

  client::ClientParams params;
  params.quic.identity = std::move(*key);
  params.link.clientName = m_params.clientName;
  params.link.agent = "adit/" ADIT_VERSION;
  params.link.instance = makeInstance();
  params.link.processId = processId();
  params.link.startedUnix = unixSeconds();
  params.link.program = m_params.program;
  params.quic.loopbackPayload = m_params.loopbackPayload;
  params.quic.congestion = m_params.congestion;
  auto client = client::Client::start(params, *this);
  if (!client) return fail(std::move(client.error()));
  m_client = std::move(*client);
  m_outbox.attach(*m_client);
  m_logSink = addLogSink([this](const LogEntry& entry) { m_outbox.push(LogAdded{entry}); });
  for (const std::string& target : m_params.targets) {
    if (const auto port = originPort(target)) m_originPorts.push_back(*port);
  }
  return m_params.join ? join(*m_params.join) : beginEmbedded();
}

Result<TunnelId> EngineImpl::addTunnel(const TunnelSpec& spec, bool started) {
  auto prepared = prepare(spec);
  if (!prepared) return fail(std::move(prepared.error()));
  const std::shared_ptr<client::Tunnel> tunnel = std::move(*prepared);
  tunnel->started = started;
  tunnel->state = started ? TunnelState::Connecting : TunnelState::Stopped;
  std::string server;
  {
    const std::lock_guard lock(m_mutex);
    server = m_serverKey;
  }
  ChosenNames::Place place = claimPlace(server, spec);
  tunnel->rememberedName = place.name;
  {
    const std::lock_guard lock(m_mutex);
    tunnel->id = m_nextId++;
    TunnelSnapshot snapshot;
    snapshot.id = tunnel->id;
    snapshot.spec = tunnel->spec;
    snapshot.state = tunnel->state;
    snapshot.name = tunnel->name();
    m_tunnels.push_back({std::move(snapshot), tunnel->traffic, std::move(place)});
    ++m_revision;
  }
  const TunnelId id = tunnel->id;
  keepClearOf(tunnel->target);
  m_client->addTunnel(tunnel);
  return id;
}

Result<> EngineImpl::changeTunnel(TunnelId id, const TunnelSpec& spec) {
  auto prepared = prepare(spec);
  if (!prepared) return fail(std::move(prepared.error()));
  const std::shared_ptr<client::Tunnel> tunnel = std::move(*prepared);
  tunnel->id = id;
  {
    const std::lock_guard lock(m_mutex);
    const auto found = find(id);
    if (found == m_tunnels.end()) return fail(ErrorCode::NotFound, "the tunnel no longer exists");
    tunnel->traffic = found->traffic;
  }
  keepClearOf(tunnel->target);
  m_client->replaceTunnel(tunnel);
  return {};
}

void EngineImpl::removeTunnel(TunnelId id) {
  {
    const std::lock_guard lock(m_mutex);
    const auto found = find(id);
    if (found == m_tunnels.end()) return;
    const TrafficCounters last = found->traffic->read();
    m_removed.bytesIn += last.bytesIn;
    m_removed.bytesOut += last.bytesOut;
    m_removed.requests += last.requests;
    m_removed.failures += last.failures;
    m_tunnels.erase(found);
    ++m_revision;
  }
  m_client->removeTunnel(id);
  m_outbox.push(TunnelRemoved{id});
}

ChosenNames::Place EngineImpl::claimPlace(const std::string& server, const TunnelSpec& spec) {
  if (!spec.name.empty() || server.empty()) return {};
  auto place = m_chosenNames.claim(server, spec.target);
  if (place) return std::move(*place);
  logWarning("client", "the address may be another at the next start: {}", place.error().describe());
  return {};
}

std::map<TunnelId, std::string> EngineImpl::claimPlaces() {
  std::string server;
  std::vector<std::pair<TunnelId, TunnelSpec>> specs;
  {
    const std::lock_guard lock(m_mutex);
    server = m_serverKey;
    for (Known& known : m_tunnels) {
      known.place = {};  // the one it has belongs to the server before
      specs.emplace_back(known.snapshot.id, known.snapshot.spec);
    }
  }
  std::map<TunnelId, std::string> names;
  for (const auto& [id, spec] : specs) {
    ChosenNames::Place place = claimPlace(server, spec);
    if (!place.name.empty()) names.emplace(id, place.name);
    const std::lock_guard lock(m_mutex);
    if (const auto found = find(id); found != m_tunnels.end()) found->place = std::move(place);
  }
  return names;
}

Result<> EngineImpl::releaseName(const std::string& name) {
  auto label = session::normalizeName(name);
  if (!label) return fail(std::move(label.error()));
  m_client->releaseName(std::move(*label));
  return {};
}

Snapshot EngineImpl::snapshot() const {
  const std::lock_guard lock(m_mutex);
  Snapshot snapshot;
  snapshot.revision = m_revision;
  snapshot.taken = std::chrono::steady_clock::now();
  snapshot.link = m_link;
  snapshot.link.server = m_serverName;
  snapshot.link.embedded = m_isEmbedded;
  snapshot.total = m_removed;
  snapshot.tunnels.reserve(m_tunnels.size());
  for (const Known& known : m_tunnels) {
    snapshot.tunnels.push_back(known.snapshot);
    TrafficCounters& traffic = snapshot.tunnels.back().traffic;
    traffic = known.traffic->read();
    snapshot.total.bytesIn += traffic.bytesIn;
    snapshot.total.bytesOut += traffic.bytesOut;
    snapshot.total.requests += traffic.requests;
    snapshot.total.failures += traffic.failures;
    snapshot.total.active += traffic.active;
  }
  return snapshot;
}

void EngineImpl::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  {
    // From now on no command replaces the server that is asked to drain.
    const std::lock_guard lock(m_mutex);
    m_draining = true;
  }
  m_commands.post([this, deadline, done = std::move(done)] {
    auto drainClient = [this, deadline, done] { m_client->drain(deadline, done); };
    if (m_embedded != nullptr) {
      // Visitors first: their answers come through the client.
      m_embedded->server->drain(deadline, std::move(drainClient));
    } else {
      drainClient();
    }
  });
}

void EngineImpl::onLinkChanged(const LinkSnapshot& link) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_unconnected > 0) return;  // about the server before
    m_link = link;
    ++m_revision;
  }
  m_outbox.push(LinkChanged{link});
}

void EngineImpl::onTunnelChanged(const TunnelSnapshot& tunnel) {
  {
    const std::lock_guard lock(m_mutex);
    const auto found = find(tunnel.id);
    if (found == m_tunnels.end()) return;
    found->snapshot = tunnel;
    if (tunnel.state == TunnelState::Online && tunnel.spec.name.empty())
      m_chosenNames.keep(found->place, tunnel.name);
    ++m_revision;
  }
  m_outbox.push(TunnelChanged{tunnel.id, tunnel});
}

void EngineImpl::onNameReleased(const std::string& name, const Result<>& result) {
  NameReleased released{name, result.has_value(), {}};
  if (!result) released.error = result.error();
  m_outbox.push(std::move(released));
}

Result<std::unique_ptr<Engine>> Engine::start(EngineParams params) {
  auto engine = std::make_unique<EngineImpl>(std::move(params));
  if (auto opened = engine->open(); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace adit::engine

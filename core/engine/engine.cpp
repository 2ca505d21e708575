// SPDX-License-Identifier: Apache-2.0
#include "core/engine/engine.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>

#include <spdlog/fmt/fmt.h>

#include "core/base/encoding.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/base/random.h"
#include "core/client/client.h"
#include "core/engine/chosen_names.h"
#include "core/engine/client_key.h"
#include "core/engine/command_queue.h"
#include "core/engine/embedded_server.h"
#include "core/session/tunnel_name.h"

namespace adit::engine {

namespace {

constexpr std::size_t kMaxEvents = 1000;
constexpr const char* kEmbeddedName = "this computer";
constexpr const char* kEmbeddedKey = "embedded";  // its own key is another at each start
constexpr Duration kWakeInterval = std::chrono::milliseconds(100);

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

/// What tells this engine from the others of its device: 128 random bits.
std::string makeInstance() {
  std::array<std::uint8_t, 16> bytes{};
  SecureRandom().fill(bytes);
  return toBase64Url(bytes);
}

class EngineImpl final : public Engine, private client::ClientObserver {
 public:
  explicit EngineImpl(EngineParams params) : m_params(std::move(params)) {}
  ~EngineImpl() override {
    removeLogSink(m_logSink);
    m_commands.stop();
    {
      const std::lock_guard lock(m_mutex);
      m_stopping = true;
    }
    if (m_client != nullptr) {
      // The wake timer belongs to the client's loop; it goes on that thread, before the loop does.
      m_client->post([this] { m_wakeTimer.reset(); });
      m_client->stop();  // its last news still comes to us, so the pointer must stay till then
    }
    m_embedded.reset();  // its threads may still ask the client to drain
    m_client.reset();
  }

  Result<> open();

  Result<TunnelId> addTunnel(const TunnelSpec& spec, bool started) override;
  Result<> changeTunnel(TunnelId id, const TunnelSpec& spec) override;
  void removeTunnel(TunnelId id) override;
  void startTunnel(TunnelId id) override { m_client->startTunnel(id); }
  void stopTunnel(TunnelId id) override { m_client->stopTunnel(id); }
  Result<> join(const session::JoinLink& link) override;
  Result<> useEmbedded() override;
  Result<> releaseName(const std::string& name) override;
  void retryNow() override { m_client->retryNow(); }
  Snapshot snapshot() const override;
  std::vector<Event> takeEvents() override;
  void drain(std::chrono::milliseconds deadline, std::function<void()> done) override;

 private:
  struct Known {
    TunnelSnapshot snapshot;
    std::shared_ptr<client::Traffic> traffic;
    ChosenNames::Place place = {};  ///< Where the name is kept that the server chooses.
  };

  /// Counts the server that is asked for, so that an earlier request knows that it was overtaken. Closed
  /// after drain().
  Result<std::uint64_t> choose();
  Result<EmbeddedServer> startServer();
  /// Under m_mutex: what the client tells from now on is of the server before, until `connect`.
  /// `key` is what names are kept by that it chooses.
  void expectServer(std::string name, bool embedded, std::string key);
  void connect(const session::JoinLink& link);
  /// The rest of useEmbedded() and keepClearOf(), in m_commands.
  void openEmbedded(std::uint64_t choice);
  void moveEmbedded(std::uint16_t originPort);
  /// A tunnel leads to this port: the embedded server must not be there, now or later.
  void keepClearOf(const client::Target& target);
  /// A place for the name of a tunnel that wants none. Reads files: not under m_mutex.
  ChosenNames::Place remember(const std::string& server, const TunnelSpec& spec);
  /// The names that the current server chose earlier, by tunnel.
  std::map<TunnelId, std::string> rememberAll();
  /// Under m_mutex.
  std::vector<Known>::iterator find(TunnelId id) {
    return std::find_if(m_tunnels.begin(), m_tunnels.end(),
                        [id](const Known& known) { return known.snapshot.id == id; });
  }
  void onLinkChanged(const LinkSnapshot& link) override;
  void onTunnelChanged(const TunnelSnapshot& tunnel) override;
  void onNameReleased(const std::string& name, const Result<>& result) override;
  void onProblem(const OriginProblem& problem) override { push(ProblemSeen{problem}); }
  void push(Event event);
  void scheduleWake();

  EngineParams m_params;
  std::uint64_t m_logSink = 0;

  // Of m_commands' thread (before and after it runs, of the owner's):
  std::unique_ptr<EmbeddedServer> m_embedded;
  std::vector<std::uint16_t> m_originPorts;

  ChosenNames m_chosenNames{m_params.stateDirectory};
  mutable std::mutex m_mutex;  // guards what follows
  std::vector<Known> m_tunnels;
  LinkSnapshot m_link;
  std::string m_serverName;
  std::string m_serverKey;  ///< By which names are kept; empty before the first server.
  bool m_isEmbedded = false;
  std::size_t m_changes = 0;   ///< Of the server, that the client's thread does not know of yet.
  std::uint64_t m_choice = 0;  ///< Counts calls of join() and useEmbedded().
  bool m_draining = false;
  std::uint64_t m_revision = 1;
  TunnelId m_nextId = 1;
  std::deque<Event> m_events;
  TrafficCounters m_removed;  ///< Of tunnels that are gone, so that totals never fall.
  bool m_wakePending = false;
  bool m_stopping = false;

  // The client's thread only:
  std::unique_ptr<net::Timer> m_wakeTimer;
  Timestamp m_lastWake{};

  std::unique_ptr<client::Client> m_client;
  CommandQueue m_commands;  // last: its thread uses what is above
};

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
  m_logSink = addLogSink([this](const LogEntry& entry) { push(LogAdded{entry}); });
  m_originPorts = m_params.originPorts;
  if (m_params.join) return join(*m_params.join);
  auto started = startServer();
  if (!started) return fail(std::move(started.error()));
  m_embedded = std::make_unique<EmbeddedServer>(std::move(*started));
  {
    const std::lock_guard lock(m_mutex);
    expectServer(kEmbeddedName, true, kEmbeddedKey);
  }
  connect(m_embedded->link);
  return {};
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
  ChosenNames::Place place = remember(server, spec);
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
    if (found == m_tunnels.end()) return fail(ErrorCode::NotFound, "there is no such tunnel any more");
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
  push(TunnelRemoved{id});
}

ChosenNames::Place EngineImpl::remember(const std::string& server, const TunnelSpec& spec) {
  if (!spec.name.empty() || server.empty()) return {};
  auto place = m_chosenNames.claim(server, spec.target);
  if (place) return std::move(*place);
  logWarning("client", "the address may be another at the next start: {}", place.error().describe());
  return {};
}

std::map<TunnelId, std::string> EngineImpl::rememberAll() {
  std::string server;
  std::vector<std::pair<TunnelId, TunnelSpec>> specs;
  {
    const std::lock_guard lock(m_mutex);
    server = m_serverKey;
    for (Known& known : m_tunnels) {
      known.place = {};  // of the server before
      specs.emplace_back(known.snapshot.id, known.snapshot.spec);
    }
  }
  std::map<TunnelId, std::string> names;
  for (const auto& [id, spec] : specs) {
    ChosenNames::Place place = remember(server, spec);
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

Result<std::uint64_t> EngineImpl::choose() {
  const std::lock_guard lock(m_mutex);
  if (m_draining) return fail(ErrorCode::Closed, "Adit is about to stop");
  return ++m_choice;
}

void EngineImpl::expectServer(std::string name, bool embedded, std::string key) {
  m_serverName = std::move(name);
  m_serverKey = std::move(key);
  m_isEmbedded = embedded;
  m_link = {};
  m_link.state = LinkState::Connecting;
  ++m_changes;
  ++m_revision;
}

void EngineImpl::connect(const session::JoinLink& link) {
  // In this order: the first news of the new server count.
  m_client->post([this] {
    const std::lock_guard lock(m_mutex);
    --m_changes;
  });
  m_client->connectTo(link, rememberAll());
}

Result<> EngineImpl::join(const session::JoinLink& link) {
  if (auto choice = choose(); !choice) return fail(std::move(choice.error()));
  {
    const std::lock_guard lock(m_mutex);
    expectServer(link.serverName(), false, link.pin.toString());
  }
  m_commands.post([this, link] {
    connect(link);
    m_embedded.reset();
  });
  return {};
}

Result<> EngineImpl::useEmbedded() {
  auto choice = choose();
  if (!choice) return fail(std::move(choice.error()));
  m_commands.post([this, number = *choice] { openEmbedded(number); });
  return {};
}

Result<EmbeddedServer> EngineImpl::startServer() {
  return startEmbeddedServer({m_params.embeddedHttpPort, m_params.embeddedHttpsPort, m_originPorts,
                              m_params.loopbackPayload, m_params.congestion, m_params.stateDirectory});
}

void EngineImpl::openEmbedded(std::uint64_t choice) {
  std::unique_ptr<EmbeddedServer> fresh;
  if (m_embedded == nullptr) {
    auto started = startServer();
    if (!started) {
      {
        const std::lock_guard lock(m_mutex);
        if (m_choice != choice) return;
      }
      push(ServerChangeFailed{std::move(started.error())});
      return;
    }
    fresh = std::make_unique<EmbeddedServer>(std::move(*started));
  }
  {
    const std::lock_guard lock(m_mutex);
    if (m_choice != choice) return;  // another server was asked for meanwhile
    expectServer(kEmbeddedName, true, kEmbeddedKey);
  }
  if (fresh != nullptr) m_embedded = std::move(fresh);
  connect(m_embedded->link);
}

void EngineImpl::keepClearOf(const client::Target& target) {
  if (target.kind != client::Target::Kind::Tcp) return;
  m_commands.post([this, port = target.port] { moveEmbedded(port); });
}

void EngineImpl::moveEmbedded(std::uint16_t originPort) {
  if (std::find(m_originPorts.begin(), m_originPorts.end(), originPort) != m_originPorts.end()) return;
  m_originPorts.push_back(originPort);
  if (m_embedded == nullptr || (m_embedded->server->httpAddress().port() != originPort &&
                                m_embedded->server->httpsAddress().port() != originPort))
    return;
  {
    const std::lock_guard lock(m_mutex);
    if (m_draining) return;
  }
  auto started = startServer();
  if (!started) {
    logWarning("engine", "the embedded server stays on port {}, which a tunnel leads to: {}", originPort,
               started.error().describe());
    return;
  }
  const std::unique_ptr<EmbeddedServer> old =
      std::exchange(m_embedded, std::make_unique<EmbeddedServer>(std::move(*started)));
  {
    const std::lock_guard lock(m_mutex);
    if (!m_isEmbedded) return;  // another server was joined; the one here ends next
    expectServer(kEmbeddedName, true, kEmbeddedKey);
  }
  connect(m_embedded->link);
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

std::vector<Event> EngineImpl::takeEvents() {
  const std::lock_guard lock(m_mutex);
  std::vector<Event> events(std::make_move_iterator(m_events.begin()),
                            std::make_move_iterator(m_events.end()));
  m_events.clear();
  return events;
}

void EngineImpl::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  {
    // The server that is asked to drain stays until it has answered.
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
    if (m_changes > 0) return;  // of the server before
    m_link = link;
    ++m_revision;
  }
  push(LinkChanged{link});
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
  push(TunnelChanged{tunnel.id, tunnel});
}

void EngineImpl::onNameReleased(const std::string& name, const Result<>& result) {
  NameReleased released{name, result.has_value(), {}};
  if (!result) released.error = result.error();
  push(std::move(released));
}

void EngineImpl::push(Event event) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_events.size() >= kMaxEvents) m_events.pop_front();
    m_events.push_back(std::move(event));
    if (m_wakePending || m_stopping || !m_params.wake) return;
    m_wakePending = true;
  }
  m_client->post([this] { scheduleWake(); });
}

void EngineImpl::scheduleWake() {
  if (m_wakeTimer == nullptr) {
    m_wakeTimer = std::make_unique<net::Timer>(m_client->eventLoop(), [this] {
      {
        const std::lock_guard lock(m_mutex);
        m_wakePending = false;
      }
      m_lastWake = m_client->eventLoop().now();
      m_params.wake();
    });
  }
  const Duration since = m_client->eventLoop().now() - m_lastWake;
  m_wakeTimer->start(since >= kWakeInterval ? Duration::zero() : kWakeInterval - since);
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::start(EngineParams params) {
  auto engine = std::make_unique<EngineImpl>(std::move(params));
  if (auto opened = engine->open(); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace adit::engine

// SPDX-License-Identifier: Apache-2.0
// Which server the engine's client uses: one that was joined, or the embedded one, and on which ports that
// is.
#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/engine/engine_impl.h"

namespace adit::engine {

Result<std::uint64_t> EngineImpl::nextChoice() {
  const std::lock_guard lock(m_mutex);
  if (m_draining) return fail(ErrorCode::Closed, "Adit is stopping");
  return ++m_choice;
}

void EngineImpl::expectServer(std::string name, bool embedded, std::string key) {
  m_serverName = std::move(name);
  m_serverKey = std::move(key);
  m_isEmbedded = embedded;
  m_link = {};
  m_link.state = LinkState::Connecting;
  ++m_unconnected;
  ++m_revision;
}

void EngineImpl::expectEmbedded() {
  constexpr const char* kKey = "embedded";  // the server's own key is a new one at each start
  expectServer("this computer", true, kKey);
}

void EngineImpl::connect(const session::JoinLink& link) {
  m_client->connectTo(link, claimPlaces(), [this] {
    const std::lock_guard lock(m_mutex);
    --m_unconnected;
  });
}

Result<> EngineImpl::join(const session::JoinLink& link) {
  if (auto choice = nextChoice(); !choice) return fail(std::move(choice.error()));
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
  auto choice = nextChoice();
  if (!choice) return fail(std::move(choice.error()));
  m_commands.post([this, number = *choice] { openEmbedded(number); });
  return {};
}

Result<EmbeddedServer> EngineImpl::startServer() {
  const auto via = m_params.embeddedVia ? http::RequestVia::Added : http::RequestVia::Omitted;
  return startEmbeddedServer({m_params.embeddedHttpPort, m_params.embeddedHttpsPort, m_originPorts,
                              m_params.loopbackPayload, m_params.congestion, m_params.stateDirectory, via});
}

Result<> EngineImpl::beginEmbedded() {
  auto started = startServer();
  if (!started) return fail(std::move(started.error()));
  m_embedded = std::make_unique<EmbeddedServer>(std::move(*started));
  {
    const std::lock_guard lock(m_mutex);
    expectEmbedded();
  }
  connect(m_embedded->link);
  return {};
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
      m_outbox.push(ServerChangeFailed{std::move(started.error())});
      return;
    }
    fresh = std::make_unique<EmbeddedServer>(std::move(*started));
  }
  {
    const std::lock_guard lock(m_mutex);
    if (m_choice != choice) return;  // another server was asked for meanwhile
    expectEmbedded();
  }
  if (fresh != nullptr) m_embedded = std::move(fresh);
  connect(m_embedded->link);
}

std::optional<std::uint16_t> EngineImpl::originPort(std::string_view target) {
  const auto parsed = client::Target::parse(target);
  if (!parsed || parsed->kind != client::Target::Kind::Tcp) return std::nullopt;
  return parsed->port;
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
    expectEmbedded();
  }
  connect(m_embedded->link);
}

}  // namespace adit::engine

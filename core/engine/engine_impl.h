// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine in this process. engine.cpp has the tunnels, what the client reports and the end;
// engine_server.cpp chooses the server: one that was joined, or the embedded one. The receiver's commands
// come from any thread. Commands that start or stop a server run on the command queue's thread, so that
// nobody waits for them; reports come on the client's thread.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/client/client.h"
#include "core/engine/chosen_names.h"
#include "core/engine/command_queue.h"
#include "core/engine/embedded_server.h"
#include "core/engine/engine.h"
#include "core/engine/event_outbox.h"

namespace adit::engine {

class EngineImpl final : public Engine, private client::ClientObserver {
 public:
  explicit EngineImpl(EngineParams params) : m_params(std::move(params)), m_outbox(m_params.wake) {}
  ~EngineImpl() override;

  /// What Engine::start does and reports.
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
  std::vector<Event> takeEvents() override { return m_outbox.take(); }
  void drain(std::chrono::milliseconds deadline, std::function<void()> done) override;

 private:
  struct Known {
    TunnelSnapshot snapshot;
    std::shared_ptr<client::Traffic> traffic;
    ChosenNames::Place place = {};  ///< Where the name is kept that the server chooses.
  };

  /// The TCP port that a tunnel leads to; empty for a Unix socket and for what is not a target.
  static std::optional<std::uint16_t> originPort(std::string_view target);

  /// Numbers a request for another server, so that an earlier one knows that it was overtaken. Closed after
  /// drain().
  Result<std::uint64_t> nextChoice();
  /// Starts with the embedded server; blocks until it runs.
  Result<> beginEmbedded();
  Result<EmbeddedServer> startServer();
  /// The server of the snapshot from now on. What the client reports until connect() is about the server
  /// before, and is ignored. `key`: what the names that this server chooses are kept by. Under m_mutex.
  void expectServer(std::string name, bool embedded, std::string key);
  void expectEmbedded();
  /// Sends the client to the server that was expected last.
  void connect(const session::JoinLink& link);
  /// The part of useEmbedded() that runs in m_commands.
  void openEmbedded(std::uint64_t choice);
  /// Makes sure that the embedded server is not on the port that a tunnel leads to, now or later.
  void keepClearOf(const client::Target& target);
  /// The part of keepClearOf() that runs in m_commands.
  void moveEmbedded(std::uint16_t originPort);

  /// Where the server's name for a tunnel is kept; nothing for a tunnel with a name of its own. Reads files:
  /// not under m_mutex.
  ChosenNames::Place claimPlace(const std::string& server, const TunnelSpec& spec);
  /// Does that for all tunnels and the current server; returns the names that it chose at earlier starts.
  std::map<TunnelId, std::string> claimPlaces();
  /// Under m_mutex.
  std::vector<Known>::iterator find(TunnelId id) {
    return std::find_if(m_tunnels.begin(), m_tunnels.end(),
                        [id](const Known& known) { return known.snapshot.id == id; });
  }

  void onLinkChanged(const LinkSnapshot& link) override;
  void onTunnelChanged(const TunnelSnapshot& tunnel) override;
  void onNameReleased(const std::string& name, const Result<>& result) override;
  void onProblem(const OriginProblem& problem) override { m_outbox.push(ProblemSeen{problem}); }

  EngineParams m_params;
  std::uint64_t m_logSink = 0;
  EventOutbox m_outbox;

  // Of m_commands' thread; before that thread runs and after it ended, of the owner's:
  std::unique_ptr<EmbeddedServer> m_embedded;
  std::vector<std::uint16_t> m_originPorts;

  ChosenNames m_chosenNames{m_params.stateDirectory};
  mutable std::mutex m_mutex;  // guards what follows
  std::vector<Known> m_tunnels;
  LinkSnapshot m_link;
  std::string m_serverName;
  std::string m_serverKey;  ///< What the server's chosen names are kept by; empty before the first server.
  bool m_isEmbedded = false;
  std::size_t m_unconnected = 0;  ///< Calls of expectServer() without their connect() on the client's thread.
  std::uint64_t m_choice = 0;     ///< Counts calls of join() and useEmbedded().
  bool m_draining = false;
  std::uint64_t m_revision = 1;
  TunnelId m_nextId = 1;
  TrafficCounters m_removed;  ///< Of tunnels that are gone, so that totals never fall.

  std::unique_ptr<client::Client> m_client;
  CommandQueue m_commands;  // last: its thread uses what is above
};

}  // namespace adit::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's process in a LinkWorld: the product's ClientLinks, registry and login guard behind simulated
// connections, as one of Worker's threads has them. What goes to another worker's thread in the product comes
// a little later here. Visits are the streams that visitors' requests open. One thread.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/server/client_link.h"
#include "core/server/registry.h"
#include "core/server/route_lookup.h"
#include "core/server/server_config.h"
#include "tests/sim/sim_links.h"

namespace adit::sim {

/// A visitor's request for a name, until the client answers it or its stream ends.
class SimVisit final : public transport::StreamHandler {
 public:
  enum class Outcome : std::uint8_t { Pending, Answered, Reset, Closed };
  Outcome outcome = Outcome::Pending;
  transport::AppErrorCode code = 0;
  std::string answer;

  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode why) override;
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override;
};

class SimServer final : public SimAcceptor, private server::LinkHost {
 public:
  using Tokens = std::shared_ptr<const access::TokenSnapshot>;
  SimServer(SimSchedule& schedule, net::EventLoop& loop, Tokens tokens);
  /// The process is killed: nobody is told.
  ~SimServer();

  /// What earlier processes of the server left.
  void restore(const std::vector<routing::Reservation>& kept);
  [[nodiscard]] std::vector<routing::Reservation> reservations() { return m_registry.reservations(); }
  /// As the watcher of the tokens does.
  void setTokens(Tokens tokens);
  void drain(Duration deadline);
  /// Ends every connection, as at the end of a drain.
  void closeAll();
  /// Opens a stream for a visitor of `name`, where a route says that it is online. The visits are kept.
  SimVisit* visit(const std::string& name);
  /// Where a visitor of `name` goes now.
  [[nodiscard]] server::Destination lookUp(const std::string& name);
  /// The wire of a session that is logged in; null: none is.
  [[nodiscard]] SimWire* wireOf(server::SessionId session);
  [[nodiscard]] std::size_t sessionCount() const noexcept { return m_sessions.size(); }
  [[nodiscard]] bool isDraining() const noexcept override { return m_draining; }
  /// What went wrong; empty where nothing did.
  [[nodiscard]] const std::string& fault() const noexcept { return m_fault; }
  [[nodiscard]] const std::vector<std::unique_ptr<SimVisit>>& visits() const noexcept { return m_visits; }

  /// Takes a connection instead of a ClientLink where it says so.
  std::function<bool(SimLink&)> interceptor;
  static constexpr const char* kDomain = "sim";
  /// The names that tunnels ask for.
  static constexpr std::array<const char*, 3> kNames = {"one", "two", "three"};

 private:
  void onAccepted(SimLink& link) override;
  [[nodiscard]] const access::TokenSnapshot& tokens() const noexcept override { return *m_tokens; }
  void refreshTokens(std::function<void()> done) override { later(std::move(done)); }
  void addSession(server::SessionId id, server::ClientLink& link) override;
  void removeSession(server::SessionId id) override { m_sessions.erase(id); }
  void takeOver(const server::Registry::SessionPlace& displaced) override;
  void withdraw(const std::vector<server::Registry::Withdrawal>& withdrawals) override;
  void probe(const std::vector<server::Registry::SessionPlace>& holders, server::SessionId asker) override;
  void forget(server::ClientLink& link) override;

  /// As by another worker's thread.
  void later(std::function<void()> what);
  [[nodiscard]] server::ClientLink* find(server::SessionId id);
  void blame(std::string what) {
    if (m_fault.empty()) m_fault = std::move(what);
  }
  static SimWire& wireOf(server::ClientLink& link) { return static_cast<SimLink&>(link.connection()).wire(); }

  SimSchedule& m_schedule;
  net::EventLoop& m_loop;
  Tokens m_tokens;
  server::ConfigSource m_config;
  server::Registry m_registry;
  Published<routing::RouteTable>::Reader m_routes;
  server::LoginGuard m_guard;
  relay::StreamKinds m_kinds;
  server::LinkServices m_services;
  std::vector<SimLink*> m_connections;
  std::map<server::ClientLink*, std::unique_ptr<server::ClientLink>> m_links;
  std::map<server::SessionId, server::ClientLink*> m_sessions;
  std::vector<std::unique_ptr<SimVisit>> m_visits;
  bool m_draining = false;
  std::string m_fault;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace adit::sim

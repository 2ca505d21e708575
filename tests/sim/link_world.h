// SPDX-License-Identifier: Apache-2.0
#pragma once
// Clients' and servers' ends of control connections, as they are in the product, for some virtual minutes:
// client::ServerLink and server::ClientLink with registry, tokens and routes, on paths that are slow, stall
// and are cut. What happens is drawn from one seed: tunnels change, names are contested, processes are killed
// and started again, either side drains, tokens are revoked, and some peers break the protocol. LinkOracle
// judges each connection; in the end everybody has to be back as PROTOCOL.md promises. One thread.

#include <memory>
#include <string>
#include <vector>

#include "core/net/event_loop.h"
#include "tests/sim/link_client.h"
#include "tests/sim/link_rogues.h"
#include "tests/sim/link_server.h"

namespace adit::sim {

class LinkWorld {
 public:
  explicit LinkWorld(std::uint64_t seed);
  ~LinkWorld();
  LinkWorld(const LinkWorld&) = delete;
  LinkWorld& operator=(const LinkWorld&) = delete;

  /// Runs everything to its end. The first thing that is wrong; empty where nothing is.
  std::string run();
  /// What happened, a line each, for a seed that is run alone.
  bool isTold = false;

 private:
  struct Seat {
    std::unique_ptr<SimPath> path;
    std::unique_ptr<SimClient> client;  ///< Null: its process does not run.
    bool isRevoked = false;
    std::vector<Rogue*> rogues;  ///< That play its server.
  };
  void seatClients();
  void startClient(Seat& seat, std::size_t number);
  void startServer();
  void killServer();
  void plan();
  void visitAll();
  void tell(const std::string& what);

  // Actions
  void cutPath(Seat& seat);
  void changeTunnels(Seat& seat);
  void changeNetwork(Seat& seat);
  void restartClient(std::size_t number);
  void drainClient(std::size_t number);
  void drainServer();
  void crashServer();
  void revoke(Seat& seat);
  void letRogueIn();
  void playServer(std::size_t number);
  void breakControl(Seat& seat, LinkOracle::Side side);
  /// Whatever a rogue meets may be because of something else from here on.
  void excuse(Seat& seat);
  void excuseAll();
  bool intercept(SimLink& link);

  // Judgment
  [[nodiscard]] std::string notSettled();
  [[nodiscard]] std::string notSettled(Seat& seat, std::size_t number);
  [[nodiscard]] std::string faults();
  [[nodiscard]] SimServer::Tokens tokens() const;

  SimSchedule m_schedule;
  std::unique_ptr<net::EventLoop> m_loop;
  SimPort m_port;
  SimPath m_roguePath;
  std::vector<std::unique_ptr<SimWire>> m_wires;
  std::vector<Seat> m_seats;
  std::unique_ptr<SimServer> m_server;
  std::vector<routing::Reservation> m_kept;
  std::vector<std::unique_ptr<Rogue>> m_rogues;
  std::vector<std::pair<std::size_t, const RogueAct*>> m_waitingRogues;  ///< For a client's next connection.
  std::vector<RogueAct> m_clientActs, m_serverActs;
  std::vector<Rogue*> m_rogueClients;  ///< At the server that runs now.
  std::size_t m_nextDevice = 0;
  std::uint64_t m_nextInstance = 1;
  Timestamp m_actionsEnd{};
  std::string m_fault;  ///< Of servers that are gone.
};

}  // namespace adit::sim

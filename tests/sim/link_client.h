// SPDX-License-Identifier: Apache-2.0
#pragma once
// A client's process in a LinkWorld: the product's ServerLink on simulated connections, with tunnels that it
// declares and whose visitors it answers, as client::Client does. One thread.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/client/server_link.h"
#include "core/relay/stream_acceptor.h"
#include "tests/sim/sim_links.h"

namespace adit::sim {

class SimClient final : private client::ServerLink::Handler, private relay::StreamKindHandler {
 public:
  struct Params {
    std::string token, instance;
    std::size_t number = 0;  ///< Its device.
  };
  struct Tunnel {
    std::string wanted;  ///< Empty: the server chooses.
    bool isStarted = true, takesOver = false;
    bool isHeldElsewhere = false;
    bool isAnswered = false;
    std::string name;  ///< Where it was accepted; remembered beyond.
    bool isAccepted = false;
    std::string refusal;
  };
  SimClient(SimSchedule& schedule, net::EventLoop& loop, SimPath& path, SimPort& port,
            std::vector<std::unique_ptr<SimWire>>& wires, Params params);
  /// The process is killed: nobody is told.
  ~SimClient();

  void connect();
  void declare() { m_link.declare(); }
  [[nodiscard]] client::ServerLink& link() noexcept { return m_link; }
  [[nodiscard]] const Params& params() const noexcept { return m_params; }
  /// Of its wires, the one whose connection is in use, where one is logged in.
  [[nodiscard]] SimWire* wire() noexcept;
  [[nodiscard]] bool owns(const SimWire& wire) const noexcept;
  std::map<std::uint64_t, Tunnel> tunnels;

 private:
  /// A visitor's stream.
  struct Service;
  void onLinkChanged() override;
  void onDeclared(const wire::Declared& declared) override;
  void onWithdrawn(const wire::Withdrawn& withdrawn) override;
  void onReleased(const wire::Released&) override {}
  std::vector<wire::TunnelDeclaration> declarations() override;
  void onStreamOpened(transport::Link& link, transport::Stream& stream) override;
  void onStream(transport::Link& link, transport::Stream& stream, ByteView received, bool fin) override;

  SimSchedule& m_schedule;
  Params m_params;
  std::vector<std::unique_ptr<SimWire>>& m_wires;
  SimDialer m_dialer;
  relay::StreamKinds m_kinds;
  relay::StreamAcceptor m_acceptor{m_kinds};
  std::vector<std::unique_ptr<Service>> m_services;
  client::ServerLink m_link;
};

}  // namespace adit::sim

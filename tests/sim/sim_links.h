// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections between simulated clients and servers: both ends are a transport::Link over SimStreams. They
// follow core/quic without packets: a handshake that is tried again, keep-alive and what it tells of the
// peer, idle and handshake time-outs, a CONNECTION_CLOSE that may be lost, a stateless reset by a server that
// was restarted, a port on which nothing listens. Every wire has a LinkOracle. One thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/transport/dialer.h"
#include "tests/sim/link_oracle.h"
#include "tests/sim/sim_streams.h"

namespace adit::sim {

class SimLink;
class SimWire;

/// A server's process that takes connections.
class SimAcceptor {
 public:
  virtual void onAccepted(SimLink& link) = 0;

 protected:
  ~SimAcceptor() = default;
};

/// Where clients find a server.
struct SimPort {
  SimAcceptor* server = nullptr;  ///< Null: nothing listens ...
  bool refuses = false;           ///< ... and the system says so.
};

class SimLink final : public transport::Link {
 public:
  using Side = LinkOracle::Side;
  SimLink(SimWire& wire, Side side) noexcept : m_wire(wire), m_side(side) {}
  [[nodiscard]] SimWire& wire() noexcept { return m_wire; }
  [[nodiscard]] bool isOpen() const noexcept { return m_state == State::Open; }
  /// This end of the first stream, which is the control stream; null before there is one.
  [[nodiscard]] SimStream* control() noexcept;
  /// The process is gone, and says nothing.
  void vanish();

  void setHandler(transport::LinkHandler* handler) noexcept override { m_handler = handler; }
  transport::Stream* openStream() override;
  [[nodiscard]] std::uint64_t streamCredit() const noexcept override { return isOpen() ? 100 : 0; }
  void close(transport::AppErrorCode code, std::string_view reason) override;
  [[nodiscard]] bool isClosing() const noexcept override {
    return m_state == State::Closing || m_state == State::Over;
  }
  void migrate(const net::SocketAddress&) override {}
  [[nodiscard]] std::optional<tls::Pin> peerPin() const override;
  [[nodiscard]] const net::SocketAddress& peerAddress() const noexcept override;
  [[nodiscard]] transport::LinkStats stats() const override;
  [[nodiscard]] Timestamp lastHeard() const noexcept override { return m_lastHeard; }

 private:
  friend class SimWire;
  enum class State : std::uint8_t { Handshaking, Open, Closing, Over };
  void finish(transport::CloseInfo info);
  void receiveClose(transport::AppErrorCode code, const std::string& reason);
  [[nodiscard]] SimStream& endOf(std::size_t stream) noexcept;

  SimWire& m_wire;
  Side m_side;
  State m_state = State::Handshaking;
  transport::LinkHandler* m_handler = nullptr;
  Timestamp m_lastHeard{};
  /// What the peer is told when it sends something after the end.
  std::optional<std::pair<transport::AppErrorCode, std::string>> m_farewell;
};

/// A connection with its two ends.
class SimWire {
 public:
  struct Params {
    tls::Pin pin;  ///< Of the client's key.
    net::SocketAddress address;
    Duration keepAlive = std::chrono::seconds(1);
  };
  SimWire(SimSchedule& schedule, SimPath& path, SimPort& port, Params params);
  SimWire(const SimWire&) = delete;
  SimWire& operator=(const SimWire&) = delete;
  /// The client sends its first packet.
  void start();
  [[nodiscard]] const Params& params() const noexcept { return m_params; }

  LinkOracle oracle;
  SimLink client{*this, SimLink::Side::Client}, server{*this, SimLink::Side::Server};

 private:
  friend class SimLink;
  struct Pair {
    std::unique_ptr<SimStream> atClient, atServer;
  };
  void sendInitial(Duration again);
  void initialArrives();
  void keepAlive();
  void clientNotKnown();
  void watchServer();
  void sendClose(SimLink& to, transport::AppErrorCode code, const std::string& reason);

  SimSchedule& m_schedule;
  SimPath& m_path;
  SimPort& m_port;
  Params m_params;
  std::vector<Pair> m_streams;
  bool m_answered = false;
};

/// Dials from one client's machine. The wires are kept until the end of the run.
class SimDialer final : public transport::Dialer {
 public:
  SimDialer(SimSchedule& schedule, SimPath& path, SimPort& port, SimWire::Params params,
            std::vector<std::unique_ptr<SimWire>>& wires)
      : m_schedule(schedule), m_path(path), m_port(port), m_params(std::move(params)), m_wires(wires) {}
  Result<std::unique_ptr<transport::DialedLink>> dial(const transport::DialParams& params,
                                                      transport::LinkHandler& handler) override;
  /// The same without an owner.
  SimWire& dialWire(transport::LinkHandler& handler);

 private:
  SimSchedule& m_schedule;
  SimPath& m_path;
  SimPort& m_port;
  SimWire::Params m_params;
  std::vector<std::unique_ptr<SimWire>>& m_wires;
};

}  // namespace adit::sim

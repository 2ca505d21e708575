// SPDX-License-Identifier: Apache-2.0
#pragma once
// Endpoints joined by a SimNetwork under one virtual clock. A SimNode is an endpoint with its address;
// SimWorld moves time from event to event until a condition holds. An hour of silence costs nothing. One
// thread.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/quic/endpoint.h"
#include "tests/sim/sim_network.h"

namespace adit::sim {

class SimWorld;

class SimNode final : public net::DatagramSink, public quic::EndpointHandler {
 public:
  SimNode(SimWorld& world, net::SocketAddress address, quic::EndpointParams params);
  ~SimNode() override;

  [[nodiscard]] quic::Endpoint& endpoint() { return *m_endpoint; }
  [[nodiscard]] const net::SocketAddress& address() const { return m_address; }
  [[nodiscard]] SlabPool& slabs() { return m_slabs; }
  [[nodiscard]] Random& random() { return m_random; }
  /// Client: a handshake to `peer`.
  transport::Link* connect(const net::SocketAddress& peer, transport::LinkHandler& handler,
                           std::optional<tls::Pin> pin = std::nullopt,
                           std::string serverName = "sim.example");
  /// The NAT in front forgot us: packets leave from another address, and the endpoint does not know.
  void rebind(const net::SocketAddress& outside);
  /// Another socket: the endpoint's own address changes too.
  void moveTo(const net::SocketAddress& address);
  /// Hands datagrams to the endpoint as if they had arrived.
  void inject(const net::SocketAddress& from, std::string_view payload);
  /// The endpoint is replaced by a new one with the same parameters; what it knew is lost.
  void restart();

  std::function<void(transport::Link&)> accepted;
  std::function<void(std::uint8_t worker, const net::ReceivedDatagram&)> foreign;
  /// How many batches the sink still takes before it says Blocked; unlimited where empty.
  std::optional<std::size_t> sendAllowance;
  std::size_t segments = 16;
  /// A loop that wakes up late: what happens to this node it notices at multiples of this time only; zero: at
  /// once.
  Duration turn{};
  std::uint64_t flushRequests = 0;

  // SimWorld
  bool step(Timestamp now);
  [[nodiscard]] Timestamp nextEvent() const;
  void unblock();

  // DatagramSink
  net::SendResult send(const net::DatagramBatch& batch) override;
  [[nodiscard]] std::size_t maxSegments() const noexcept override { return segments; }
  // EndpointHandler
  void onAccepted(transport::Link& connection) override;
  void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) override;
  void onFlushNeeded() override;

 private:
  void makeEndpoint();
  [[nodiscard]] Timestamp nextTurn(Timestamp event) const;
  struct Arrival {
    net::SocketAddress from, to;
    net::Ecn ecn;
    std::string payload;
  };

  SimWorld& m_world;
  net::SocketAddress m_address;  // what the endpoint knows
  net::SocketAddress m_outside;  // what the network sees
  SeededRandom m_random;
  SlabPool m_slabs;
  SlabWriter m_writer;
  quic::EndpointParams m_params;
  std::deque<Arrival> m_arrived;
  bool m_flushNeeded = false;
  Timestamp m_lastTurn{};
  std::unique_ptr<quic::Endpoint> m_endpoint;  // last: it uses the pools
};

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed) : m_random(seed), m_network(m_random.next()) {}

  [[nodiscard]] Timestamp now() const { return m_now; }
  [[nodiscard]] SimNetwork& network() { return m_network; }
  [[nodiscard]] LinkParams& link() { return m_network.link; }
  [[nodiscard]] Random& random() { return m_random; }
  void add(SimNode& node) { m_nodes.push_back(&node); }
  void remove(SimNode& node) { std::erase(m_nodes, &node); }
  /// Runs until `done` or until `limit` of virtual time has passed; whether `done` holds.
  bool runUntil(const std::function<bool()>& done, Duration limit);
  void runFor(Duration time);

 private:
  bool step(Timestamp end);
  SeededRandom m_random;
  SimNetwork m_network;
  Timestamp m_now{std::chrono::hours(1)};
  std::vector<SimNode*> m_nodes;
};

/// The seed of a run: ADIT_SIM_SEED where it is set, otherwise `standard`. Prints it, so that a failure can
/// be replayed.
std::uint64_t simSeed(std::uint64_t standard);

}  // namespace adit::sim

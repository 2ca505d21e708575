// SPDX-License-Identifier: Apache-2.0
#pragma once
// A network in memory: datagrams travel between addresses with delay, jitter, loss, duplication, reordering,
// corruption and a bottleneck, all drawn from one seed. Time is virtual. Owned by a SimWorld; one thread.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/net/datagram.h"

namespace adit::sim {

struct LinkParams {
  Duration delay = std::chrono::milliseconds(10);
  Duration jitter{};  ///< Added, uniform in [0, jitter).
  double loss = 0, duplicate = 0, corrupt = 0;
  double reorder = 0;                   ///< This share is held back by three delays.
  std::uint64_t bytesPerSecond = 0;     ///< 0: no bottleneck.
  std::size_t queueBytes = 256 * 1024;  ///< Of the bottleneck; beyond it packets are lost.
  std::size_t maxPayload = 1500;        ///< Larger datagrams are lost.
  bool down = false;
};

struct NetworkCounters {
  std::uint64_t sent = 0, delivered = 0, lost = 0, corrupted = 0, duplicated = 0, bytes = 0;
};

class SimNetwork {
 public:
  using Receiver = std::function<void(const net::ReceivedDatagram&)>;
  explicit SimNetwork(std::uint64_t seed) : m_random(seed) {}

  LinkParams link;
  /// Sees every datagram that is sent; returning false loses it.
  std::function<bool(const net::SocketAddress& from, const net::SocketAddress& to, ByteView payload)> tap;

  void attach(const net::SocketAddress& address, Receiver receiver);
  void detach(const net::SocketAddress& address);
  void send(const net::SocketAddress& from, const net::SocketAddress& to, net::Ecn ecn, ByteView payload,
            Timestamp now);
  [[nodiscard]] Timestamp nextArrival() const;
  /// Hands over what has arrived by `now`.
  void deliver(Timestamp now);
  [[nodiscard]] const NetworkCounters& counters() const noexcept { return m_counters; }

 private:
  struct Packet {
    net::SocketAddress from, to;
    net::Ecn ecn = net::Ecn::NotEct;
    std::string payload;
  };
  bool chance(double probability);
  Timestamp leavesBottleneck(const std::string& direction, std::size_t size, Timestamp now);
  void enqueue(Packet packet, Timestamp arrival);

  SeededRandom m_random;
  std::unordered_map<std::string, Receiver> m_receivers;
  std::map<std::pair<Timestamp, std::uint64_t>, Packet> m_inFlight;
  std::unordered_map<std::string, Timestamp> m_busyUntil;
  std::uint64_t m_nextId = 0;
  NetworkCounters m_counters;
};

}  // namespace adit::sim

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_network.h"

#include <algorithm>

namespace adit::sim {

void SimNetwork::attach(const net::SocketAddress& address, Receiver receiver) {
  m_receivers[address.toString()] = std::move(receiver);
}

void SimNetwork::detach(const net::SocketAddress& address) { m_receivers.erase(address.toString()); }

bool SimNetwork::chance(double probability) {
  // Drawn even when it cannot happen, so that changing one rate leaves the other draws of a seed alone.
  const double drawn = static_cast<double>(m_random.next() >> 11) * 0x1.0p-53;
  return drawn < probability;
}

Timestamp SimNetwork::leavesBottleneck(const std::string& direction, std::size_t size, Timestamp now) {
  if (link.bytesPerSecond == 0) return now;
  Timestamp& busy = m_busyUntil[direction];
  busy = std::max(busy, now);
  const double queued =
      std::chrono::duration<double>(busy - now).count() * static_cast<double>(link.bytesPerSecond);
  if (queued > static_cast<double>(link.queueBytes)) return kNever;
  busy += Duration(
      static_cast<std::int64_t>(static_cast<double>(size) * 1e9 / static_cast<double>(link.bytesPerSecond)));
  return busy;
}

void SimNetwork::send(const net::SocketAddress& from, const net::SocketAddress& to, net::Ecn ecn,
                      ByteView payload, Timestamp now) {
  ++m_counters.sent;
  m_counters.bytes += payload.size();
  const bool lost = chance(link.loss), twice = chance(link.duplicate), damaged = chance(link.corrupt),
             late = chance(link.reorder);
  const std::uint64_t jitter =
      link.jitter.count() > 0 ? m_random.below(static_cast<std::uint64_t>(link.jitter.count())) : 0;
  const bool refused = tap && !tap(from, to, payload);
  const Timestamp departure = leavesBottleneck(from.toString(), payload.size(), now);
  if (lost || refused || link.down || payload.size() > link.maxPayload || departure == kNever) {
    ++m_counters.lost;
    return;
  }
  Packet packet{from, to, ecn, std::string(asText(payload))};
  if (damaged && !packet.payload.empty()) {
    packet.payload[m_random.below(packet.payload.size())] ^= static_cast<char>(1 + m_random.below(255));
    ++m_counters.corrupted;
  }
  const Timestamp arrival =
      departure + (late ? 4 : 1) * link.delay + Duration(static_cast<std::int64_t>(jitter));
  if (twice) {
    ++m_counters.duplicated;
    enqueue(packet, arrival + link.delay / 2);
  }
  enqueue(std::move(packet), arrival);
}

void SimNetwork::enqueue(Packet packet, Timestamp arrival) {
  m_inFlight.emplace(std::pair(arrival, m_nextId++), std::move(packet));
}

Timestamp SimNetwork::nextArrival() const {
  return m_inFlight.empty() ? kNever : m_inFlight.begin()->first.first;
}

void SimNetwork::deliver(Timestamp now) {
  while (nextArrival() <= now) {
    auto node = m_inFlight.extract(m_inFlight.begin());
    const Packet& packet = node.mapped();
    const auto receiver = m_receivers.find(packet.to.toString());
    if (receiver == m_receivers.end()) {
      ++m_counters.lost;
      continue;
    }
    ++m_counters.delivered;
    receiver->second({&packet.from, &packet.to, packet.ecn, asBytes(packet.payload)});
  }
}

}  // namespace adit::sim

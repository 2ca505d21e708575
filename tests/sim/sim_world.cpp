// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace adit::sim {

SimNode::SimNode(SimWorld& world, net::SocketAddress address, quic::EndpointParams params)
    : m_world(world),
      m_address(std::move(address)),
      m_outside(m_address),
      m_random(world.random().next()),
      m_writer(m_slabs),
      m_params(std::move(params)) {
  m_params.random = &m_random;
  m_params.slabs = &m_slabs;
  m_params.writer = &m_writer;
  moveTo(m_address);
  makeEndpoint();
  m_world.add(*this);
}

SimNode::~SimNode() {
  m_world.remove(*this);
  m_world.network().detach(m_outside);
}

void SimNode::makeEndpoint() {
  auto made = quic::Endpoint::create(m_params, *this, *this);
  if (!made) {
    std::fprintf(stderr, "no endpoint: %s\n", made.error().describe().c_str());
    std::abort();
  }
  m_endpoint = std::move(*made);
}

void SimNode::restart() {
  m_endpoint.reset();
  m_arrived.clear();
  makeEndpoint();
}

void SimNode::rebind(const net::SocketAddress& outside) {
  m_world.network().detach(m_outside);
  m_outside = outside;
  m_world.network().attach(m_outside, [this](const net::ReceivedDatagram& datagram) {
    m_arrived.push_back({*datagram.peer, m_address, datagram.ecn, std::string(asText(datagram.payload))});
  });
}

void SimNode::moveTo(const net::SocketAddress& address) {
  m_address = address;
  rebind(address);
  if (m_endpoint == nullptr) return;
  m_endpoint->setSink(*this);
  m_endpoint->migrateAll(address);
}

transport::Link* SimNode::connect(const net::SocketAddress& peer, transport::LinkHandler& handler,
                                  std::optional<tls::Pin> pin, std::string serverName) {
  quic::ConnectParams params;
  params.peer = peer;
  params.local = m_address;
  params.serverName = std::move(serverName);
  params.pin = pin;
  params.handler = &handler;
  auto made = m_endpoint->connect(params, m_world.now());
  return made ? *made : nullptr;
}

void SimNode::inject(const net::SocketAddress& from, std::string_view payload) {
  m_arrived.push_back({from, m_address, net::Ecn::NotEct, std::string(payload)});
}

Timestamp SimNode::nextTurn(Timestamp event) const {
  if (turn == Duration::zero() || event == kNever) return event;
  const auto whole =
      (std::max(event, m_lastTurn + Duration(1)).time_since_epoch() + turn - Duration(1)) / turn;
  return Timestamp(whole * turn);
}

bool SimNode::step(Timestamp now) {
  if (nextTurn(now) != now) return false;
  m_lastTurn = now;
  bool worked = false;
  if (m_endpoint->deadline() <= now) {
    m_endpoint->expire(now);
    worked = true;
  }
  if (!m_arrived.empty()) {
    std::deque<Arrival> arrived;
    arrived.swap(m_arrived);
    std::vector<net::ReceivedDatagram> datagrams;
    for (const Arrival& a : arrived) datagrams.push_back({&a.from, &a.to, a.ecn, asBytes(a.payload)});
    m_endpoint->receive(datagrams, now);
    worked = true;
  }
  if (m_flushNeeded || worked) {
    m_flushNeeded = false;
    m_endpoint->flush(now);
    worked = true;
  }
  return worked;
}

Timestamp SimNode::nextEvent() const {
  const bool atOnce = m_flushNeeded || !m_arrived.empty();
  if (turn == Duration::zero()) return atOnce ? Timestamp::min() : m_endpoint->deadline();
  return nextTurn(atOnce ? m_world.now() : m_endpoint->deadline());
}

void SimNode::unblock() {
  sendAllowance.reset();
  m_flushNeeded = true;
}

net::SendResult SimNode::send(const net::DatagramBatch& batch) {
  if (sendAllowance) {
    if (*sendAllowance == 0) return {net::SendOutcome::Blocked, 0, 0};
    --*sendAllowance;
  }
  ByteView rest = batch.bytes;
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.size(), batch.segmentSize);
    m_world.network().send(m_outside, *batch.peer, batch.ecn, rest.first(size), m_world.now());
    rest = rest.subspan(size);
  }
  return {net::SendOutcome::Sent, batch.bytes.size(), 0};
}

void SimNode::onAccepted(transport::Link& connection) {
  if (accepted) accepted(connection);
}

void SimNode::onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) {
  if (foreign) foreign(worker, datagram);
}

void SimNode::onFlushNeeded() {
  ++flushRequests;
  m_flushNeeded = true;
}

bool SimWorld::step(Timestamp end) {
  Timestamp next = m_network.nextArrival();
  for (const SimNode* node : m_nodes) next = std::min(next, node->nextEvent());
  if (next > end) {
    m_now = end;
    return false;
  }
  m_now = std::max(m_now, next);
  m_network.deliver(m_now);
  for (std::size_t i = 0; i < m_nodes.size(); ++i) m_nodes[i]->step(m_now);
  return true;
}

bool SimWorld::runUntil(const std::function<bool()>& done, Duration limit) {
  const Timestamp end = m_now + limit;
  while (!done()) {
    if (!step(end)) return done();
  }
  return true;
}

void SimWorld::runFor(Duration time) {
  const Timestamp end = m_now + time;
  while (step(end)) {
  }
}

std::uint64_t simSeed(std::uint64_t standard) {
  const char* text = std::getenv("ADIT_SIM_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : standard;
  std::printf("ADIT_SIM_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace adit::sim

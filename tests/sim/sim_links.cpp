// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_links.h"

#include <utility>

namespace adit::sim {

using namespace std::chrono_literals;
using transport::CloseCause;
using transport::CloseInfo;

namespace {

// As core/quic has them.
constexpr Duration kIdleTimeout = 30s;
constexpr Duration kHandshakeTimeout = 5s;
constexpr Duration kFirstRetry = 300ms;
constexpr unsigned kClosesLost = 5;  // of a hundred

CloseInfo closeInfo(CloseCause cause, bool heard = true) {
  CloseInfo info;
  info.cause = cause;
  info.heardFromPeer = heard;
  return info;
}

}  // namespace

SimStream& SimLink::endOf(std::size_t stream) noexcept {
  SimWire::Pair& pair = m_wire.m_streams[stream];
  return m_side == Side::Client ? *pair.atClient : *pair.atServer;
}

SimStream* SimLink::control() noexcept { return m_wire.m_streams.empty() ? nullptr : &endOf(0); }

transport::Stream* SimLink::openStream() {
  if (!isOpen()) return nullptr;
  auto [ours, theirs] = SimStream::makePair(m_wire.m_schedule, m_wire.m_path,
                                            static_cast<transport::StreamId>(4 * m_wire.m_streams.size()));
  const bool isControl = m_side == Side::Client && m_wire.m_streams.empty();
  SimLink& peer = m_side == Side::Client ? m_wire.server : m_wire.client;
  theirs->onFirst = [&peer, stream = theirs.get()] {
    if (peer.isOpen() && peer.m_handler != nullptr) peer.m_handler->onStreamOpened(peer, *stream);
  };
  if (isControl) {
    ours->tap = &m_wire.oracle.tap(Side::Client);
    theirs->tap = &m_wire.oracle.tap(Side::Server);
  }
  SimStream* opened = ours.get();
  if (m_side == Side::Client) {
    m_wire.m_streams.push_back({std::move(ours), std::move(theirs)});
  } else {
    m_wire.m_streams.push_back({std::move(theirs), std::move(ours)});
  }
  return opened;
}

void SimLink::close(transport::AppErrorCode code, std::string_view reason) {
  if (isClosing()) return;
  if (isOpen()) m_wire.oracle.onClose(m_side, code);
  m_state = State::Closing;
  m_farewell.emplace(code, std::string(reason));
  m_wire.m_schedule.after(Duration::zero(), [this, code] {
    CloseInfo info = closeInfo(CloseCause::Local);
    info.code = code;
    finish(std::move(info));
  });
  m_wire.sendClose(m_side == Side::Client ? m_wire.server : m_wire.client, code, std::string(reason));
}

void SimLink::receiveClose(transport::AppErrorCode code, const std::string& reason) {
  if (isClosing()) return;
  CloseInfo info = closeInfo(CloseCause::PeerApplication);
  info.code = code;
  info.reason = reason;
  finish(std::move(info));
}

void SimLink::finish(CloseInfo info) {
  if (m_state == State::Over) return;
  m_state = State::Over;
  for (std::size_t i = 0; i < m_wire.m_streams.size(); ++i) endOf(i).cut();
  if (transport::LinkHandler* handler = std::exchange(m_handler, nullptr); handler != nullptr)
    handler->onLinkClosed(*this, info);
}

void SimLink::vanish() {
  m_handler = nullptr;
  m_state = State::Over;
  m_farewell.reset();
  for (std::size_t i = 0; i < m_wire.m_streams.size(); ++i) endOf(i).vanish();
}

std::optional<tls::Pin> SimLink::peerPin() const {
  return m_side == Side::Server ? std::optional(m_wire.m_params.pin) : std::nullopt;
}

const net::SocketAddress& SimLink::peerAddress() const noexcept { return m_wire.m_params.address; }

transport::LinkStats SimLink::stats() const {
  transport::LinkStats stats;
  stats.smoothedRtt = 2 * m_wire.m_path.params.delay + m_wire.m_path.params.jitter;
  return stats;
}

SimWire::SimWire(SimSchedule& schedule, SimPath& path, SimPort& port, Params params)
    : oracle(schedule), m_schedule(schedule), m_path(path), m_port(port), m_params(std::move(params)) {}

void SimWire::start() {
  sendInitial(kFirstRetry);
  m_schedule.after(kHandshakeTimeout, [this] {
    if (client.m_state == SimLink::State::Handshaking)
      client.finish(closeInfo(CloseCause::HandshakeTimeout, m_answered));
  });
}

void SimWire::sendInitial(Duration again) {
  if (m_answered || client.m_state != SimLink::State::Handshaking) return;
  m_schedule.after(m_path.onTheWay(), [this] { initialArrives(); });
  m_schedule.after(again, [this, again] { sendInitial(2 * again); });
}

void SimWire::initialArrives() {
  if (m_answered || client.m_state != SimLink::State::Handshaking) return;
  if (m_port.server == nullptr) {
    if (m_port.refuses) m_schedule.after(m_path.onTheWay(), [this] { clientNotKnown(); });
    return;
  }
  m_answered = true;
  server.m_state = SimLink::State::Open;
  server.m_lastHeard = m_schedule.now();
  oracle.onAccepted();
  m_port.server->onAccepted(server);
  watchServer();
  m_schedule.after(m_path.onTheWay(), [this] {
    if (client.m_state != SimLink::State::Handshaking) return;
    client.m_state = SimLink::State::Open;
    client.m_lastHeard = m_schedule.now();
    if (m_params.keepAlive > Duration::zero()) keepAlive();
    if (client.m_handler != nullptr) client.m_handler->onConnected(client);
  });
}

void SimWire::keepAlive() {
  if (!client.isOpen()) return;
  if (m_schedule.now() - client.m_lastHeard >= kIdleTimeout) {
    client.finish(closeInfo(CloseCause::IdleTimeout));
    return;
  }
  m_schedule.after(m_path.onTheWay(), [this] {
    if (server.isOpen()) {
      server.m_lastHeard = m_schedule.now();
      m_schedule.after(m_path.onTheWay(), [this] {
        if (client.isOpen()) client.m_lastHeard = m_schedule.now();
      });
    } else {
      m_schedule.after(m_path.onTheWay(), [this] { clientNotKnown(); });
    }
  });
  m_schedule.after(m_params.keepAlive, [this] { keepAlive(); });
}

/// The server's end is over: what a packet of the client's is answered with.
void SimWire::clientNotKnown() {
  if (client.isClosing()) return;
  if (server.m_farewell) {
    client.receiveClose(server.m_farewell->first, server.m_farewell->second);
  } else if (m_port.server != nullptr && m_answered) {
    client.finish(closeInfo(CloseCause::StatelessReset));
  } else if (m_port.server == nullptr && m_port.refuses) {
    client.finish(closeInfo(CloseCause::Refused));
  }
}

void SimWire::watchServer() {
  const Timestamp due = server.m_lastHeard + kIdleTimeout;
  m_schedule.callAt(due, [this, due] {
    if (!server.isOpen()) return;
    if (m_schedule.now() >= server.m_lastHeard + kIdleTimeout) {
      server.finish(closeInfo(CloseCause::IdleTimeout));
    } else if (due != server.m_lastHeard + kIdleTimeout) {
      watchServer();
    }
  });
}

void SimWire::sendClose(SimLink& to, transport::AppErrorCode code, const std::string& reason) {
  if (m_schedule.chance(kClosesLost)) return;
  m_schedule.after(m_path.onTheWay(), [&to, code, reason] {
    if (to.isOpen()) to.receiveClose(code, reason);
  });
}

namespace {

class Dialed final : public transport::DialedLink {
 public:
  explicit Dialed(SimWire& wire) noexcept : m_wire(wire) {}
  Dialed(const Dialed&) = delete;
  Dialed& operator=(const Dialed&) = delete;
  ~Dialed() override {
    if (!m_wire.client.isClosing()) m_wire.client.vanish();
  }
  [[nodiscard]] transport::Link& link() noexcept override { return m_wire.client; }
  Result<> move() override { return {}; }

 private:
  SimWire& m_wire;
};

}  // namespace

SimWire& SimDialer::dialWire(transport::LinkHandler& handler) {
  m_wires.push_back(std::make_unique<SimWire>(m_schedule, m_path, m_port, m_params));
  SimWire& wire = *m_wires.back();
  wire.client.setHandler(&handler);
  wire.start();
  return wire;
}

Result<std::unique_ptr<transport::DialedLink>> SimDialer::dial(const transport::DialParams&,
                                                               transport::LinkHandler& handler) {
  return std::unique_ptr<transport::DialedLink>(std::make_unique<Dialed>(dialWire(handler)));
}

}  // namespace adit::sim

// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_link.h"

#include <algorithm>
#include <array>

#include "core/base/log.h"
#include "core/wire/stream_head.h"

namespace adit::client {

namespace {

/// Visitors' requests the server may have open towards this client: sixteen tunnels' at their default limit.
constexpr std::uint64_t kRequestStreams = 16 * 1024;

struct Transition {
  LinkState from, to;
};
constexpr std::array kTransitions = {
    Transition{LinkState::Offline, LinkState::Connecting},
    Transition{LinkState::Connecting, LinkState::Online},
    Transition{LinkState::Connecting, LinkState::Waiting},
    Transition{LinkState::Connecting, LinkState::Failed},
    Transition{LinkState::Online, LinkState::Waiting},
    Transition{LinkState::Online, LinkState::Failed},
    Transition{LinkState::Waiting, LinkState::Connecting},
    Transition{LinkState::Failed, LinkState::Connecting},
    Transition{LinkState::Stopped, LinkState::Connecting},
    Transition{LinkState::Offline, LinkState::Stopped},
    Transition{LinkState::Connecting, LinkState::Stopped},
    Transition{LinkState::Online, LinkState::Stopped},
    Transition{LinkState::Waiting, LinkState::Stopped},
    Transition{LinkState::Failed, LinkState::Stopped},
};

constexpr bool isAllowed(LinkState from, LinkState to) {
  return std::any_of(kTransitions.begin(), kTransitions.end(), [=](const Transition& transition) {
    return transition.from == from && transition.to == to;
  });
}

/// Trying again cannot help with these.
bool isFinal(ErrorCode code) noexcept {
  return code == ErrorCode::PinMismatch || code == ErrorCode::TokenUnknown ||
         code == ErrorCode::TokenRevoked || code == ErrorCode::VersionMismatch ||
         code == ErrorCode::TakenOver;
}

}  // namespace

ServerLink::ServerLink(net::EventLoop& loop, ServerLinkParams params, Handler& handler)
    : m_loop(loop),
      m_params(std::move(params)),
      m_handler(handler),
      m_backoff({}, m_random),
      m_resolver(loop),
      m_watch(net::NetworkWatch::start(loop, [this] { networkChanged(); })),
      m_retryTimer(loop, [this] { attempt(); }),
      m_sessionTimer(loop, [this] {
        if (m_session != nullptr) m_session->expire(m_loop.now());
        armSessionTimer();
      }) {}

ServerLink::~ServerLink() {
  // No more calls to a handler that may be half gone.
  if (m_control != nullptr) m_control->setHandler(nullptr);
  if (m_connection != nullptr) m_connection->setHandler(nullptr);
}

void ServerLink::setState(LinkState next) {
  if (next == m_state) return;
  if (!isAllowed(m_state, next)) {
    logError("client", "link: {} -> {} is no allowed transition", toString(m_state), toString(next));
    return;
  }
  m_state = next;
  m_handler.onLinkChanged();
}

Duration ServerLink::retryIn() const {
  return m_state == LinkState::Waiting ? std::max(Duration::zero(), m_retryAt - m_loop.now())
                                       : Duration::zero();
}

Duration ServerLink::roundTrip() const {
  return m_connection == nullptr ? Duration::zero() : m_connection->stats().smoothedRtt;
}

void ServerLink::connectTo(const session::JoinLink& link) {
  if (m_state != LinkState::Offline && m_state != LinkState::Stopped) close();
  m_link = link;
  m_error.reset();
  m_backoff.reset();
  m_backoff.next();  // the attempt that follows is the one without a delay
  attempt();
}

void ServerLink::declare() {
  if (m_session == nullptr) return;
  m_session->declare(m_handler.declarations(), m_loop.now());
  armSessionTimer();
}

void ServerLink::retryNow() {
  if (!m_link || (m_state != LinkState::Waiting && m_state != LinkState::Failed)) return;
  m_backoff.reset();
  m_backoff.next();
  attempt();
}

void ServerLink::networkChanged() {
  if (m_state == LinkState::Waiting) {
    retryNow();
  } else if (m_state == LinkState::Connecting) {
    // What it said so far may have gone nowhere, and it repeats itself less and less often.
    dropAttempt();
    m_backoff.reset();
    m_backoff.next();
    attempt();
  } else if (m_state == LinkState::Online && m_driver != nullptr) {
    logInfo("client", "the network changed: moving the connection");
    if (auto moved = m_driver->rebind(); !moved) logWarning("client", "{}", moved.error().describe());
  }
}

void ServerLink::announceDrain(Duration deadline) {
  if (m_session != nullptr && m_state == LinkState::Online)
    m_session->drain(deadline, "the client leaves", m_loop.now());
}

void ServerLink::close() {
  m_retryTimer.stop();
  dropAttempt();
  setState(LinkState::Stopped);
}

void ServerLink::dropAttempt() {
  m_sessionTimer.stop();
  m_query.reset();
  if (m_connection != nullptr) {
    m_connection->setHandler(nullptr);
    if (m_control != nullptr) m_control->setHandler(nullptr);
    m_connection->close(static_cast<transport::AppErrorCode>(wire::AppError::NoError), "");
    m_connection = nullptr;
    m_control = nullptr;
  }
  m_session.reset();
  m_sessionError.reset();
}

void ServerLink::attempt() {
  m_retryTimer.stop();
  m_retryAt = kNever;
  setState(LinkState::Connecting);
  m_query = m_resolver.resolve(
      m_link->host, m_link->port,
      [this](const Result<std::vector<net::SocketAddress>>& addresses) { resolved(addresses); });
}

Result<> ServerLink::openDriver(const net::SocketAddress& peer) {
  const DriverKind kind{peer.family(), peer.isLoopback()};
  if (m_driver != nullptr && m_driverKind == kind) return {};
  quic::EndpointParams endpoint;
  endpoint.role = quic::Role::Client;
  endpoint.identity = m_params.identity;
  endpoint.shedCode = static_cast<transport::AppErrorCode>(wire::AppError::Overloaded);
  endpoint.keys = quic::StaticKeys::generate(m_random);
  endpoint.limits.peerStreams = kRequestStreams;
  endpoint.limits.loopbackPayload = m_params.loopbackPayload;
  net::UdpParams udp;
  // A server on this machine is reached from loopback, so that nothing of an embedded one listens to the
  // outside.
  if (kind.family == net::AddressFamily::Ipv6) {
    udp.bind = kind.loopback ? net::SocketAddress::loopback6(0) : net::SocketAddress::fromIpv6({}, 0);
  } else {
    udp.bind = kind.loopback ? net::SocketAddress::loopback4(0) : net::SocketAddress::fromIpv4({}, 0);
  }
  auto driver = quic::EndpointDriver::open(m_loop, endpoint, udp, *this);
  if (!driver) return fail(std::move(driver.error()));
  m_driver = std::move(*driver);
  m_driverKind = kind;
  return {};
}

void ServerLink::resolved(const Result<std::vector<net::SocketAddress>>& addresses) {
  if (!addresses || addresses->empty()) {
    failed(addresses ? Error{ErrorCode::ResolveFailed, m_link->host + " has no address", 0}
                     : addresses.error());
    return;
  }
  const net::SocketAddress& peer = (*addresses)[m_addressTurn++ % addresses->size()];
  if (auto opened = openDriver(peer); !opened) {
    failed(std::move(opened.error()));
    return;
  }
  quic::ConnectParams connect;
  connect.peer = peer;
  // RFC 6066 section 3: a literal address is no server name.
  if (peer.host() != m_link->host) connect.serverName = m_link->host;
  connect.pin = m_link->pin;
  connect.handler = this;
  auto connection = m_driver->connect(connect);
  if (!connection) {
    failed(std::move(connection.error()));
    return;
  }
  m_connection = *connection;
  m_sessionError.reset();
}

void ServerLink::onConnected(transport::Link& connection) {
  m_control = connection.openStream();
  if (m_control == nullptr) {
    connection.close(static_cast<transport::AppErrorCode>(wire::AppError::Protocol), "no stream for control");
    return;
  }
  m_control->setHandler(this);
  std::uint8_t head[wire::kMaxStreamHead];
  m_control->sendCopy(
      {head, wire::writeStreamHead({wire::StreamKind::Control, 0, {}, http::Scheme::Http}, head)});
  session::ClientSession::Params params;
  params.login.token = m_link->token;
  params.login.clientName = m_params.clientName;
  params.login.agent = m_params.agent;
  m_session =
      std::make_unique<session::ClientSession>(params, static_cast<session::ClientSession::Handler&>(*this));
  m_session->start(m_loop.now());
  m_session->declare(m_handler.declarations(), m_loop.now());
  armSessionTimer();
}

void ServerLink::onStreamOpened(transport::Link&, transport::Stream& stream) {
  m_handler.onRequestStream(stream);
}

void ServerLink::onStreamData(transport::Stream& stream, ByteView data, bool) {
  stream.consume(data.size());
  if (m_session == nullptr) return;
  m_session->receive(data, m_loop.now());
  armSessionTimer();
}

void ServerLink::onStreamClosed(transport::Stream&) { m_control = nullptr; }

void ServerLink::sendControl(ByteView bytes) {
  if (m_control != nullptr) m_control->sendCopy(bytes);
}

void ServerLink::onLoggedIn(const wire::LoginAccepted&) {
  m_error.reset();
  m_backoff.reset();
  m_addressTurn = m_addressTurn == 0 ? 0 : m_addressTurn - 1;  // this address works: begin with it next time
  setState(LinkState::Online);
}

void ServerLink::onDeclared(const wire::Declared& declared) { m_handler.onDeclared(declared); }

void ServerLink::onServerDraining(const wire::Drain& drain) {
  logInfo("client", "the server is leaving: {}", drain.reason);
}

void ServerLink::onSessionFailed(const Error& error, wire::AppError code) {
  m_sessionError = error;
  if (m_connection != nullptr) m_connection->close(static_cast<transport::AppErrorCode>(code), "");
}

void ServerLink::onLinkClosed(transport::Link&, const transport::CloseInfo& info) {
  m_connection = nullptr;
  m_control = nullptr;
  m_session.reset();
  m_sessionTimer.stop();
  if (m_sessionError) {
    failed(*std::exchange(m_sessionError, std::nullopt));
  } else if (info.cause == transport::CloseCause::PeerApplication) {
    failed(wire::toError(info.code, info.reason));
  } else {
    failed(info.toError());
  }
}

void ServerLink::failed(Error error) {
  const bool isLast = isFinal(error.code);
  logWarning("client", "{}: {}", m_link->serverName(), error.describe());
  m_error = std::move(error);
  if (isLast) {
    setState(LinkState::Failed);
    return;
  }
  const Duration delay = m_backoff.next();
  m_retryAt = m_loop.now() + delay;
  setState(LinkState::Waiting);
  m_retryTimer.start(delay);
}

void ServerLink::armSessionTimer() {
  m_sessionTimer.startAt(m_session == nullptr ? kNever : m_session->deadline());
}

}  // namespace adit::client

// SPDX-License-Identifier: Apache-2.0
#include "core/server/client_link.h"

#include <algorithm>
#include <utility>

#include "core/base/display_text.h"
#include "core/base/log.h"
#include "core/wire/stream_head.h"

namespace adit::server {

namespace {

/// How long a client that another one wants a name of has for its answer.
constexpr Duration kProbeTime = std::chrono::seconds(1);
constexpr std::size_t kMaxShownName = 64;
/// How long one that was refused has to read why before its connection is closed.
constexpr Duration kRefusalGrace = std::chrono::seconds(1);
/// What may wait on a control stream, bytes: an honest client asks for one answer at a time, of at most a
/// quarter of this.
constexpr std::size_t kMostUnread = std::size_t{4} * wire::kMaxControlMessage;

/// Lines in the log about a client's tunnels, at once and in a second.
constexpr double kNewsBurst = 300;
constexpr double kNewsRate = 2;

transport::AppErrorCode codeOf(wire::AppError error) noexcept {
  return static_cast<transport::AppErrorCode>(error);
}

}  // namespace

ClientLink::ClientLink(LinkServices& services, transport::Link& connection)
    : m_services(services),
      m_connection(&connection),
      m_streams(services.streamKinds),
      m_session({}, *this, services.loop.now()),
      m_timer(services.loop,
              [this] {
                m_session.expire(m_services.loop.now());
                armTimer();
              }),
      m_refusalTimer(services.loop, [this] { close(m_refusal, "login refused"); }),
      m_probeTimer(services.loop,
                   [this] {
                     m_isSilent = true;
                     finishProbes(false);
                   }),
      m_peerName(connection.peerAddress().toString()),
      m_news(kNewsBurst, kNewsRate) {
  connection.setHandler(this);
  armTimer();
}

ClientLink::~ClientLink() = default;

bool ClientLink::isReady() const noexcept {
  return m_connection != nullptr && m_session.state() == session::ServerSessionState::Ready;
}

std::shared_ptr<TunnelLoad> ClientLink::loadOf(std::uint64_t tunnel) {
  const auto found = m_loads.find(tunnel);
  return found == m_loads.end() ? nullptr : found->second;
}

void ClientLink::armTimer() { m_timer.startAt(m_session.deadline()); }

void ClientLink::checkToken() {
  if (!m_registered) return;
  if (const auto good = m_services.host.tokens().check(m_tokenId); !good) {
    logWarning("server", "{}: session {} ends: {}", m_peerName, m_id, good.error().detail);
    close(wire::AppError::LoginRefused, good.error().detail);
  }
}

void ClientLink::takenOver() {
  logInfo("server", "{}: a newer connection of the same instance took session {} over", m_peerName, m_id);
  m_registered = false;
  close(wire::AppError::TakenOver, "a newer connection of the same instance took the session over");
}

void ClientLink::withdraw(const wire::Withdrawn& withdrawn) {
  for (const std::uint64_t tunnel : withdrawn.tunnels) m_loads.erase(tunnel);
  logInfo("server", "{}: session {}: {}", m_peerName, m_id, withdrawn.message);
  m_session.withdraw(withdrawn);
}

void ClientLink::probe(std::function<void(bool answered)> done) {
  if (m_connection == nullptr || m_isSilent) return done(false);
  m_probes.push_back(std::move(done));
  if (m_probes.size() > 1) return;  // one is under way
  m_session.probe();
  m_probeTimer.start(kProbeTime);
}

void ClientLink::finishProbes(bool answered) {
  m_probeTimer.stop();
  for (const auto& done : std::exchange(m_probes, {})) done(answered);
}

void ClientLink::drain(Duration deadline) {
  if (m_registered) m_services.registry.suspendSession(m_id, m_services.loop.now());
  // Whoever has sent no login yet is refused when it does.
  if (m_session.state() == session::ServerSessionState::AwaitingLogin) return;
  m_session.drain(deadline, "the server shuts down", m_services.loop.now());
  armTimer();
}

void ClientLink::close(wire::AppError code, std::string_view reason) {
  if (m_connection != nullptr) m_connection->close(codeOf(code), reason);
}

void ClientLink::onConnected(transport::Link&) {}
void ClientLink::onStreamCredit(transport::Link&) {}

void ClientLink::onStreamOpened(transport::Link& link, transport::Stream& stream) {
  if (m_control == nullptr && !m_headRead) {
    m_control = &stream;
    stream.setHandler(this);
    return;
  }
  if (isReady()) {
    m_streams.accept(link, stream);
    return;
  }
  stream.setHandler(nullptr);
  stream.reset(codeOf(wire::AppError::Protocol));
  stream.stopSending(codeOf(wire::AppError::Protocol));
}

void ClientLink::onLinkClosed(transport::Link&, const transport::CloseInfo& info) {
  const bool left =
      info.cause == transport::CloseCause::PeerApplication && info.code == codeOf(wire::AppError::NoError);
  logInfo("server", "{}: connection closed: {}", m_peerName,
          left ? "the client left" : info.toError().detail);
  m_connection = nullptr;
  m_control = nullptr;
  finishProbes(false);
  if (m_id != 0) m_services.host.removeSession(m_id);
  if (m_registered) {
    m_services.registry.removeSession(m_id, left ? Registry::Departure::Left : Registry::Departure::Lost,
                                      m_services.loop.now());
  }
  m_services.host.forget(*this);
}

void ClientLink::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  stream.consume(data.size());
  const Timestamp now = m_services.loop.now();
  if (!m_headRead) {
    // The head is tiny but may still come in pieces.
    m_head.append(asText(data.first(std::min(data.size(), wire::kMaxStreamHead + std::size_t{1}))));
    wire::StreamHead head;
    const auto used = wire::readStreamHead(asBytes(m_head), head);
    const bool isOfAnotherKind = used ? *used > 0 && head.kind != wire::StreamKind::Control
                                      : used.error().code == ErrorCode::Unsupported;
    if (isOfAnotherKind) {
      close(wire::AppError::Protocol, "the first stream is not a control stream");
      return;
    }
    if (!used || (*used == 0 && (fin || m_head.size() > wire::kMaxStreamHead))) {
      close(wire::AppError::Malformed, "the head of the control stream is malformed");
      return;
    }
    if (*used == 0) return;
    const std::size_t ofThisPiece =
        *used - (m_head.size() - std::min(data.size(), wire::kMaxStreamHead + std::size_t{1}));
    m_headRead = true;
    m_head.clear();
    data = data.subspan(ofThisPiece);
  }
  m_isSilent = false;
  m_session.receive(data, now);
  if (fin) m_session.controlEnded();
  armTimer();
}

void ClientLink::onStreamReset(transport::Stream&, transport::AppErrorCode) { onControlAborted(); }
void ClientLink::onStreamStopped(transport::Stream&, transport::AppErrorCode) { onControlAborted(); }

void ClientLink::onControlAborted() {
  // A link that closes resets its streams first; its own reason is told by onLinkClosed.
  if (m_connection == nullptr || m_connection->isClosing()) return;
  m_session.controlEnded();
  armTimer();
}

void ClientLink::onStreamWritable(transport::Stream&) {}
void ClientLink::onStreamClosed(transport::Stream&) { m_control = nullptr; }

void ClientLink::sendControl(ByteView bytes) {
  if (m_control == nullptr) return;
  if (m_control->unsentBytes() > kMostUnread) {
    close(wire::AppError::LimitExceeded, "the client does not read what it is told");
    return;
  }
  m_control->sendCopy(bytes);
}

session::LoginVerdict ClientLink::authenticate(const wire::Login& login) {
  const Timestamp now = m_services.loop.now();
  if (m_services.host.isDraining()) {
    m_session.drain(Duration::zero(), "", now);  // refuses it
    return std::nullopt;
  }
  const net::SocketAddress& peer = m_connection->peerAddress();
  if (!m_services.loginGuard.allows(peer, now)) {
    return fail(ErrorCode::Overloaded, "too many failed logins from this address; try again in a minute");
  }
  const std::optional<tls::Pin> key = m_connection->peerPin();
  if (!key) return fail(ErrorCode::TlsFailure, "the client showed no key");
  auto grant = m_services.host.tokens().verify(login.token);
  if (grant || grant.error().code != ErrorCode::TokenUnknown) return enter(login, std::move(grant));
  // It may have been made a moment ago: somebody else looks at the file.
  m_services.host.refreshTokens([self = std::weak_ptr(m_self), login] {
    const auto alive = self.lock();
    if (alive == nullptr) return;
    ClientLink& link = **alive;
    if (link.m_connection == nullptr || link.m_session.state() != session::ServerSessionState::Authenticating)
      return;  // it waited for too long
    link.m_session.finishLogin(link.enter(login, link.m_services.host.tokens().verify(login.token)),
                               link.m_services.loop.now());
    link.armTimer();
  });
  return std::nullopt;
}

Result<wire::LoginAccepted> ClientLink::enter(const wire::Login& login, Result<access::Grant> grant) {
  const Timestamp now = m_services.loop.now();
  if (!grant) {
    // Who shows a revoked token does not guess. Its programs try again, and must not shut out those who share
    // their address and have its successor.
    if (grant.error().code != ErrorCode::TokenRevoked)
      m_services.loginGuard.noteFailure(m_connection->peerAddress(), now);
    logWarning("server", "{}: login refused: {}", m_peerName, grant.error().detail);
    return fail(std::move(grant.error()));
  }
  // authenticate() has seen that there is a key.
  Registry::Newcomer newcomer{*m_connection->peerPin(),
                              login.instance,
                              grant->principal,
                              m_services.worker,
                              {login.clientName, login.program, login.processId, login.startedUnix}};
  auto registered = m_services.registry.addSession(std::move(newcomer), now);
  if (!registered) return fail(std::move(registered.error()));
  m_tokenId = std::move(grant->tokenId);
  m_id = registered->id;
  m_registered = true;
  m_services.host.addSession(m_id, *this);
  for (const std::uint64_t tunnel : registered->tunnels) m_loads[tunnel] = std::make_shared<TunnelLoad>();
  if (registered->displaced) {
    m_services.host.takeOver(*registered->displaced);
  }
  m_connection->markAdmitted();
  logInfo("server", "{}: {} of '{}' logged in as session {}", m_peerName,
          displayText(login.clientName, kMaxShownName), grant->principal->id, m_id);
  wire::LoginAccepted accepted;
  accepted.session = std::to_string(m_id);
  accepted.domain = m_services.registry.domain();
  accepted.maxTunnels = static_cast<std::uint32_t>(m_services.registry.maxTunnels());
  return accepted;
}

wire::Declared ClientLink::apply(const wire::Declare& declare) {
  const Registry::Applied applied = m_services.registry.apply(m_id, declare, m_services.loop.now());
  auto before = std::exchange(m_loads, {});
  for (const wire::TunnelAnswer& answer : applied.declared.answers) {
    const auto kept = answer.accepted ? before.find(answer.id) : before.end();
    if (kept != before.end()) m_loads.insert(before.extract(kept));
  }
  follow(applied);
  return applied.declared;
}

void ClientLink::settle(SessionId holder, bool answered) {
  const Registry::Applied applied = m_services.registry.settle(m_id, holder, answered, m_services.loop.now());
  if (applied.declared.answers.empty()) return;  // it declared something else meanwhile
  follow(applied);
  m_session.answer(applied.declared);
}

/// A client may declare a thousand tunnels fifty times a second.
bool ClientLink::mayTell() {
  if (!m_news.take(m_services.loop.now())) {
    ++m_untold;
    return false;
  }
  if (m_untold > 0)
    logInfo("server", "{}: {} lines about its tunnels were left out", m_peerName, std::exchange(m_untold, 0));
  return true;
}

void ClientLink::follow(const Registry::Applied& applied) {
  for (const wire::TunnelAnswer& answer : applied.declared.answers) {
    if (!answer.accepted) {
      if (mayTell()) logInfo("server", "{}: tunnel refused: {}", m_peerName, answer.message);
      continue;
    }
    auto& load = m_loads[answer.id];
    if (load != nullptr) continue;
    load = std::make_shared<TunnelLoad>();
    if (mayTell()) logInfo("server", "{}: tunnel {} is online", m_peerName, answer.url);
  }
  m_services.host.withdraw(applied.withdrawals);
  m_services.host.probe(applied.contested, m_id);
}

wire::Released ClientLink::release(const wire::Release& release) {
  return m_services.registry.release(m_id, release.name, m_services.loop.now());
}

void ClientLink::onClientDraining(const wire::Drain&) {
  if (m_registered) m_services.registry.suspendSession(m_id, m_services.loop.now());
}

void ClientLink::onSessionFailed(const Error& error, wire::AppError code) {
  if (m_session.wasRefused()) {
    // The refusal is on its way; the client closes when it has read it.
    if (m_control != nullptr) m_control->finish();
    m_refusal = code;
    m_refusalTimer.start(kRefusalGrace);
    return;
  }
  logWarning("server", "{}: session ended: {}", m_peerName, error.describe());
  close(code, error.detail);
}

}  // namespace adit::server

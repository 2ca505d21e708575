// SPDX-License-Identifier: Apache-2.0
// The connection in use, and the link's state. Attempts are in server_link_attempts.cpp.
#include "core/client/server_link.h"

#include <algorithm>
#include <array>

#include "core/base/log.h"
#include "core/wire/stream_head.h"

namespace adit::client {

namespace {

constexpr BackoffParams kRefusals{.patience = Duration::zero()};
/// A session that lasted this long was of use: what follows its loss is a first failure.
constexpr Duration kUsefulSession = std::chrono::seconds(5);
/// A login of ours that was overtaken by another one of ours may arrive so much later, and take its place.
constexpr Duration kOvertaken = std::chrono::seconds(30);

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
    Transition{LinkState::Waiting, LinkState::Failed},
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

}  // namespace

ServerLink::ServerLink(net::EventLoop& loop, transport::Dialer& dialer, Random& random,
                       ServerLinkParams params, Handler& handler)
    : m_loop(loop),
      m_dialer(dialer),
      m_params(std::move(params)),
      m_handler(handler),
      m_unreached({}, random),
      m_refused(kRefusals, random),
      m_resolver(loop),
      m_retryTimer(loop, [this] { onRetryTimer(); }),
      m_sessionTimer(loop,
                     [this] {
                       if (m_session != nullptr) m_session->expire(m_loop.now());
                       armSessionTimer();
                     }),
      m_watchTimer(loop, [this] { onWatchTimer(); }) {}

ServerLink::~ServerLink() {
  // No more calls to a handler that may be half gone.
  if (m_control != nullptr) m_control->setHandler(nullptr);
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

Duration ServerLink::awayFor() const {
  return m_awaySince == kNever ? Duration::zero() : std::max(Duration::zero(), m_loop.now() - m_awaySince);
}

Duration ServerLink::roundTrip() const {
  return m_current == nullptr ? Duration::zero() : m_current->roundTrip();
}

std::string_view ServerLink::congestion() const {
  return m_current == nullptr || m_current->link() == nullptr ? std::string_view()
                                                              : m_current->link()->stats().congestion;
}

void ServerLink::connectTo(const session::JoinLink& link) {
  if (m_state != LinkState::Offline && m_state != LinkState::Stopped) close();
  m_link = link;
  m_error.reset();
  m_addresses.clear();
  m_addressTurn = 0;
  beginAnew();
}

void ServerLink::declare() {
  if (m_session == nullptr) return;
  m_session->declare(m_handler.declarations(), m_loop.now());
  armSessionTimer();
}

bool ServerLink::release(std::uint64_t request, const std::string& name) {
  return m_session != nullptr && m_session->release(request, name);
}

void ServerLink::retryNow() {
  if (m_link && (m_state == LinkState::Waiting || m_state == LinkState::Failed)) beginAnew();
}

void ServerLink::networkChanged() {
  if (m_state == LinkState::Waiting || m_state == LinkState::Connecting) {
    // What the attempts said so far may have gone nowhere, and they repeat themselves less and less often.
    beginAnew();
  } else if (m_state == LinkState::Online) {
    logInfo("client", "the network changed: moving the connection");
    m_current->move();
  }
}

void ServerLink::announceDrain(Duration deadline) {
  if (m_session != nullptr && m_state == LinkState::Online)
    m_session->drain(deadline, "the client leaves", m_loop.now());
}

void ServerLink::close() {
  dropAll();
  m_awaySince = kNever;
  setState(LinkState::Stopped);
}

void ServerLink::logIn(std::unique_ptr<ServerPath> path) {
  retireCandidates();
  if (m_current != nullptr) m_replacedAt = m_loop.now();
  dropConnection();
  m_current = std::move(path);
  m_addressTurn = m_current->addressIndex();  // this address works: begin with it next time
  m_watch.start(m_loop.now());
  setState(LinkState::Connecting);
  m_control = m_current->link()->openStream();
  if (m_control == nullptr) {
    m_sessionError = Error{ErrorCode::ProtocolViolation, "the server allows no stream for control", 0};
    m_current->link()->close(static_cast<transport::AppErrorCode>(wire::AppError::Protocol),
                             "no stream for control");
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
  params.login.instance = m_params.instance;
  params.login.processId = m_params.processId;
  params.login.startedUnix = m_params.startedUnix;
  params.login.program = m_params.program;
  m_session =
      std::make_unique<session::ClientSession>(params, static_cast<session::ClientSession::Handler&>(*this));
  m_session->start(m_loop.now());
  m_session->declare(m_handler.declarations(), m_loop.now());
  armSessionTimer();
  awaitAnswer();
}

void ServerLink::onStreamOpened(transport::Link& link, transport::Stream& stream) {
  m_handler.onStreamOpened(link, stream);
}

void ServerLink::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  stream.consume(data.size());
  if (m_session == nullptr) return;
  m_session->receive(data, m_loop.now());
  if (fin) m_session->controlEnded();
  armSessionTimer();
}

void ServerLink::onControlEnded() {
  // A link that closes resets its streams first; its own reason is told by onLinkClosed.
  if (m_session == nullptr || m_current == nullptr || m_current->link() == nullptr ||
      m_current->link()->isClosing())
    return;
  m_session->controlEnded();
  armSessionTimer();
}

void ServerLink::onStreamClosed(transport::Stream&) { m_control = nullptr; }

void ServerLink::sendControl(ByteView bytes) {
  if (m_control != nullptr) m_control->sendCopy(bytes);
}

void ServerLink::onLoggedIn(const wire::LoginAccepted&) {
  const Timestamp now = m_loop.now();
  m_retryTimer.stop();
  retireCandidates();
  m_error.reset();
  m_awaySince = kNever;
  m_onlineSince = now;
  m_watch.start(now);
  m_watchTimer.startAt(m_watch.deadline());
  setState(LinkState::Online);
}

void ServerLink::onDeclared(const wire::Declared& declared) { m_handler.onDeclared(declared); }

void ServerLink::onWithdrawn(const wire::Withdrawn& withdrawn) { m_handler.onWithdrawn(withdrawn); }

void ServerLink::onReleased(const wire::Released& released) { m_handler.onReleased(released); }

void ServerLink::onServerDraining(const wire::Drain& drain) {
  logInfo("client", "the server is leaving: {}", drain.reason);
}

void ServerLink::onSessionFailed(const Error& error, wire::AppError code) {
  m_sessionError = error;
  if (m_current != nullptr && m_current->link() != nullptr)
    m_current->link()->close(static_cast<transport::AppErrorCode>(code), "");
}

bool ServerLink::isServerHeard() const {
  return m_watch.isHeard(m_current->lastHeard(), m_current->roundTrip(), m_loop.now());
}

void ServerLink::onWatchTimer() {
  switch (m_watch.look(m_current->lastHeard(), m_current->roundTrip(), m_loop.now())) {
    case SilenceWatch::Step::None:
      if (isServerHeard()) {
        retireCandidates();
        retire(std::move(m_spare));
      }
      break;
    case SilenceWatch::Step::Move:
      m_current->move();
      break;
    case SilenceWatch::Step::Replace:
      if (m_spare == nullptr) openPathBeside();
      break;
  }
  m_watchTimer.startAt(m_watch.deadline());
}

// A new connection got through while the one in use is silent: the path, or the server, is back. Where it was
// the path, the old connection is worth more, as it has requests under way; it is made to speak at once.
void ServerLink::decideOnSpare() {
  if (m_spare == nullptr) return;
  if (isServerHeard()) {
    retire(std::move(m_spare));
    return;
  }
  const Timestamp lastHeard = m_current->lastHeard();
  m_replacedAt = m_loop.now();
  connectionLost(Error{ErrorCode::TimedOut, "the server does not answer any more", 0}, lastHeard);
}

void ServerLink::connectionLost(Error error, Timestamp lastHeard) {
  const Timestamp now = m_loop.now();
  const bool wasOnline = m_state == LinkState::Online;
  const bool wasUseful = wasOnline && now - m_onlineSince >= kUsefulSession;
  dropConnection();
  if (isFinal(error.code)) return giveUp(std::move(error));
  if (m_awaySince == kNever) m_awaySince = std::max(lastHeard, m_onlineSince);
  if (wasUseful) {
    m_unreached.reset();
    m_refused.reset();
  }
  if (m_spare != nullptr) {
    wait(std::move(error));
    logIn(std::move(m_spare));
    return;
  }
  // Attempts may be under way that began when it fell silent.
  if (hasAttempt()) {
    awaitAnswer();
  } else {
    retryAfter(error, wasUseful ? now : now + m_unreached.next(now));
  }
  wait(std::move(error));
}

void ServerLink::dropConnection() {
  m_sessionTimer.stop();
  m_watchTimer.stop();
  if (m_control != nullptr) m_control->setHandler(nullptr);
  m_control = nullptr;
  m_session.reset();
  m_sessionError.reset();
  retire(std::move(m_current));
}

void ServerLink::dropAll() {
  m_retryTimer.stop();
  m_retryAt = kNever;
  m_query.reset();
  retireCandidates();
  retire(std::move(m_spare));
  dropConnection();
}

void ServerLink::giveUp(Error error) {
  dropAll();
  noteError(std::move(error));
  setState(LinkState::Failed);
}

void ServerLink::retire(std::unique_ptr<ServerPath> path) {
  if (path == nullptr) return;
  path->abandon();
  m_loop.dispose(std::move(path));
}

void ServerLink::armSessionTimer() {
  m_sessionTimer.startAt(m_session != nullptr ? m_session->deadline() : kNever);
}

bool ServerLink::isFinal(ErrorCode code) const {
  if (code == ErrorCode::TakenOver) return !m_replacedAt || m_loop.now() - *m_replacedAt > kOvertaken;
  return code == ErrorCode::PinMismatch || code == ErrorCode::TokenUnknown ||
         code == ErrorCode::TokenRevoked || code == ErrorCode::VersionMismatch;
}

}  // namespace adit::client

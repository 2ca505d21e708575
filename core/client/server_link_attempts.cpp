// SPDX-License-Identifier: Apache-2.0
// How a link gets a connection: attempts one after the other and side by side.
#include <algorithm>

#include "core/base/log.h"
#include "core/client/server_link.h"

namespace adit::client {

namespace {

/// An attempt that heard nothing for so long is not waited for.
constexpr Duration kAnswerTime = std::chrono::seconds(1);
/// Attempts side by side; a handshake ends by itself after five seconds.
constexpr std::size_t kMostCandidates = 6;

/// A connection that fell silent has so long to answer once another one has shown that the server is there.
constexpr Duration kLeastLastWait = std::chrono::milliseconds(300);
constexpr Duration kMostLastWait = std::chrono::seconds(1);
constexpr int kLastWaitRoundTrips = 3;
/// Longer delays are told one by one.
constexpr Duration kLongDelay = std::chrono::seconds(1);

/// Whether the server was there, so that trying again soon helps nobody.
bool isRefusal(const Error& error) {
  switch (error.code) {
    case ErrorCode::ProtocolViolation:
    case ErrorCode::Malformed:
    case ErrorCode::LimitExceeded:
    case ErrorCode::TlsFailure:
    case ErrorCode::Overloaded:
    case ErrorCode::Unsupported:
    case ErrorCode::PermissionDenied:
    case ErrorCode::Internal:
      return true;
    default:
      return false;
  }
}

}  // namespace

Duration ServerLink::retryIn() const {
  return m_state == LinkState::Waiting && !hasAttempt() ? std::max(Duration::zero(), m_retryAt - m_loop.now())
                                                        : Duration::zero();
}

bool ServerLink::hasAttempt() const noexcept {
  return m_query != nullptr || m_current != nullptr || !m_candidates.empty();
}

void ServerLink::beginAnew() {
  dropAll();
  m_unreached.reset();
  m_refused.reset();
  if (m_awaySince == kNever) m_awaySince = m_loop.now();
  setState(LinkState::Connecting);
  attempt();
}

void ServerLink::attempt() {
  const Timestamp now = m_loop.now();
  const Duration delay = m_unreached.next(now);
  m_attemptAgainAt = now + delay;
  retryAt(now + std::max(kAnswerTime, delay));
  if (m_query == nullptr) {
    m_query = m_resolver.resolve(
        m_link->host, m_link->port,
        [this](const Result<std::vector<net::SocketAddress>>& addresses) { resolved(addresses); });
  } else if (!m_addresses.empty()) {
    openPath();  // the look-up hangs: the server is probably where it was
  }
}

void ServerLink::resolved(const Result<std::vector<net::SocketAddress>>& addresses) {
  m_query.reset();
  if (addresses && !addresses->empty()) m_addresses = *addresses;
  if (m_addresses.empty()) {
    attemptFailed(addresses ? Error{ErrorCode::ResolveFailed, m_link->host + " has no address", 0}
                            : addresses.error());
    return;
  }
  openPath();
}

void ServerLink::openPath() {
  const std::size_t index = m_addressTurn++ % m_addresses.size();
  transport::DialParams params;
  params.peer = m_addresses[index];
  // RFC 6066 section 3: a literal address is no server name.
  if (params.peer.host() != m_link->host) params.serverName = m_link->host;
  params.pin = m_link->pin;
  params.keepAlive = ServerPath::kKeepAlive;
  keepCandidate(ServerPath::open(m_dialer, params, index, *this));
}

void ServerLink::openPathBeside() {
  keepCandidate(ServerPath::open(m_dialer, m_current->params(), m_current->addressIndex(), *this));
}

void ServerLink::keepCandidate(Result<std::unique_ptr<ServerPath>> path) {
  if (!path) {
    attemptFailed(std::move(path.error()));
    return;
  }
  if (m_candidates.size() >= kMostCandidates) {
    retire(std::move(m_candidates.front()));
    m_candidates.erase(m_candidates.begin());
  }
  m_candidates.push_back(std::move(*path));
}

std::unique_ptr<ServerPath> ServerLink::takeCandidate(const transport::Link& link) {
  const auto found = std::find_if(m_candidates.begin(), m_candidates.end(),
                                  [&link](const auto& path) { return path->link() == &link; });
  if (found == m_candidates.end()) return nullptr;
  std::unique_ptr<ServerPath> path = std::move(*found);
  m_candidates.erase(found);
  return path;
}

void ServerLink::retireCandidates() {
  for (auto& path : m_candidates) retire(std::move(path));
  m_candidates.clear();
}

void ServerLink::onConnected(transport::Link& link) {
  std::unique_ptr<ServerPath> path = takeCandidate(link);
  if (path == nullptr) return;
  if (m_state != LinkState::Online) {
    logIn(std::move(path));
    return;
  }
  retireCandidates();
  m_spare = std::move(path);
  if (isServerHeard()) {
    decideOnSpare();
    return;
  }
  m_current->move();
  m_retryTimer.start(timeForLastAnswer(m_spare->roundTrip()));
}

void ServerLink::onLinkClosed(transport::Link& link, const transport::CloseInfo& info) {
  const Timestamp lastHeard = link.lastHeard();
  Error error = info.cause == transport::CloseCause::PeerApplication ? wire::toError(info.code, info.reason)
                                                                     : info.toError();
  if (m_current != nullptr && m_current->link() == &link) {
    m_current->noteClosed();
    m_control = nullptr;  // closed before
    if (m_sessionError) error = *m_sessionError;
    connectionLost(std::move(error), lastHeard);
  } else if (m_spare != nullptr && m_spare->link() == &link) {
    m_spare->noteClosed();
    retire(std::move(m_spare));
  } else if (std::unique_ptr<ServerPath> path = takeCandidate(link); path != nullptr) {
    path->noteClosed();
    retire(std::move(path));
    attemptFailed(std::move(error));
  }
}

void ServerLink::onRetryTimer() {
  if (m_state == LinkState::Online) {
    decideOnSpare();
    return;
  }
  // A server that has the login and takes its time is there. (ClientSession knows when to give it up.)
  if (m_current != nullptr && isServerHeard()) {
    awaitAnswer();
    return;
  }
  // A handshake that makes progress is not disturbed.
  Timestamp heard{};
  for (const auto& path : m_candidates) heard = std::max(heard, path->lastHeard());
  if (m_loop.now() - heard < kAnswerTime) {
    retryAt(heard + kAnswerTime);
  } else {
    attempt();
  }
}

void ServerLink::attemptFailed(Error error) {
  if (m_state == LinkState::Online) return;  // it ran beside a connection that may still answer
  if (isFinal(error.code)) return giveUp(std::move(error));
  if (!hasAttempt()) retryAfter(error, m_attemptAgainAt);
  wait(std::move(error));
}

/// `unreached`: when to try again where the server was not there.
void ServerLink::retryAfter(const Error& error, Timestamp unreached) {
  const Timestamp now = m_loop.now();
  retryAt(isRefusal(error) ? now + m_refused.next(now) : std::max(now, unreached));
}

/// Until it is time for another attempt beside those under way.
void ServerLink::awaitAnswer() { retryAt(m_loop.now() + kAnswerTime); }

Duration ServerLink::timeForLastAnswer(Duration roundTrip) noexcept {
  return std::clamp<Duration>(kLastWaitRoundTrips * roundTrip, kLeastLastWait, kMostLastWait);
}

void ServerLink::retryAt(Timestamp when) {
  m_retryAt = when;
  m_retryTimer.startAt(when);
}

void ServerLink::noteError(Error error) {
  // A server that is away fails every attempt in the same way; that is told once.
  if (!m_error || !(*m_error == error))
    logWarning("client", "{}: {}", m_link->serverName(), error.describe());
  m_error = std::move(error);
}

void ServerLink::wait(Error error) {
  const bool isNews =
      m_state == LinkState::Waiting && (!m_error || !(*m_error == error) || retryIn() > kLongDelay);
  noteError(std::move(error));
  if (isNews) {
    m_handler.onLinkChanged();
  } else {
    setState(LinkState::Waiting);
  }
}

}  // namespace adit::client

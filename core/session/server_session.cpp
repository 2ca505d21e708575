// SPDX-License-Identifier: Apache-2.0
#include "core/session/server_session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/log.h"
#include "core/session/control_feed.h"

namespace adit::session {

using wire::AppError;

namespace {

// A client that was silent for this many heartbeats counts as lost.
constexpr int kSilentIntervals = 3;

}  // namespace

std::string_view toString(ServerSessionState state) noexcept {
  switch (state) {
    case ServerSessionState::AwaitingLogin:
      return "awaiting-login";
    case ServerSessionState::Authenticating:
      return "authenticating";
    case ServerSessionState::Ready:
      return "ready";
    case ServerSessionState::Draining:
      return "draining";
    case ServerSessionState::Failed:
      return "failed";
  }
  return "failed";
}

ServerSession::ServerSession(Params params, Handler& handler, Timestamp now)
    : m_params(params),
      m_handler(handler),
      m_budget(params.messageBurst, params.messagesPerSecond),
      m_deadline(now + params.loginTimeout) {
  const auto least = std::chrono::milliseconds(wire::kMinHeartbeatMs);
  const auto most = std::chrono::milliseconds(wire::kMaxHeartbeatMs);
  m_params.heartbeat = std::clamp<Duration>(m_params.heartbeat, least, most);
  m_reader.setLimit(wire::kMaxLoginMessage);
}

void ServerSession::receive(ByteView bytes, Timestamp now) {
  if (m_state == ServerSessionState::Failed) return;
  heard(now);
  const auto result = feedControl(m_reader, bytes, [&](const wire::ControlMessage& message) {
    if (payForMessages(now)) handle(message, now);
    return m_state != ServerSessionState::Failed;
  });
  if (!result) return fail(result.error(), appErrorOf(result.error()));
  payForMessages(now);  // onMessage did not see unknown ones at the end
}

bool ServerSession::payForMessages(Timestamp now) {
  const std::uint64_t count = m_reader.taken() - std::exchange(m_counted, m_reader.taken());
  if (m_budget.take(now, static_cast<double>(count))) return true;
  fail(Error{ErrorCode::LimitExceeded, "the client sends too many control messages", 0},
       AppError::LimitExceeded);
  return false;
}

void ServerSession::handle(const wire::ControlMessage& message, Timestamp now) {
  if (const auto* login = std::get_if<wire::Login>(&message);
      login != nullptr && m_state == ServerSessionState::AwaitingLogin) {
    onLogin(*login, now);
  } else if (const auto* declare = std::get_if<wire::Declare>(&message); declare != nullptr && loggedIn()) {
    onDeclare(*declare);
  } else if (const auto* ping = std::get_if<wire::Ping>(&message); ping != nullptr && loggedIn()) {
    send(wire::Pong{ping->nonce});
  } else if (const auto* pong = std::get_if<wire::Pong>(&message); pong != nullptr && loggedIn()) {
    onPong(*pong);
  } else if (const auto* released = std::get_if<wire::Release>(&message); released != nullptr && loggedIn()) {
    onRelease(*released);
  } else if (const auto* drain = std::get_if<wire::Drain>(&message); drain != nullptr && loggedIn()) {
    onDrain(*drain, now);
  } else {
    outOfPlace(message);
  }
}

void ServerSession::onLogin(wire::Login login, Timestamp now) {
  if (login.minVersion > wire::kProtocolVersion) {
    return refuse(
        Error{ErrorCode::VersionMismatch,
              fmt::format("this server has version {} of the protocol, but the client needs {} or newer",
                          wire::kProtocolVersion, login.minVersion),
              0},
        AppError::VersionMismatch);
  }
  login.clientName = displayText(login.clientName, wire::kMaxClientName);
  login.agent = displayText(login.agent, wire::kMaxAgent);
  login.program = displayText(login.program, wire::kMaxProgram);
  m_version = std::min(login.maxVersion, wire::kProtocolVersion);
  m_offered = login.capabilities;
  if (!moveTo(ServerSessionState::Authenticating)) return;
  if (auto verdict = m_handler.authenticate(login)) finishLogin(std::move(*verdict), now);
}

void ServerSession::finishLogin(Result<wire::LoginAccepted> verdict, Timestamp now) {
  if (m_state != ServerSessionState::Authenticating) return;
  if (!verdict) return refuse(verdict.error(), AppError::LoginRefused);
  wire::LoginAccepted& accepted = *verdict;
  accepted.version = m_version;
  accepted.heartbeatMs = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(m_params.heartbeat).count());
  std::erase_if(accepted.capabilities, [this](const std::string& capability) {
    return std::find(m_offered.begin(), m_offered.end(), capability) == m_offered.end();
  });
  if (!moveTo(ServerSessionState::Ready)) return;
  m_deadline = kNever;
  heard(now);
  m_reader.setLimit(wire::kMaxClientMessage);
  send(accepted);
}

void ServerSession::refuse(const Error& error, AppError code) {
  if (!moveTo(ServerSessionState::Failed)) return;
  m_refused = true;
  send(wire::LoginRefused{std::string(toString(error.code)), error.detail});
  m_handler.onSessionFailed(error, code);
}

void ServerSession::onDeclare(const wire::Declare& declare) {
  if (declare.revision <= m_revision) {
    return fail(
        Error{ErrorCode::ProtocolViolation,
              fmt::format("the client declared revision {} after {}", declare.revision, m_revision), 0},
        AppError::Protocol);
  }
  m_revision = declare.revision;
  wire::Declared declared = m_handler.apply(declare);
  if (m_state == ServerSessionState::Failed) return;
  declared.revision = declare.revision;
  send(declared);
}

void ServerSession::answer(wire::Declared declared) {
  if (loggedIn() && declared.revision == m_revision) send(declared);
}

void ServerSession::onRelease(const wire::Release& release) {
  wire::Released released = m_handler.release(release);
  if (m_state == ServerSessionState::Failed) return;
  released.request = release.request;
  send(released);
}

void ServerSession::withdraw(const wire::Withdrawn& withdrawn) {
  if (loggedIn()) send(withdrawn);
}

void ServerSession::probe() {
  if (loggedIn()) send(wire::Ping{++m_probe});
}

void ServerSession::onPong(const wire::Pong& pong) {
  if (pong.nonce == m_probe && m_probe != 0) m_handler.onProbeAnswered();
}

void ServerSession::onDrain(wire::Drain drain, Timestamp now) {
  if (std::exchange(m_clientLeaves, true)) return;  // a second Drain changes nothing
  if (m_state == ServerSessionState::Ready && !moveTo(ServerSessionState::Draining)) return;
  m_leaveBy = now + std::chrono::milliseconds(drain.deadlineMs) + m_params.heartbeat;
  drain.reason = displayText(drain.reason);
  m_handler.onClientDraining(drain);
}

void ServerSession::drain(Duration deadline, std::string_view reason, Timestamp now) {
  switch (m_state) {
    case ServerSessionState::Failed:
      return;
    case ServerSessionState::AwaitingLogin:
    case ServerSessionState::Authenticating:
      return refuse(Error{ErrorCode::Overloaded, "the server is shutting down; try again", 0},
                    AppError::Draining);
    case ServerSessionState::Ready:
      if (!moveTo(ServerSessionState::Draining)) return;
      [[fallthrough]];
    case ServerSessionState::Draining:
      break;
  }
  const bool first = m_deadline == kNever;
  const wire::Drain message = drainMessage(deadline, reason);
  m_deadline = std::min(m_deadline, now + std::chrono::milliseconds(message.deadlineMs));
  if (first) send(message);
}

void ServerSession::controlEnded() {
  if (m_state == ServerSessionState::Failed) return;
  if (m_clientLeaves) return fail(Error{ErrorCode::Closed, "the client left", 0}, AppError::NoError);
  fail(Error{ErrorCode::ProtocolViolation, "the control stream ended without a Drain", 0},
       AppError::Protocol);
}

Timestamp ServerSession::deadline() const noexcept {
  return m_state == ServerSessionState::Failed ? kNever : std::min({m_deadline, m_silentUntil, m_leaveBy});
}

void ServerSession::expire(Timestamp now) {
  if (m_state == ServerSessionState::Failed) return;
  if (now >= m_deadline) {
    if (!loggedIn()) {
      return fail(Error{ErrorCode::TimedOut, "the client did not log in", 0}, AppError::LoginTimeout);
    }
    return fail(Error{ErrorCode::Closed, "the time to finish requests in flight is over", 0},
                AppError::Draining);
  }
  if (now >= m_leaveBy) {
    return fail(Error{ErrorCode::Closed, "the client did not leave in the time that it announced", 0},
                AppError::NoError);
  }
  if (now < m_silentUntil) return;
  // A process that was suspended reads its clock before its socket, where the client's messages may be
  // waiting.
  if (m_graced || now - m_silentUntil < m_params.heartbeat) {
    return fail(Error{ErrorCode::TimedOut, "the client was silent for too long", 0}, AppError::HeartbeatLost);
  }
  m_graced = true;
  m_silentUntil = now + m_params.heartbeat;
}

void ServerSession::heard(Timestamp now) {
  if (!loggedIn()) return;
  m_silentUntil = now + kSilentIntervals * m_params.heartbeat;
  m_graced = false;
}

void ServerSession::send(const wire::ControlMessage& message) {
  const std::string bytes = wire::encode(message);
  m_handler.sendControl(asBytes(bytes));
}

void ServerSession::outOfPlace(const wire::ControlMessage& message) {
  fail(Error{ErrorCode::ProtocolViolation,
             fmt::format("the client sent {} while the session was {}", wire::nameOf(message),
                         toString(m_state)),
             0},
       AppError::Protocol);
}

void ServerSession::fail(Error error, AppError code) {
  if (m_state == ServerSessionState::Failed || !moveTo(ServerSessionState::Failed)) return;
  m_handler.onSessionFailed(error, code);
}

bool ServerSession::moveTo(ServerSessionState next) {
  if (isAllowed(m_state, next)) {
    m_state = next;
    return true;
  }
  logError("session", "server session cannot go from {} to {}", toString(m_state), toString(next));
  assert(false && "a transition outside the table");
  if (m_state != ServerSessionState::Failed) {
    m_state = ServerSessionState::Failed;
    m_handler.onSessionFailed(Error{ErrorCode::Internal, "the session reached an impossible state", 0},
                              AppError::Internal);
  }
  return false;
}

}  // namespace adit::session

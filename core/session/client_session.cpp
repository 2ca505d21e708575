// SPDX-License-Identifier: Apache-2.0
#include "core/session/client_session.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/log.h"
#include "core/session/control_feed.h"

namespace adit::session {

using wire::AppError;

namespace {

// A Pong is due this many heartbeats after its Ping.
constexpr int kPongIntervals = 2;

}  // namespace

std::string_view toString(ClientSessionState state) noexcept {
  switch (state) {
    case ClientSessionState::Idle:
      return "idle";
    case ClientSessionState::LoggingIn:
      return "logging-in";
    case ClientSessionState::Ready:
      return "ready";
    case ClientSessionState::Draining:
      return "draining";
    case ClientSessionState::Failed:
      return "failed";
  }
  return "failed";
}

ClientSession::ClientSession(Params params, Handler& handler)
    : m_params(std::move(params)), m_handler(handler) {}

void ClientSession::start(Timestamp now) {
  if (!moveTo(ClientSessionState::LoggingIn)) return;
  m_deadline = now + m_params.loginTimeout;
  send(m_params.login);
}

void ClientSession::declare(std::vector<wire::TunnelDeclaration> tunnels, Timestamp) {
  m_tunnels = std::move(tunnels);
  m_hasDeclaration = true;
  if (m_state == ClientSessionState::Ready && !m_awaitsAnswer) sendDeclaration();
}

void ClientSession::receive(ByteView bytes, Timestamp now) {
  if (m_state == ClientSessionState::Failed) return;
  const auto result = feedControl(m_reader, bytes, [&](const wire::ControlMessage& message) {
    handle(message, now);
    return m_state != ClientSessionState::Failed;
  });
  if (!result) fail(result.error(), appErrorOf(result.error()));
}

void ClientSession::handle(const wire::ControlMessage& message, Timestamp now) {
  const bool loggingIn = m_state == ClientSessionState::LoggingIn;
  if (const auto* accepted = std::get_if<wire::LoginAccepted>(&message); accepted != nullptr && loggingIn) {
    onAccepted(*accepted, now);
  } else if (const auto* refused = std::get_if<wire::LoginRefused>(&message);
             refused != nullptr && loggingIn) {
    onRefused(*refused);
  } else if (const auto* declared = std::get_if<wire::Declared>(&message);
             declared != nullptr && loggedIn()) {
    onAnswers(*declared);
  } else if (const auto* ping = std::get_if<wire::Ping>(&message); ping != nullptr && loggedIn()) {
    send(wire::Pong{ping->nonce});
  } else if (const auto* pong = std::get_if<wire::Pong>(&message); pong != nullptr && loggedIn()) {
    onPong(*pong);
  } else if (const auto* drain = std::get_if<wire::Drain>(&message); drain != nullptr && loggedIn()) {
    onDrain(*drain);
  } else if (const auto* withdrawn = std::get_if<wire::Withdrawn>(&message);
             withdrawn != nullptr && loggedIn()) {
    onWithdrawn(*withdrawn);
  } else if (const auto* released = std::get_if<wire::Released>(&message);
             released != nullptr && loggedIn()) {
    onReleased(*released);
  } else {
    outOfPlace(message);
  }
}

void ClientSession::onAccepted(wire::LoginAccepted accepted, Timestamp now) {
  const wire::Login& login = m_params.login;
  if (accepted.version < login.minVersion || accepted.version > login.maxVersion) {
    return fail(Error{ErrorCode::VersionMismatch,
                      fmt::format("the server chose version {} of the protocol, which was not offered",
                                  accepted.version),
                      0},
                AppError::VersionMismatch);
  }
  // Ignore capabilities that this client did not offer.
  std::erase_if(accepted.capabilities, [&login](const std::string& capability) {
    return std::find(login.capabilities.begin(), login.capabilities.end(), capability) ==
           login.capabilities.end();
  });
  if (!moveTo(ClientSessionState::Ready)) return;
  m_heartbeat = std::chrono::milliseconds(accepted.heartbeatMs);
  m_deadline = kNever;
  m_nextPing = now + m_heartbeat;
  m_handler.onLoggedIn(accepted);
  if (m_state == ClientSessionState::Ready && m_hasDeclaration && !m_awaitsAnswer) sendDeclaration();
}

void ClientSession::onRefused(const wire::LoginRefused& refused) {
  const std::string code = displayText(refused.code);
  const std::string sentence = displayText(refused.message);
  fail(Error{errorCodeFromString(refused.code),
             sentence.empty() ? fmt::format("the server refused the login ({})", code)
                              : fmt::format("the server refused the login: {}", sentence),
             0},
       AppError::NoError);
}

void ClientSession::onAnswers(wire::Declared declared) {
  if (declared.revision > m_revision) {
    return fail(
        Error{ErrorCode::ProtocolViolation, "the server answered a declaration that was never made", 0},
        AppError::Protocol);
  }
  if (declared.revision < m_revision) return;
  m_awaitsAnswer = false;
  if (m_hasDeclaration && m_state == ClientSessionState::Ready) return sendDeclaration();

  std::unordered_set<std::uint64_t> known;
  for (const auto& tunnel : m_tunnels) known.insert(tunnel.id);
  std::erase_if(declared.answers,
                [&known](const wire::TunnelAnswer& answer) { return !known.contains(answer.id); });
  for (auto& answer : declared.answers) {
    answer.message = displayText(answer.message);
    if (!answer.holder) continue;
    answer.holder->device = displayText(answer.holder->device);
    answer.holder->program = displayText(answer.holder->program);
  }
  for (std::size_t i = wire::kMaxTunnels; i < m_tunnels.size(); ++i) {
    wire::TunnelAnswer answer;
    answer.id = m_tunnels[i].id;
    answer.code = toString(ErrorCode::LimitExceeded);
    answer.message = fmt::format("a client can have at most {} tunnels", wire::kMaxTunnels);
    declared.answers.push_back(std::move(answer));
  }
  m_handler.onDeclared(declared);
}

void ClientSession::onWithdrawn(wire::Withdrawn withdrawn) {
  std::erase_if(withdrawn.tunnels, [this](std::uint64_t id) {
    return std::none_of(m_tunnels.begin(), m_tunnels.end(),
                        [id](const wire::TunnelDeclaration& tunnel) { return tunnel.id == id; });
  });
  withdrawn.message = displayText(withdrawn.message);
  if (!withdrawn.tunnels.empty()) m_handler.onWithdrawn(withdrawn);
}

bool ClientSession::release(std::uint64_t request, std::string name) {
  if (!loggedIn()) return false;
  send(wire::Release{request, std::move(name)});
  return true;
}

void ClientSession::onReleased(wire::Released released) {
  released.message = displayText(released.message);
  m_handler.onReleased(released);
}

void ClientSession::onPong(const wire::Pong& pong) {
  // If the newest Ping was answered, no Pong is due. If an older one was, the newest one's Pong is due that
  // much later.
  if (pong.nonce == m_nonce) {
    m_pongDue = kNever;
    m_graced = false;
  } else if (pong.nonce < m_nonce && m_pongDue != kNever) {
    m_pongDue = std::max(m_pongDue, m_lastPing + kPongIntervals * m_heartbeat);
    m_graced = false;
  }
}

void ClientSession::onDrain(wire::Drain drain) {
  if (m_state == ClientSessionState::Ready && !moveTo(ClientSessionState::Draining)) return;
  drain.reason = displayText(drain.reason);
  m_handler.onServerDraining(drain);
}

void ClientSession::drain(Duration deadline, std::string_view reason, Timestamp now) {
  switch (m_state) {
    case ClientSessionState::Failed:
      return;
    case ClientSessionState::Idle:
    case ClientSessionState::LoggingIn:
      return fail(Error{ErrorCode::Cancelled, "the client left before it was logged in", 0},
                  AppError::NoError);
    case ClientSessionState::Ready:
      if (!moveTo(ClientSessionState::Draining)) return;
      [[fallthrough]];
    case ClientSessionState::Draining:
      break;
  }
  const bool first = m_deadline == kNever;
  const wire::Drain message = drainMessage(deadline, reason);
  m_deadline = std::min(m_deadline, now + std::chrono::milliseconds(message.deadlineMs));
  if (first) send(message);
}

void ClientSession::controlEnded() {
  if (m_state == ClientSessionState::Failed) return;
  fail(Error{ErrorCode::ProtocolViolation, "the server ended the control stream", 0}, AppError::Protocol);
}

Timestamp ClientSession::deadline() const noexcept {
  return m_state == ClientSessionState::Failed ? kNever : std::min({m_deadline, m_nextPing, m_pongDue});
}

void ClientSession::expire(Timestamp now) {
  if (m_state == ClientSessionState::Failed) return;
  if (now >= m_deadline) {
    if (m_state == ClientSessionState::LoggingIn) {
      return fail(Error{ErrorCode::TimedOut, "the server did not answer the login", 0},
                  AppError::LoginTimeout);
    }
    return fail(Error{ErrorCode::Closed, "the time to finish requests in flight is over", 0},
                AppError::NoError);
  }
  if (now >= m_pongDue) {
    // A process that was suspended reads its clock before its socket, where the Pong may be waiting.
    if (m_graced || now - m_pongDue < m_heartbeat) {
      return fail(Error{ErrorCode::TimedOut, "the server no longer answers", 0}, AppError::HeartbeatLost);
    }
    m_graced = true;
    m_pongDue = now + m_heartbeat;
  }
  if (now >= m_nextPing) sendPing(now);
}

void ClientSession::sendPing(Timestamp now) {
  m_lastPing = now;
  m_nextPing = now + m_heartbeat;
  m_pongDue = std::min(m_pongDue, now + kPongIntervals * m_heartbeat);
  send(wire::Ping{++m_nonce});
}

void ClientSession::sendDeclaration() {
  m_hasDeclaration = false;
  m_awaitsAnswer = true;
  wire::Declare message;
  message.revision = ++m_revision;
  message.tunnels.assign(m_tunnels.begin(), m_tunnels.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                    m_tunnels.size(), wire::kMaxTunnels)));
  send(message);
}

void ClientSession::send(const wire::ControlMessage& message) {
  const std::string bytes = wire::encode(message);
  m_handler.sendControl(asBytes(bytes));
}

void ClientSession::outOfPlace(const wire::ControlMessage& message) {
  fail(Error{ErrorCode::ProtocolViolation,
             fmt::format("the server sent {} while the session was {}", wire::nameOf(message),
                         toString(m_state)),
             0},
       AppError::Protocol);
}

void ClientSession::fail(Error error, AppError code) {
  if (m_state == ClientSessionState::Failed || !moveTo(ClientSessionState::Failed)) return;
  m_handler.onSessionFailed(error, code);
}

bool ClientSession::moveTo(ClientSessionState next) {
  if (isAllowed(m_state, next)) {
    m_state = next;
    return true;
  }
  logError("session", "client session cannot go from {} to {}", toString(m_state), toString(next));
  assert(false && "a transition outside the table");
  if (m_state != ClientSessionState::Failed) {
    m_state = ClientSessionState::Failed;
    m_handler.onSessionFailed(Error{ErrorCode::Internal, "the session reached an impossible state", 0},
                              AppError::Internal);
  }
  return false;
}

}  // namespace adit::session

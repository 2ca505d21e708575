// SPDX-License-Identifier: Apache-2.0
#include "core/server/client_link.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/server/worker.h"
#include "core/wire/stream_head.h"

namespace adit::server {

namespace {

/// How soon a session ends whose token was revoked.
constexpr Duration kTokenCheck = std::chrono::seconds(5);
constexpr Duration kRefusalGrace = std::chrono::seconds(2);

transport::AppErrorCode codeOf(wire::AppError error) noexcept {
  return static_cast<transport::AppErrorCode>(error);
}

/// What a stranger sends as its name is shown in logs: printable and short.
std::string printable(std::string_view text) {
  std::string result(text.substr(0, 64));
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return result;
}

}  // namespace

ClientLink::ClientLink(Worker& worker, transport::Link& connection)
    : m_worker(worker),
      m_connection(&connection),
      m_session({}, *this, worker.loop().now()),
      m_timer(worker.loop(),
              [this] {
                m_session.expire(m_worker.loop().now());
                armTimer();
              }),
      m_closeTimer(worker.loop(), [this] { close(wire::AppError::LoginRefused, "login refused"); }),
      m_tokenTimer(worker.loop(), [this] { checkTokenAgain(); }),
      m_peerName(connection.peerAddress().toString()) {
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

void ClientLink::checkTokenAgain() {
  if (!isReady()) return;
  if (const auto allowed = m_worker.context().checkToken(m_token); !allowed) {
    logWarning("server", "{}: session {} ends: {}", m_peerName, m_id, allowed.error().detail);
    close(wire::AppError::LoginRefused, allowed.error().detail);
    return;
  }
  m_tokenTimer.start(kTokenCheck);
}

void ClientLink::takenOver() {
  logInfo("server", "{}: a newer connection of the same key took the session over", m_peerName);
  m_registered = false;
  close(wire::AppError::TakenOver, "a newer connection of the same key took the session over");
}

void ClientLink::drain(Duration deadline) {
  if (m_registered) m_worker.context().registry.suspendSession(m_id, m_worker.loop().now());
  if (isReady()) {
    m_session.drain(deadline, "the server shuts down", m_worker.loop().now());
  }
}

void ClientLink::close(wire::AppError code, std::string_view reason) {
  if (m_connection != nullptr) m_connection->close(codeOf(code), reason);
}

void ClientLink::onConnected(transport::Link&) {}
void ClientLink::onStreamCredit(transport::Link&) {}

void ClientLink::onStreamOpened(transport::Link&, transport::Stream& stream) {
  if (m_control == nullptr && !m_headRead) {
    m_control = &stream;
    stream.setHandler(this);
    return;
  }
  // Only the control stream is a client's to open in this version.
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
  if (m_id != 0) m_worker.removeSession(m_id);
  if (m_registered) {
    m_worker.context().registry.removeSession(
        m_id, left ? Registry::Departure::Left : Registry::Departure::Lost, m_worker.loop().now());
  }
  m_worker.forgetLink(*this);
}

void ClientLink::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  stream.consume(data.size());
  const Timestamp now = m_worker.loop().now();
  if (!m_headRead) {
    // The head is tiny but may still come in pieces.
    m_head.append(asText(data.first(std::min(data.size(), wire::kMaxStreamHead + std::size_t{1}))));
    wire::StreamHead head;
    const auto used = wire::readStreamHead(asBytes(m_head), head);
    if (!used || (*used == 0 && m_head.size() > wire::kMaxStreamHead) ||
        (*used > 0 && head.kind != wire::StreamKind::Control)) {
      close(wire::AppError::Malformed, "the first stream is not a control stream");
      return;
    }
    if (*used == 0) return;
    const std::size_t ofThisPiece =
        *used - (m_head.size() - std::min(data.size(), wire::kMaxStreamHead + std::size_t{1}));
    m_headRead = true;
    m_head.clear();
    data = data.subspan(ofThisPiece);
  }
  m_session.receive(data, now);
  if (fin && m_connection != nullptr && m_session.state() != session::ServerSessionState::Failed) {
    close(wire::AppError::NoError, "the control stream ended");
  }
  armTimer();
}

void ClientLink::onStreamReset(transport::Stream&, transport::AppErrorCode) {
  close(wire::AppError::Protocol, "the control stream was reset");
}
void ClientLink::onStreamStopped(transport::Stream&, transport::AppErrorCode) {
  close(wire::AppError::Protocol, "the control stream was stopped");
}
void ClientLink::onStreamWritable(transport::Stream&) {}
void ClientLink::onStreamClosed(transport::Stream&) { m_control = nullptr; }

void ClientLink::sendControl(ByteView bytes) {
  if (m_control != nullptr) m_control->sendCopy(bytes);
}

Result<wire::LoginAccepted> ClientLink::authenticate(const wire::Login& login) {
  ServerContext& context = m_worker.context();
  const Timestamp now = m_worker.loop().now();
  const net::SocketAddress& peer = m_connection->peerAddress();
  if (!context.loginGuard.allows(peer, now)) {
    return fail(ErrorCode::Overloaded, "too many failed logins from this address; try again in a minute");
  }
  const std::optional<tls::Pin> key = m_connection->peerPin();
  if (!key) return fail(ErrorCode::TlsFailure, "the client showed no key");
  if (auto allowed = context.checkToken(login.token); !allowed) {
    context.loginGuard.noteFailure(peer, now);
    logWarning("server", "{}: login refused: {}", m_peerName, allowed.error().detail);
    return fail(std::move(allowed.error()));
  }
  if (m_worker.draining()) return fail(ErrorCode::Overloaded, "the server shuts down; try again shortly");

  const Registry::Registered registered = context.registry.addSession(*key, m_worker.index());
  m_token = login.token;
  m_tokenTimer.start(kTokenCheck);
  m_id = registered.id;
  m_registered = true;
  m_worker.addSession(m_id, *this);
  if (registered.displaced) {
    Worker* other = context.workers[registered.displaced->worker];
    other->post([other, id = registered.displaced->id] { other->closeSession(id); });
  }
  logInfo("server", "{}: {} logged in as session {}", m_peerName, printable(login.clientName), m_id);
  wire::LoginAccepted accepted;
  accepted.session = std::to_string(m_id);
  accepted.domain = context.registry.domain();
  accepted.maxTunnels = static_cast<std::uint32_t>(context.registry.maxTunnels());
  return accepted;
}

wire::Declared ClientLink::apply(const wire::Declare& declare) {
  wire::Declared declared = m_worker.context().registry.apply(m_id, declare, m_worker.loop().now());
  std::unordered_map<std::uint64_t, std::shared_ptr<TunnelLoad>> loads;
  for (const wire::TunnelAnswer& answer : declared.answers) {
    if (!answer.accepted) {
      logInfo("server", "{}: tunnel refused: {}", m_peerName, answer.message);
      continue;
    }
    auto& load = m_loads[answer.id];
    if (load == nullptr) {
      load = std::make_shared<TunnelLoad>();
      logInfo("server", "{}: tunnel {} is online", m_peerName, answer.url);
    }
    loads.emplace(answer.id, load);
  }
  m_loads = std::move(loads);
  return declared;
}

void ClientLink::onClientDraining(const wire::Drain&) {
  if (m_registered) m_worker.context().registry.suspendSession(m_id, m_worker.loop().now());
}

void ClientLink::onSessionFailed(const Error& error, wire::AppError code) {
  if (code == wire::AppError::LoginRefused) {
    // The refusal is on its way; the client closes when it has read it.
    if (m_control != nullptr) m_control->finish();
    m_closeTimer.start(kRefusalGrace);
    return;
  }
  logWarning("server", "{}: session ended: {}", m_peerName, error.describe());
  close(code, error.detail);
}

}  // namespace adit::server

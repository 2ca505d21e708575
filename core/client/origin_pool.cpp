// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_pool.h"

#include <algorithm>
#include <utility>

namespace adit::client {

namespace {

constexpr Duration kIdleTimeout = std::chrono::seconds(30);
/// An authenticated visitor comes back soon or signs in again; later its port may belong to another visitor's
/// connection.
constexpr Duration kPinnedTimeout = std::chrono::seconds(15);
/// As many as a burst of requests leaves behind; with fewer, connections would be closed and made again for
/// the next burst.
constexpr std::size_t kMaxIdle = 256;
/// While a new connection has had no answer for this long, a connection that has been idle for this long is
/// closed, so that an origin that serves one at a time turns to the new one. An answer that arrives meanwhile
/// shows that the origin serves several.
constexpr Duration kHandOver = std::chrono::milliseconds(25);
/// The same for an origin that serves several, which may still have a limit. Beside an answer that takes this
/// long, the cost of a new connection does not matter.
constexpr Duration kHandOverOfSeveral = std::chrono::seconds(1);
/// A new connection that has waited for this long gets its turn even if the other one is used without a
/// pause.
constexpr Duration kLongWait = std::chrono::milliseconds(250);

}  // namespace

OriginConnection::OriginConnection(OriginPool& pool, std::unique_ptr<net::StreamSocket> socket)
    : m_pool(pool), m_socket(std::move(socket)) {
  m_socket->setHandler(*this);
}

void OriginConnection::onData(Slice data) {
  if (m_user == nullptr) {
    m_pool.discard(*this, true);  // an answer without a request: do not use the connection again
    return;
  }
  if (!m_answered) m_pool.answered(*this);
  m_user->onOriginData(std::move(data));
}

void OriginConnection::onEndOfStream() {
  if (m_user != nullptr) {
    m_user->onOriginEnd();
  } else {
    m_pool.discard(*this, false);
  }
}

void OriginConnection::onSent(std::size_t) {
  if (m_user != nullptr) m_user->onOriginSent();
}

void OriginConnection::onSocketError(const Error& error) {
  if (m_user != nullptr) {
    m_user->onOriginError(error);
  } else {
    m_pool.discard(*this, false);
  }
}

void OriginConnection::onTimeout() { m_pool.discard(*this, false); }

class OriginPool::Dial final : public OriginDial, public OriginWait, private OriginConnector::Handler {
 public:
  Dial(OriginPool& pool, OriginUser& user, OriginDial::Handler& handler)
      : m_pool(pool),
        m_user(user),
        m_handler(handler),
        m_connector(OriginConnector::start(pool.m_loop, pool.m_resolver, pool.m_target, pool.m_settings,
                                           static_cast<OriginConnector::Handler&>(*this))) {
    since = pool.m_loop.now();
    pool.m_dialling.pushBack(*this);
  }

 private:
  void onConnected(std::unique_ptr<net::StreamSocket> socket) override {
    unlink();
    m_handler.onDialed(m_pool.adopt(std::move(socket), m_user, since));
  }
  void onConnectFailed(const OriginConnector::Failure& failure) override {
    unlink();
    m_handler.onDialFailed(failure);
  }

  OriginPool& m_pool;
  OriginUser& m_user;
  OriginDial::Handler& m_handler;
  std::unique_ptr<OriginConnector> m_connector;
};

OriginPool::OriginPool(net::EventLoop& loop, Target target, OriginSettings settings)
    : m_loop(loop),
      m_target(std::move(target)),
      m_settings(std::move(settings)),
      m_resolver(loop),
      m_idleTimeouts(loop, kIdleTimeout),
      m_pinnedTimeouts(loop, kPinnedTimeout),
      m_handOverTimer(loop, [this] { handOver(); }) {}

OriginPool::~OriginPool() {
  for (auto& connection : m_connections) {
    connection->cancelTimeout();
    connection->socket().close();
    m_loop.dispose(std::move(connection));
  }
}

OriginConnection* OriginPool::leaseIdle(OriginUser& user, const net::SocketAddress& visitor) {
  // Few origins authenticate connections, so these are few.
  for (OriginConnection* each = m_pinned.front(); each != nullptr; each = m_pinned.next(*each)) {
    if (*each->m_visitor == visitor) return &lease(*each, user);
  }
  OriginConnection* connection = m_idle.back();
  return connection == nullptr ? nullptr : &lease(*connection, user);
}

OriginConnection& OriginPool::lease(OriginConnection& connection, OriginUser& user) {
  leaveIdle(connection);
  connection.m_user = &user;
  ++connection.m_uses;
  return connection;
}

std::unique_ptr<OriginDial> OriginPool::dial(OriginUser& user, OriginDial::Handler& handler) {
  auto made = std::make_unique<Dial>(*this, user, handler);
  armHandOver();
  return made;
}

OriginConnection& OriginPool::adopt(std::unique_ptr<net::StreamSocket> socket, OriginUser& user,
                                    Timestamp since) {
  m_connections.push_back(std::make_unique<OriginConnection>(*this, std::move(socket)));
  OriginConnection& connection = *m_connections.back();
  connection.m_index = m_connections.size() - 1;
  connection.m_user = &user;
  connection.m_uses = 1;
  connection.since = since;
  m_unanswered.pushBack(connection);
  armHandOver();
  return connection;
}

/// The first byte of an answer on a connection. If another connection has delivered an answer before, or one
/// that has waited for longer has not, this shows that the origin serves several connections at a time.
void OriginPool::answered(OriginConnection& connection) {
  connection.m_answered = true;
  if (m_answeredCount > 0 || m_unanswered.front() != &connection) m_servesSeveral = true;
  ++m_answeredCount;
  static_cast<OriginWait&>(connection).unlink();
}

void OriginPool::giveBack(OriginConnection& connection) {
  connection.m_user = nullptr;
  static_cast<OriginWait&>(connection).unlink();
  const bool belongsToNobody = connection.m_visitor && connection.m_visitor->port() == 0;
  const OriginWait* wait = longestWait();
  const Timestamp now = m_loop.now();
  const bool isWaitedFor = !m_servesSeveral && wait != nullptr && now - wait->since >= kLongWait;
  if (m_idleCount >= kMaxIdle || !connection.socket().isOpen() || belongsToNobody || isWaitedFor) {
    discard(connection, false);
    return;
  }
  connection.socket().resumeReading(net::PauseReason::PeerSlow);
  connection.m_idleSince = now;
  ++m_idleCount;
  if (connection.m_visitor) {
    m_pinned.pushBack(connection);
    m_pinnedTimeouts.restart(connection);
  } else {
    m_idle.pushBack(connection);
    m_idleTimeouts.restart(connection);
  }
  armHandOver();
}

void OriginPool::discard(OriginConnection& connection, bool abort) {
  connection.m_user = nullptr;
  connection.cancelTimeout();
  if (abort) {
    connection.socket().abort();
  } else {
    connection.socket().close();
  }
  remove(connection);
}

void OriginPool::leaveIdle(OriginConnection& connection) {
  auto& hook = static_cast<ListHook<OriginIdleTag>&>(connection);
  if (!hook.isLinked()) return;
  hook.unlink();
  connection.cancelTimeout();
  --m_idleCount;
}

void OriginPool::remove(OriginConnection& connection) {
  leaveIdle(connection);
  static_cast<OriginWait&>(connection).unlink();
  if (connection.m_answered) --m_answeredCount;
  connection.m_answered = false;
  const std::size_t index = connection.m_index;
  m_loop.dispose(std::move(m_connections[index]));
  if (index + 1 < m_connections.size()) {
    m_connections[index] = std::move(m_connections.back());
    m_connections[index]->m_index = index;
  }
  m_connections.pop_back();
  // Whatever listens there next may be another program.
  if (m_connections.empty() && m_dialling.empty()) m_servesSeveral = false;
}

OriginWait* OriginPool::longestWait() noexcept {
  OriginWait* dialling = m_dialling.front();
  OriginWait* unanswered = m_unanswered.front();
  if (dialling == nullptr || unanswered == nullptr) return dialling != nullptr ? dialling : unanswered;
  return dialling->since < unanswered->since ? dialling : unanswered;
}

OriginConnection* OriginPool::longestIdle() noexcept {
  OriginConnection* idle = m_idle.front();
  return idle != nullptr ? idle : m_pinned.front();
}

Duration OriginPool::handOverTime() const noexcept {
  return m_servesSeveral ? kHandOverOfSeveral : kHandOver;
}

void OriginPool::armHandOver() {
  if (m_handOverTimer.isActive() || m_idleCount == 0 || longestWait() == nullptr) return;
  m_handOverTimer.start(handOverTime());
}

void OriginPool::handOver() {
  const OriginWait* wait = longestWait();
  OriginConnection* idle = longestIdle();
  if (wait == nullptr || idle == nullptr) return;
  const Timestamp due = std::max(wait->since, idle->m_idleSince) + handOverTime();
  if (due <= m_loop.now()) {
    discard(*idle, false);
    armHandOver();
  } else {
    m_handOverTimer.startAt(due);
  }
}

}  // namespace adit::client

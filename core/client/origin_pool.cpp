// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_pool.h"

#include <algorithm>

namespace adit::client {

namespace {

constexpr Duration kIdleTimeout = std::chrono::seconds(30);
/// As many as a burst of requests leaves behind: fewer would be closed only to be dialled again by the next
/// burst.
constexpr std::size_t kMaxIdle = 256;

}  // namespace

OriginConnection::OriginConnection(OriginPool& pool, std::unique_ptr<net::StreamSocket> socket)
    : m_pool(pool), m_socket(std::move(socket)) {
  m_socket->setHandler(*this);
}

void OriginConnection::onData(Slice data) {
  if (m_user != nullptr) {
    m_user->onOriginData(std::move(data));
  } else {
    m_pool.discard(*this, true);  // an answer to nothing: not to be trusted with another request
  }
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

class OriginPool::Dial final : public OriginDial, private OriginConnector::Handler {
 public:
  Dial(OriginPool& pool, OriginUser& user, OriginDial::Handler& handler)
      : m_pool(pool),
        m_user(user),
        m_handler(handler),
        m_connector(OriginConnector::start(pool.m_loop, pool.m_resolver, pool.m_target, pool.m_settings,
                                           static_cast<OriginConnector::Handler&>(*this))) {}

 private:
  void onConnected(std::unique_ptr<net::StreamSocket> socket) override {
    m_handler.onDialed(m_pool.adopt(std::move(socket), m_user));
  }
  void onConnectFailed(const OriginConnector::Failure& failure) override { m_handler.onDialFailed(failure); }

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
      m_idleTimeouts(loop, kIdleTimeout) {}

OriginPool::~OriginPool() {
  for (auto& connection : m_connections) {
    connection->cancelTimeout();
    connection->socket().close();
    m_loop.dispose(std::move(connection));
  }
}

OriginConnection* OriginPool::leaseIdle(OriginUser& user) {
  if (m_idle.empty()) return nullptr;
  OriginConnection* connection = m_idle.back();
  m_idle.pop_back();
  connection->cancelTimeout();
  connection->m_user = &user;
  ++connection->m_uses;
  return connection;
}

std::unique_ptr<OriginDial> OriginPool::dial(OriginUser& user, OriginDial::Handler& handler) {
  return std::make_unique<Dial>(*this, user, handler);
}

OriginConnection& OriginPool::adopt(std::unique_ptr<net::StreamSocket> socket, OriginUser& user) {
  m_connections.push_back(std::make_unique<OriginConnection>(*this, std::move(socket)));
  OriginConnection& connection = *m_connections.back();
  connection.m_user = &user;
  connection.m_uses = 1;
  return connection;
}

void OriginPool::giveBack(OriginConnection& connection) {
  connection.m_user = nullptr;
  if (m_idle.size() >= kMaxIdle || !connection.socket().isOpen()) {
    discard(connection, false);
    return;
  }
  connection.socket().resumeReading(net::PauseReason::PeerSlow);
  m_idle.push_back(&connection);
  m_idleTimeouts.restart(connection);
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

void OriginPool::remove(OriginConnection& connection) {
  std::erase(m_idle, &connection);
  const auto found = std::find_if(m_connections.begin(), m_connections.end(),
                                  [&connection](const auto& each) { return each.get() == &connection; });
  if (found == m_connections.end()) return;
  m_loop.dispose(std::move(*found));
  std::swap(*found, m_connections.back());
  m_connections.pop_back();
}

}  // namespace adit::client

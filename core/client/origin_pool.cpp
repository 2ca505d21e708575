// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_pool.h"

#include <algorithm>

namespace adit::client {

namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds(10);
constexpr Duration kIdleTimeout = std::chrono::seconds(30);
constexpr std::size_t kMaxIdle = 128;

}  // namespace

OriginConnection::OriginConnection(OriginPool& pool, net::EventLoop& loop, std::uintptr_t nativeSocket)
    : m_pool(pool), m_socket(net::StreamSocket::adopt(loop, nativeSocket, *this)) {}

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

/// Resolves the target's name and connects to the first address that answers.
class OriginPool::Dial final : public OriginDial, private net::StreamConnector::Handler {
 public:
  Dial(OriginPool& pool, OriginUser& user, OriginDial::Handler& handler)
      : m_pool(pool), m_user(user), m_handler(handler) {
    const Target& target = pool.m_target;
    if (target.kind == Target::Kind::Unix) {
      auto address = net::SocketAddress::unixPath(target.path);
      // Without an address the connector fails, and tells so later as for any other reason.
      connectTo(address ? std::vector{*address} : std::vector<net::SocketAddress>());
      return;
    }
    m_query = pool.m_resolver.resolve(target.host, target.port,
                                      [this](Result<std::vector<net::SocketAddress>> addresses) {
                                        if (!addresses) {
                                          m_handler.onDialFailed(addresses.error());
                                          return;
                                        }
                                        connectTo(*addresses);
                                      });
  }

 private:
  void connectTo(const std::vector<net::SocketAddress>& addresses) {
    m_connector = net::StreamConnector::start(m_pool.m_loop, addresses, kConnectTimeout, *this);
  }
  void onConnected(std::uintptr_t nativeSocket) override {
    m_handler.onDialed(m_pool.adopt(nativeSocket, m_user));
  }
  void onConnectFailed(const Error& error) override { m_handler.onDialFailed(error); }

  OriginPool& m_pool;
  OriginUser& m_user;
  OriginDial::Handler& m_handler;
  std::unique_ptr<net::Resolver::Query> m_query;
  std::unique_ptr<net::StreamConnector> m_connector;
};

OriginPool::OriginPool(net::EventLoop& loop, Target target)
    : m_loop(loop), m_target(std::move(target)), m_resolver(loop), m_idleTimeouts(loop, kIdleTimeout) {}

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

OriginConnection& OriginPool::adopt(std::uintptr_t nativeSocket, OriginUser& user) {
  m_connections.push_back(std::make_unique<OriginConnection>(*this, m_loop, nativeSocket));
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

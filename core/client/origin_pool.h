// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections to one tunnel's origin: idle ones are kept for the next request (the newest first), new ones
// are dialled. An idle connection that the origin closes leaves at once. Owned by its tunnel; the client's
// thread.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/client/origin_connector.h"
#include "core/net/resolver.h"
#include "core/net/stream_socket.h"
#include "core/net/timeout_queue.h"

namespace adit::client {

class OriginPool;

/// Who uses a leased connection. Calls come only between lease and giveBack or discard.
class OriginUser {
 public:
  virtual void onOriginData(Slice data) = 0;
  virtual void onOriginEnd() = 0;  ///< FIN
  virtual void onOriginSent() = 0;
  virtual void onOriginError(const Error& error) = 0;

 protected:
  ~OriginUser() = default;
};

class OriginConnection final : public net::Disposable,
                               private net::StreamSocket::Handler,
                               private net::TimeoutItem {
 public:
  OriginConnection(OriginPool& pool, std::unique_ptr<net::StreamSocket> socket);
  [[nodiscard]] net::StreamSocket& socket() noexcept { return *m_socket; }
  /// True when it has served a request before: its origin may have closed it just now.
  [[nodiscard]] bool isReused() const noexcept { return m_uses > 1; }

 private:
  friend class OriginPool;
  void onData(Slice data) override;
  void onEndOfStream() override;
  void onSent(std::size_t count) override;
  void onSocketError(const Error& error) override;
  void onTimeout() override;

  OriginPool& m_pool;
  OriginUser* m_user = nullptr;
  std::unique_ptr<net::StreamSocket> m_socket;
  std::uint64_t m_uses = 0;
};

/// A connection being made; destroying it cancels. Inside its own callback hand it to EventLoop::dispose
/// instead.
class OriginDial : public net::Disposable {
 public:
  class Handler {
   public:
    virtual void onDialed(OriginConnection& connection) = 0;
    virtual void onDialFailed(const OriginConnector::Failure& failure) = 0;

   protected:
    ~Handler() = default;
  };
};

class OriginPool {
 public:
  OriginPool(net::EventLoop& loop, Target target, OriginSettings settings = {});
  ~OriginPool();
  OriginPool(const OriginPool&) = delete;
  OriginPool& operator=(const OriginPool&) = delete;

  /// An idle connection, or null.
  OriginConnection* leaseIdle(OriginUser& user);
  /// A new one; the handler is not called inside. On success it is leased to `user` already.
  std::unique_ptr<OriginDial> dial(OriginUser& user, OriginDial::Handler& handler);
  /// The exchange ended cleanly: keep it for the next.
  void giveBack(OriginConnection& connection);
  /// Close it (`abort`: with RST, so that the origin notices at once).
  void discard(OriginConnection& connection, bool abort);
  [[nodiscard]] std::size_t idleCount() const noexcept { return m_idle.size(); }

 private:
  friend class OriginConnection;
  class Dial;
  OriginConnection& adopt(std::unique_ptr<net::StreamSocket> socket, OriginUser& user);
  void remove(OriginConnection& connection);

  net::EventLoop& m_loop;
  const Target m_target;
  const OriginSettings m_settings;
  net::Resolver m_resolver;
  net::TimeoutQueue m_idleTimeouts;
  std::vector<std::unique_ptr<OriginConnection>> m_connections;
  std::vector<OriginConnection*> m_idle;
};

}  // namespace adit::client

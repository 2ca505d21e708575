// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/1.1 connections to one tunnel's origin. Idle ones are kept for the next request and handed out newest
// first; when there is none, a new one is dialled. An idle connection that the origin closes is closed here
// at once.
//
// Two kinds of idle connections are special. If an origin serves one connection at a time, an idle one would
// keep the others waiting until it times out: idle connections are closed while new ones get no answer. A
// connection on which a user was authenticated (Negotiate, NTLM) acts for that user: only the visitor's
// connection for which it was authenticated gets it again.
//
// Owned by its tunnel; the client's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/client/origin_connector.h"
#include "core/net/address.h"
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

struct OriginWaitTag;
/// A new connection without a byte of an answer so far: it is being made, or its first request was sent.
struct OriginWait : ListHook<OriginWaitTag> {
  Timestamp since{};
};

struct OriginIdleTag;
class OriginConnection final : public net::Disposable,
                               public OriginWait,
                               public ListHook<OriginIdleTag>,
                               private net::StreamSocket::Handler,
                               private net::TimeoutItem {
 public:
  OriginConnection(OriginPool& pool, std::unique_ptr<net::StreamSocket> socket);
  [[nodiscard]] net::StreamSocket& socket() noexcept { return *m_socket; }
  /// True if it has served a request before: its origin may be closing it at this moment.
  [[nodiscard]] bool isReused() const noexcept { return m_uses > 1; }
  /// Binds the connection to the visitor with this address and port, for whom a user was authenticated on it,
  /// or began to be. With port 0 the visitor's connection is not known, and the connection is not used again.
  void pinTo(const net::SocketAddress& visitor) { m_visitor = visitor; }

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
  std::size_t m_index = 0;  ///< In the pool's list of all connections.
  Timestamp m_idleSince{};
  bool m_answered = false;                      ///< It has delivered a byte of an answer.
  std::optional<net::SocketAddress> m_visitor;  ///< See pinTo.
};

/// A connection that is being made; destroying it cancels. Inside its own callback give it to
/// EventLoop::dispose instead.
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

  /// An idle connection that may serve this visitor, or null.
  OriginConnection* leaseIdle(OriginUser& user, const net::SocketAddress& visitor);
  /// Makes a new connection, which is leased to `user` on success. The handler is not called inside.
  std::unique_ptr<OriginDial> dial(OriginUser& user, OriginDial::Handler& handler);
  /// Returns a connection after an exchange that ended cleanly, to be kept for the next.
  void giveBack(OriginConnection& connection);
  /// Closes a connection (`abort`: with RST, so that the origin notices at once).
  void discard(OriginConnection& connection, bool abort);
  [[nodiscard]] std::size_t idleCount() const noexcept { return m_idleCount; }

 private:
  friend class OriginConnection;
  class Dial;
  using IdleList = IntrusiveList<OriginConnection, OriginIdleTag>;
  OriginConnection& adopt(std::unique_ptr<net::StreamSocket> socket, OriginUser& user, Timestamp since);
  OriginConnection& lease(OriginConnection& connection, OriginUser& user);
  void answered(OriginConnection& connection);
  void leaveIdle(OriginConnection& connection);
  void remove(OriginConnection& connection);

  [[nodiscard]] OriginWait* longestWait() noexcept;
  [[nodiscard]] OriginConnection* longestIdle() noexcept;
  [[nodiscard]] Duration handOverTime() const noexcept;
  void armHandOver();
  void handOver();

  net::EventLoop& m_loop;
  const Target m_target;
  const OriginSettings m_settings;
  net::Resolver m_resolver;
  net::TimeoutQueue m_idleTimeouts;
  net::TimeoutQueue m_pinnedTimeouts;
  std::vector<std::unique_ptr<OriginConnection>> m_connections;
  IdleList m_idle;    ///< The newest last.
  IdleList m_pinned;  ///< Idle, for one visitor each; the newest last.
  std::size_t m_idleCount = 0;
  IntrusiveList<OriginWait, OriginWaitTag> m_dialling;
  IntrusiveList<OriginWait, OriginWaitTag> m_unanswered;  ///< In the order in which they were connected.
  std::size_t m_answeredCount = 0;                        ///< Connections that have delivered an answer.
  bool m_servesSeveral = false;  ///< The origin was seen to serve more than one connection at a time.
  net::Timer m_handOverTimer;
};

}  // namespace adit::client

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connected TCP or Unix-domain stream socket in a loop. Received bytes are delivered as slices of pooled
// slabs. What is sent is queued and written at the end of the turn with one gathered system call; what the
// kernel does not take waits until the socket is writable. Reading is paused for named reasons, so that two
// causes of back-pressure cannot cancel each other. Half-close is preserved in both directions. Owned by its
// user through unique_ptr; it must not be destroyed inside its own callback: close it and give it to
// EventLoop::dispose. One loop's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/net/address.h"
#include "core/net/event_loop.h"

namespace adit::net {

/// Why reading is paused. Reading goes on when no reason is left.
enum class PauseReason : std::uint8_t {
  PeerSlow = 1,      ///< The other side of the relay has a full queue.
  AwaitingTurn = 2,  ///< Others go first: the response before a pipelined request, other connections.
  NoHandler = 4,     ///< There is no handler yet to deliver the bytes to.
};

class DetachedSocket;

class StreamSocket : public Disposable {
 public:
  class Handler {
   public:
    /// Bytes arrived: at most a slab's worth per call, and one call per wake-up unless the socket keeps
    /// filling the room it is offered. Inside the call the handler may send, pause, close, detach or set
    /// another handler.
    virtual void onData(Slice data) = 0;
    /// The peer will send no more (FIN). Writing may go on.
    virtual void onEndOfStream() = 0;
    /// The kernel took `count` queued bytes; `socket.queuedBytes()` are left.
    virtual void onSent(std::size_t count) = 0;
    /// The connection is broken and the queue is discarded. No more callbacks follow.
    virtual void onSocketError(const Error& error) = 0;

   protected:
    ~Handler() = default;
  };

  /// Takes over a connected, non-blocking descriptor. Reading starts with the next turn, in which a failure
  /// is reported, too.
  static std::unique_ptr<StreamSocket> adopt(EventLoop& loop, std::uintptr_t nativeSocket, Handler& handler);
  ~StreamSocket() override = default;

  virtual void setHandler(Handler& handler) = 0;
  /// Queues a slice without copying.
  virtual void send(Slice data) = 0;
  /// Queues a copy (joined with the copy before it where both fit one slab).
  virtual void sendCopy(ByteView data) = 0;
  /// Sends FIN after the queue. Idempotent.
  virtual void shutdownSend() = 0;
  /// Closes at once: queued bytes are lost. No callback follows.
  virtual void close() = 0;
  /// Closes with RST where the system can, so that the peer sees an abort and not an ordinary end.
  virtual void abort() = 0;
  virtual void pauseReading(PauseReason reason) = 0;
  virtual void resumeReading(PauseReason reason) = 0;
  /// For a peer that may answer early and hang up: when the connection breaks while reading is paused, what
  /// the peer sent before is delivered after reading resumes, followed by onSocketError. Without this call a
  /// broken connection is reported at once.
  virtual void deferErrorsWhilePaused() {}
  /// Writes what is queued now instead of at the end of the turn. No callback comes inside it: onSent and
  /// errors follow at the end of the turn.
  virtual void flushNow() = 0;
  [[nodiscard]] virtual std::size_t queuedBytes() const noexcept = 0;
  [[nodiscard]] virtual bool isOpen() const noexcept = 0;
  /// Bytes that our system took and the peer's has not acknowledged; nullopt where the system does not tell.
  /// They are counted as onSent counts them.
  [[nodiscard]] virtual std::optional<std::size_t> undeliveredBytes() const noexcept = 0;
  [[nodiscard]] virtual SocketAddress peerAddress() const = 0;
  [[nodiscard]] virtual SocketAddress localAddress() const = 0;
  /// False where the peer asked for a host name (TLS only) and was shown a certificate that is not valid for
  /// `host`: requests for `host` belong on another connection.
  [[nodiscard]] virtual bool speaksFor(std::string_view /*host*/) const { return true; }
  /// Gives the connection away (to another worker's loop): stops watching and forgets it. Returns null and
  /// changes nothing where bytes are still queued or the connection is closed. Bytes that were read before a
  /// pause and not delivered yet are lost unless takeUnread() returned them.
  virtual std::unique_ptr<DetachedSocket> detach() = 0;
  /// Bytes that were read together with delivered ones and held back because the handler paused. Usually
  /// empty.
  virtual SliceQueue takeUnread() { return {}; }
};

/// A connection on its way from one loop to another, with what belongs to it besides the descriptor (a TLS
/// session). May cross threads, with one owner at a time. If it is destroyed without being attached, it
/// closes the connection.
class DetachedSocket {
 public:
  DetachedSocket() = default;
  DetachedSocket(const DetachedSocket&) = delete;
  DetachedSocket& operator=(const DetachedSocket&) = delete;
  virtual ~DetachedSocket() = default;
  /// Watches the connection in `loop`, on its thread, as StreamSocket::adopt does. May be called once.
  virtual std::unique_ptr<StreamSocket> attach(EventLoop& loop, StreamSocket::Handler& handler) = 0;

  /// Takes over a connected, non-blocking descriptor.
  static std::unique_ptr<DetachedSocket> wrap(std::uintptr_t nativeSocket);
};

/// Listens and accepts. For each accepted connection the handler gets a native descriptor, which is
/// non-blocking and close-on-exec.
class StreamListener {
 public:
  class Handler {
   public:
    virtual void onAccepted(std::uintptr_t nativeSocket, const SocketAddress& peer) = 0;

   protected:
    ~Handler() = default;
  };
  struct Params {
    SocketAddress bind;
    bool reusePort = false;
    int backlog = 1024;
  };
  static Result<std::unique_ptr<StreamListener>> open(EventLoop& loop, const Params& params,
                                                      Handler& handler);
  virtual ~StreamListener() = default;
  [[nodiscard]] virtual SocketAddress localAddress() const = 0;
  /// Stops accepting until resumed; new connections wait in the backlog. When the system runs out of
  /// descriptors (EMFILE, ENFILE), the listener pauses by itself for 100 ms.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

/// Closes a native descriptor that nobody adopted.
void closeNativeSocket(std::uintptr_t nativeSocket) noexcept;

/// One connection attempt (TCP or Unix). Destroying it cancels.
class StreamConnector {
 public:
  class Handler {
   public:
    virtual void onConnected(std::uintptr_t nativeSocket) = 0;
    virtual void onConnectFailed(const Error& error) = 0;

   protected:
    ~Handler() = default;
  };
  /// Tries the addresses in order (happy eyeballs: the next attempt starts after 250 ms or on failure); the
  /// first connection is used. Callbacks never happen inside start().
  static std::unique_ptr<StreamConnector> start(EventLoop& loop, std::span<const SocketAddress> addresses,
                                                Duration timeout, Handler& handler);
  virtual ~StreamConnector() = default;
};

}  // namespace adit::net

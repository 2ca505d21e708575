// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connected TCP or Unix-domain stream socket in a loop. Reading gives slices of pooled slabs; writing
// queues and goes out once at the end of the turn with one gathered system call; what the kernel refuses
// waits for writability. Reading stops for named reasons, so that two causes of back-pressure cannot cancel
// each other. Half-close is kept in both directions. Owned by its user through unique_ptr; never destroyed
// inside its own callback: close it and give it to EventLoop::dispose. One loop's thread.

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
  NoHandler = 4,     ///< Nobody to give the bytes to yet.
};

class DetachedSocket;

class StreamSocket : public Disposable {
 public:
  class Handler {
   public:
    /// Bytes arrived: at most one slab's worth a call, one call per wake-up unless the socket keeps filling
    /// what it is offered. Inside it the handler may send, pause, close, detach or put another handler in
    /// its place.
    virtual void onData(Slice data) = 0;
    /// The peer will send no more (FIN). Writing may go on.
    virtual void onEndOfStream() = 0;
    /// `count` queued bytes went to the kernel; `socket.queuedBytes()` is what is left.
    virtual void onSent(std::size_t count) = 0;
    /// The connection is broken; no more callbacks follow and the queue is gone.
    virtual void onSocketError(const Error& error) = 0;

   protected:
    ~Handler() = default;
  };

  /// Takes over a connected, non-blocking descriptor. Reading starts with the next turn, and so does a
  /// failure's report.
  static std::unique_ptr<StreamSocket> adopt(EventLoop& loop, std::uintptr_t nativeSocket, Handler& handler);
  ~StreamSocket() override = default;

  virtual void setHandler(Handler& handler) = 0;
  /// Queues a slice without copying.
  virtual void send(Slice data) = 0;
  /// Queues a copy (joined with the copy before it where they fit one slab).
  virtual void sendCopy(ByteView data) = 0;
  /// FIN after the queue has gone. Idempotent.
  virtual void shutdownSend() = 0;
  /// Closes at once: queued bytes are lost. No callback follows.
  virtual void close() = 0;
  /// Closes with RST where the system can (aborted peers should see an abort, not an end).
  virtual void abort() = 0;
  virtual void pauseReading(PauseReason reason) = 0;
  virtual void resumeReading(PauseReason reason) = 0;
  /// For a peer that may answer early and hang up: when the connection breaks while reading is paused, what
  /// the peer sent before is delivered once reading goes on, and onSocketError follows it. Otherwise a broken
  /// connection is reported at once.
  virtual void deferErrorsWhilePaused() {}
  /// Writes what is queued now instead of at the end of the turn. No callback comes inside it: onSent and
  /// errors follow at the end of the turn.
  virtual void flushNow() = 0;
  [[nodiscard]] virtual std::size_t queuedBytes() const noexcept = 0;
  [[nodiscard]] virtual bool isOpen() const noexcept = 0;
  /// Bytes that the system took and the peer's has not acknowledged; nothing where the system does not say.
  /// They are counted as onSent counts them.
  [[nodiscard]] virtual std::optional<std::size_t> undeliveredBytes() const noexcept = 0;
  [[nodiscard]] virtual SocketAddress peerAddress() const = 0;
  [[nodiscard]] virtual SocketAddress localAddress() const = 0;
  /// False where the peer was shown a certificate for other hosts than this one, and asked for it by name
  /// (TLS only): what it wants from `host` belongs on another connection.
  [[nodiscard]] virtual bool speaksFor(std::string_view /*host*/) const { return true; }
  /// Gives the connection away (to another worker's loop): stops watching and forgets it. Null, and nothing
  /// has changed, where bytes are still queued or the connection is closed. Bytes that were read before a
  /// pause and not delivered yet are lost unless takeUnread() gave them out.
  virtual std::unique_ptr<DetachedSocket> detach() = 0;
  /// Bytes that were read in one go with delivered ones, and held back because the handler paused. Empty
  /// mostly.
  virtual SliceQueue takeUnread() { return {}; }
};

/// A connection on its way from one loop to another, with what belongs to it besides the descriptor (a TLS
/// session). May cross threads, with one owner at a time; destroyed unattached it closes the connection.
class DetachedSocket {
 public:
  DetachedSocket() = default;
  DetachedSocket(const DetachedSocket&) = delete;
  DetachedSocket& operator=(const DetachedSocket&) = delete;
  virtual ~DetachedSocket() = default;
  /// Watches the connection in `loop`, on its thread, as StreamSocket::adopt does. Once.
  virtual std::unique_ptr<StreamSocket> attach(EventLoop& loop, StreamSocket::Handler& handler) = 0;

  /// Takes over a connected, non-blocking descriptor.
  static std::unique_ptr<DetachedSocket> wrap(std::uintptr_t nativeSocket);
};

/// Listens and accepts. Per accepted connection the handler gets a native descriptor, non-blocking and
/// close-on-exec.
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
  /// Out of descriptors: stop accepting until resumed; the backlog holds the visitors. The listener also
  /// pauses by itself for 100 ms on EMFILE/ENFILE and never ends.
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
  /// Tries the addresses in order (happy eyeballs: the next starts after 250 ms or on failure), the first
  /// wins. Callbacks never happen inside start().
  static std::unique_ptr<StreamConnector> start(EventLoop& loop, std::span<const SocketAddress> addresses,
                                                Duration timeout, Handler& handler);
  virtual ~StreamConnector() = default;
};

}  // namespace adit::net

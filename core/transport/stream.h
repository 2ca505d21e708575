// SPDX-License-Identifier: Apache-2.0
#pragma once
// One bidirectional stream of a Link, as sessions and tunnels see it (modelled on QUIC's streams, RFC 9000
// section 2). Bytes to send are queued as slices, which stay alive until they are acknowledged. Received
// bytes are passed to the handler at once; `consume` returns their flow-control credit when they have been
// forwarded. Owned by its link (or by the object that represents a stream of another thread's link); users
// keep the pointer until onStreamClosed. One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/slab.h"

namespace adit::transport {

class Stream;

using StreamId = std::int64_t;
/// Application error codes as PROTOCOL.md lists them.
using AppErrorCode = std::uint64_t;

/// The number of unsent bytes at which a producer should pause, and at which it is told to continue.
inline constexpr std::size_t kSendHighWater = 256 * 1024;
inline constexpr std::size_t kSendLowWater = 128 * 1024;

class StreamHandler {
 public:
  /// In order, without gaps; valid only during the call. `fin`: nothing follows (data may be empty).
  virtual void onStreamData(Stream& stream, ByteView data, bool fin) = 0;
  /// The peer aborted its sending side; no more data comes.
  virtual void onStreamReset(Stream& stream, AppErrorCode code) = 0;
  /// The peer wants no more data; what was queued is discarded. The link itself sends the reset that is due.
  virtual void onStreamStopped(Stream& stream, AppErrorCode code) = 0;
  /// The number of unsent bytes fell to the low-water mark after it had been at the high-water mark, or to
  /// the number given to Stream::awaitWritable.
  virtual void onStreamWritable(Stream& stream) = 0;
  /// Both directions are over, or the connection is: the pointer is invalid after this call.
  virtual void onStreamClosed(Stream& stream) = 0;

 protected:
  ~StreamHandler() = default;
};

class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual StreamId id() const noexcept = 0;
  /// Puts the stream into a group. The groups of a connection (a tunnel each) share its packets evenly,
  /// however many streams a group has; group 0, the default, is the control stream's. To be called before
  /// anything is sent.
  virtual void setGroup(std::uint64_t group) noexcept { static_cast<void>(group); }
  /// Null: data is discarded (and its credit returned) until a handler is set.
  virtual void setHandler(StreamHandler* handler) noexcept = 0;
  /// Queues data, which is sent at the end of the turn. Ignored after finish or reset.
  virtual void send(Slice data) = 0;
  virtual void sendCopy(ByteView data) = 0;
  /// Sends FIN after the queued data.
  virtual void finish() = 0;
  /// Aborts sending (RESET_STREAM); queued data is discarded.
  virtual void reset(AppErrorCode code) = 0;
  /// Tells the peer to stop sending (STOP_SENDING).
  virtual void stopSending(AppErrorCode code) = 0;
  /// Returns the flow-control credit of `count` received bytes.
  virtual void consume(std::size_t count) = 0;
  /// Enlarges the peer's initial window by `count` bytes. To be called before anything is sent.
  virtual void widen(std::size_t count) { static_cast<void>(count); }
  [[nodiscard]] virtual std::size_t unsentBytes() const noexcept = 0;
  /// For a producer that pauses before the high-water mark: onStreamWritable is called once, when no more
  /// than `unsent` bytes (at most kSendLowWater) are left, never inside this call. To be called while there
  /// are more. finish() cancels it; call it again afterwards if it is still wanted.
  virtual void awaitWritable(std::size_t unsent) noexcept = 0;
};

}  // namespace adit::transport

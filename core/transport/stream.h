// SPDX-License-Identifier: Apache-2.0
#pragma once
// One bidirectional stream of a Link, as sessions and tunnels see it (QUIC's streams, RFC 9000 section 2, are
// the model). Bytes to send are queued as slices and stay alive until they are acknowledged. Received bytes
// are handed to the handler at once; their flow-control credit is returned by `consume`, when they have left
// for their destination. Owned by its link (or by what stands in for a stream of another thread's link); a
// user keeps the pointer until onStreamClosed. One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/slab.h"

namespace adit::transport {

class Stream;

using StreamId = std::int64_t;
/// Application error codes as PROTOCOL.md lists them.
using AppErrorCode = std::uint64_t;

/// Unsent bytes from which a producer should pause, and at which it is told to go on.
inline constexpr std::size_t kSendHighWater = 256 * 1024;
inline constexpr std::size_t kSendLowWater = 128 * 1024;

class StreamHandler {
 public:
  /// In order, without gaps; valid only during the call. `fin`: nothing follows (data may be empty).
  virtual void onStreamData(Stream& stream, ByteView data, bool fin) = 0;
  /// The peer gave up its sending side; no more data comes.
  virtual void onStreamReset(Stream& stream, AppErrorCode code) = 0;
  /// The peer wants no more of ours; what was queued is gone. The connection answers with a reset by itself.
  virtual void onStreamStopped(Stream& stream, AppErrorCode code) = 0;
  /// Unsent bytes fell to the low-water mark after they had been at the high-water mark, or as far as
  /// Stream::awaitWritable says.
  virtual void onStreamWritable(Stream& stream) = 0;
  /// Both directions are over or the connection is gone: the pointer dies after this call.
  virtual void onStreamClosed(Stream& stream) = 0;

 protected:
  ~StreamHandler() = default;
};

class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual StreamId id() const noexcept = 0;
  /// Streams of one connection share its packets by groups (the tunnels' numbers), however many of them a
  /// group has; 0, the first one, is the control stream's. To be said before anything is sent, where it
  /// matters.
  virtual void setGroup(std::uint64_t group) noexcept { static_cast<void>(group); }
  /// Null: data is discarded (and credited) until one is set.
  virtual void setHandler(StreamHandler* handler) noexcept = 0;
  /// Queues; leaves at the end of the turn. Ignored after finish or reset.
  virtual void send(Slice data) = 0;
  virtual void sendCopy(ByteView data) = 0;
  /// FIN behind what is queued.
  virtual void finish() = 0;
  /// Abandons sending: RESET_STREAM.
  virtual void reset(AppErrorCode code) = 0;
  /// Wants no more data: STOP_SENDING.
  virtual void stopSending(AppErrorCode code) = 0;
  /// Returns credit for `count` received bytes (stream and connection level).
  virtual void consume(std::size_t count) = 0;
  /// Lets the peer send `count` bytes further ahead than it may by its first window; to be said before
  /// anything is sent.
  virtual void widen(std::size_t count) { static_cast<void>(count); }
  [[nodiscard]] virtual std::size_t unsentBytes() const noexcept = 0;
  /// For a producer that pauses earlier than at the high-water mark: onStreamWritable comes, once, when no
  /// more than `unsent` bytes (at most kSendLowWater) are left, not inside the call. To be asked while there
  /// are more. Behind finish() it comes only where that was asked for since.
  virtual void awaitWritable(std::size_t unsent) noexcept = 0;
};

}  // namespace adit::transport

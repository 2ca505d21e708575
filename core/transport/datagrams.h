// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unreliable datagrams of a Link (RFC 9221): each arrives complete and once, or not at all, and in any order.
// They share the link's congestion control with its streams and have no flow control; what cannot be sent at
// once waits in a bounded queue. Part of a Link and owned by it. One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/slab.h"

namespace adit::transport {

class Link;

/// The result of Datagrams::sendDatagram.
enum class DatagramOutcome : std::uint8_t {
  Queued,        ///< It is sent at the end of the turn, or as soon as congestion control allows.
  TooLarge,      ///< Larger than Datagrams::maxDatagramSize: dropped.
  NotSupported,  ///< The peer accepts none, or the link is not open (yet, or any more): dropped.
};

/// Since the link was made. Datagrams lost by the network are not counted.
struct DatagramCounters {
  std::uint64_t sent = 0;       ///< Put into a packet.
  std::uint64_t received = 0;   ///< Passed to a handler.
  std::uint64_t displaced = 0;  ///< Dropped from the queue to make room for newer ones.
  std::uint64_t shrunk = 0;     ///< Dropped from the queue because the path's MTU has become smaller.
  std::uint64_t unwanted = 0;   ///< Dropped on receipt because there was no handler.
};

class DatagramHandler {
 public:
  /// `data` is valid only during the call and may be empty. Datagrams may arrive before data that was sent
  /// earlier on a stream.
  virtual void onDatagram(Link& link, ByteView data) = 0;

 protected:
  ~DatagramHandler() = default;
};

class Datagrams {
 public:
  /// The most bytes of datagrams that wait to be sent; beyond that the oldest are dropped.
  static constexpr std::size_t kMaxQueued = 1024 * 1024;

  /// Null, the default: received datagrams are dropped and counted.
  virtual void setDatagramHandler(DatagramHandler* handler) noexcept = 0;
  /// The largest datagram that can be sent now, in bytes; 0 if none can. It changes with the path: when a
  /// larger packet size is discovered, and with a migration.
  [[nodiscard]] virtual std::size_t maxDatagramSize() const noexcept = 0;
  /// Copies `data`.
  virtual DatagramOutcome sendDatagram(ByteView data) = 0;
  /// Bytes of datagrams that wait to be sent.
  [[nodiscard]] virtual std::size_t queuedDatagramBytes() const noexcept = 0;
  [[nodiscard]] virtual const DatagramCounters& datagramCounters() const noexcept = 0;

 protected:
  ~Datagrams() = default;
};

}  // namespace adit::transport

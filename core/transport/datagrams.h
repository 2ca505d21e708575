// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unreliable datagrams of a Link (RFC 9221): each arrives whole, once, or not at all, in any order. They
// share the link's congestion control with its streams and have no flow control; what cannot leave at once
// waits in a bounded queue. Part of a Link and owned by it. One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/slab.h"

namespace adit::transport {

class Link;

/// What became of a datagram that was given to Datagrams::send.
enum class DatagramOutcome : std::uint8_t {
  Queued,        ///< It leaves at the end of the turn, or as soon as congestion control allows.
  TooLarge,      ///< Larger than Datagrams::maxSize: dropped.
  NotSupported,  ///< The peer takes none, or the link is not open (yet, or any more): dropped.
};

/// Since the link was made. Datagrams that the network lost are in nobody's counters.
struct DatagramCounters {
  std::uint64_t sent = 0;       ///< Put into a packet.
  std::uint64_t received = 0;   ///< Handed to a handler.
  std::uint64_t displaced = 0;  ///< Dropped from the queue to make room for newer ones.
  std::uint64_t shrunk = 0;    ///< Dropped from the queue because the path takes less than when they entered.
  std::uint64_t unwanted = 0;  ///< Received without a handler and dropped.
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
  /// Bytes of datagrams that wait to be sent; beyond it the oldest give way.
  static constexpr std::size_t kMaxQueued = 1024 * 1024;

  /// Null, the default: received datagrams are dropped and counted.
  virtual void setDatagramHandler(DatagramHandler* handler) noexcept = 0;
  /// The largest datagram that can be sent now, in bytes; 0 where none can. It changes with the path: with
  /// every discovery of a larger packet size, and with a migration.
  [[nodiscard]] virtual std::size_t maxDatagramSize() const noexcept = 0;
  /// Copies `data`.
  virtual DatagramOutcome sendDatagram(ByteView data) = 0;
  /// Bytes of datagrams that wait.
  [[nodiscard]] virtual std::size_t queuedDatagramBytes() const noexcept = 0;
  [[nodiscard]] virtual const DatagramCounters& datagramCounters() const noexcept = 0;

 protected:
  ~Datagrams() = default;
};

}  // namespace adit::transport

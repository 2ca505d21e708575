// SPDX-License-Identifier: Apache-2.0
#pragma once
// Datagrams as values, and the interface through which they are sent. In production the sink is a UdpSocket
// (with GSO, or one send call per datagram), in the simulator a virtual network. One loop's thread.

#include <cstddef>
#include <cstdint>

#include "core/base/slab.h"
#include "core/net/address.h"

namespace adit::net {

/// Explicit congestion notification, RFC 3168.
enum class Ecn : std::uint8_t { NotEct = 0, Ect1 = 1, Ect0 = 2, Ce = 3 };

/// One received datagram; the payload is valid only during the call that delivers it.
struct ReceivedDatagram {
  const SocketAddress* peer = nullptr;
  const SocketAddress* local =
      nullptr;  ///< Where it arrived; the port is always right, the address where the system tells it.
  Ecn ecn = Ecn::NotEct;
  ByteView payload;
};

/// Datagrams of one size (only the last may be shorter) to one peer with one ECN mark.
struct DatagramBatch {
  const SocketAddress* peer = nullptr;
  const SocketAddress* local = nullptr;  ///< Null: the system chooses.
  Ecn ecn = Ecn::NotEct;
  ByteView bytes;
  std::size_t segmentSize =
      0;  ///< Payload bytes per datagram; 0: all bytes are one datagram, which may be empty.
};

enum class SendOutcome : std::uint8_t {
  Sent,
  Blocked,   ///< The socket's buffer is full after `sent` bytes: keep the rest; a writable event follows.
  TooLarge,  ///< The size was refused (EMSGSIZE): drop the datagram; loss recovery takes care of it.
  Failed,    ///< Not sent (unreachable, no buffers): treat it as lost on the path.
};
struct SendResult {
  SendOutcome outcome = SendOutcome::Sent;
  std::size_t sent = 0;  ///< Bytes that left.
  int systemError = 0;   ///< errno for Failed.
};

class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  virtual SendResult send(const DatagramBatch& batch) = 0;
  /// The most datagrams worth putting in one batch (1 where there is no segmentation offload).
  [[nodiscard]] virtual std::size_t maxSegments() const noexcept = 0;
};

}  // namespace adit::net

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bound UDP socket in a loop, with batched input and output. The portable implementation makes one system
// call per datagram; the one for Linux uses UDP_SEGMENT and UDP_GRO and falls back by itself where the kernel
// refuses them. Owned by its user; one loop's thread.

#include <functional>
#include <memory>
#include <span>

#include "core/net/datagram.h"
#include "core/net/event_loop.h"

namespace adit::net {

struct UdpParams {
  SocketAddress bind;
  bool reusePort = false;      ///< Share the port between workers (Linux).
  bool tellsRefusals = false;  ///< Call Handler::onRefused where the system reports refusals (Linux).
  std::size_t bufferBytes =
      4 * 1024 * 1024;  ///< Requested for each direction; a smaller grant is logged once.
  /// How long one wake-up reads. What arrived is then passed on and acknowledged. Without this limit a sender
  /// whose whole window waits in this socket would stand still until all of it is processed, and the two ends
  /// would take turns instead of working at the same time.
  Duration timePerWake = std::chrono::microseconds(400);
};

struct UdpCounters {
  std::uint64_t receiveCalls = 0, sendCalls = 0, datagramsIn = 0, datagramsOut = 0, bytesIn = 0, bytesOut = 0,
                sendErrors = 0;
  std::uint64_t receiveErrors = 0;  ///< ICMP refusals and their like: counted and ignored.
};

class UdpSocket : public DatagramSink {
 public:
  class Handler {
   public:
    /// Datagrams in order of arrival. Called up to four times per wake-up, for 64 system datagrams (before
    /// GRO splitting) in all.
    virtual void onDatagrams(std::span<const ReceivedDatagram> datagrams) = 0;
    /// After SendOutcome::Blocked: the socket takes datagrams again.
    virtual void onWritable() = 0;
    /// With UdpParams::tellsRefusals: a datagram to `peer` was refused (ICMP port unreachable). Nothing
    /// listens there, or somebody forged the message.
    virtual void onRefused(const SocketAddress& peer) { static_cast<void>(peer); }
    /// The socket itself failed (its interface is gone) and cannot be used any more.
    virtual void onSocketError(const Error& error) = 0;

   protected:
    ~Handler() = default;
  };
  /// Binds. Errors name the address. `handler` must outlive the socket.
  static Result<std::unique_ptr<UdpSocket>> open(EventLoop& loop, const UdpParams& params, Handler& handler);

  /// The implementation that works on every system; `open` uses it where there is no better one.
  static Result<std::unique_ptr<UdpSocket>> openPortable(EventLoop& loop, const UdpParams& params,
                                                         Handler& handler);

  [[nodiscard]] virtual SocketAddress localAddress() const = 0;
  [[nodiscard]] virtual const UdpCounters& counters() const noexcept = 0;
  /// The size of the system's receive buffer, in bytes.
  [[nodiscard]] virtual std::size_t receiveBuffer() const noexcept = 0;
};

}  // namespace adit::net

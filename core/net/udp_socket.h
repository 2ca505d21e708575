// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bound UDP socket in a loop, with batched input and output. The portable implementation uses one system
// call a datagram; Linux's uses UDP_SEGMENT and UDP_GRO and falls back by itself where the kernel refuses
// them. Owned by its user; one loop's thread.

#include <functional>
#include <memory>
#include <span>

#include "core/net/datagram.h"
#include "core/net/event_loop.h"

namespace adit::net {

struct UdpParams {
  SocketAddress bind;
  bool reusePort = false;      ///< Share the port between workers (Linux).
  bool tellsRefusals = false;  ///< Handler::onRefused is called, where the system can tell (Linux).
  std::size_t bufferBytes = 4 * 1024 * 1024;  ///< Asked for both directions; less is logged once.
  /// After this long a wake-up reads no more. What came is then passed on and acknowledged: a sender whose
  /// window lies in this socket would otherwise stand still until all of it is worked through, and the two
  /// ends would take turns instead of working side by side.
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
    /// Datagrams in order of arrival. Called up to four times a wake, for 64 system datagrams (before GRO
    /// splitting) in all.
    virtual void onDatagrams(std::span<const ReceivedDatagram> datagrams) = 0;
    /// After SendOutcome::Blocked: the socket takes datagrams again.
    virtual void onWritable() = 0;
    /// With UdpParams::tellsRefusals: a datagram to `peer` was refused (ICMP port unreachable): nothing
    /// listens there, or somebody wants us to believe so.
    virtual void onRefused(const SocketAddress& peer) { static_cast<void>(peer); }
    /// The socket itself failed (interface gone); it is useless now.
    virtual void onSocketError(const Error& error) = 0;

   protected:
    ~Handler() = default;
  };
  /// Binds; the error names the address. `handler` must outlive the socket.
  static Result<std::unique_ptr<UdpSocket>> open(EventLoop& loop, const UdpParams& params, Handler& handler);

  /// The implementation that is the same on every system; `open` takes it where there is no better one.
  static Result<std::unique_ptr<UdpSocket>> openPortable(EventLoop& loop, const UdpParams& params,
                                                         Handler& handler);

  [[nodiscard]] virtual SocketAddress localAddress() const = 0;
  [[nodiscard]] virtual const UdpCounters& counters() const noexcept = 0;
  /// Bytes that the system keeps for us between two reads.
  [[nodiscard]] virtual std::size_t receiveBuffer() const noexcept = 0;
};

}  // namespace adit::net

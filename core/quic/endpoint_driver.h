// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connects an Endpoint to a UDP socket and an event loop: datagrams in, one flush at the end of the turn, one
// timer. Owned by a server's worker or by a client's ServerPath. One loop's thread.

#include <memory>

#include "core/net/event_loop.h"
#include "core/net/udp_socket.h"
#include "core/quic/endpoint.h"

namespace adit::quic {

class EndpointDriver {
 public:
  class Handler {
   public:
    virtual void onAccepted(transport::Link& connection) = 0;
    virtual void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) = 0;

   protected:
    ~Handler() = default;
  };
  /// `params.slabs` and `params.writer` default to the loop's.
  static Result<std::unique_ptr<EndpointDriver>> open(net::EventLoop& loop, EndpointParams params,
                                                      const net::UdpParams& udp, Handler& handler);
  virtual ~EndpointDriver() = default;
  /// `params.local` is filled in.
  virtual Result<transport::Link*> connect(ConnectParams params) = 0;
  /// Client: opens a new socket (new port) and migrates every connection to it.
  virtual Result<> rebind() = 0;
  /// A datagram that another worker received for one of our connections.
  virtual void receiveForwarded(const net::ReceivedDatagram& datagram) = 0;
  virtual void closeAll(transport::AppErrorCode code, std::string_view reason) = 0;
  [[nodiscard]] virtual Endpoint& endpoint() noexcept = 0;
  [[nodiscard]] virtual net::SocketAddress localAddress() const = 0;
  [[nodiscard]] virtual const net::UdpCounters& udpCounters() const noexcept = 0;
};

}  // namespace adit::quic

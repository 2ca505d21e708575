// SPDX-License-Identifier: Apache-2.0
#include "core/client/quic_dialer.h"

#include <utility>

#include "core/wire/error_codes.h"

namespace adit::client {

namespace {

/// Visitors' requests the server may have open towards this client: sixteen tunnels' at their default limit.
constexpr std::uint64_t kRequestStreams = 16 * 1024;

/// A server on this machine is reached from loopback, so that nothing of an embedded one listens to the
/// outside.
net::SocketAddress localAddressTowards(const net::SocketAddress& peer) {
  const bool loopback = peer.isLoopback();
  if (peer.family() == net::AddressFamily::Ipv6)
    return loopback ? net::SocketAddress::loopback6(0) : net::SocketAddress::fromIpv6({}, 0);
  return loopback ? net::SocketAddress::loopback4(0) : net::SocketAddress::fromIpv4({}, 0);
}

}  // namespace

class QuicDialer::Dialed final : public transport::DialedLink, private quic::EndpointDriver::Handler {
 public:
  static Result<std::unique_ptr<transport::DialedLink>> open(net::EventLoop& loop,
                                                             const quic::EndpointParams& endpoint,
                                                             const quic::ConnectParams& connect) {
    auto dialed = std::make_unique<Dialed>();
    net::UdpParams udp;
    udp.bind = localAddressTowards(connect.peer);
    auto driver = quic::EndpointDriver::open(loop, endpoint, udp, *dialed);
    if (!driver) return fail(std::move(driver.error()));
    dialed->m_driver = std::move(*driver);
    auto link = dialed->m_driver->connect(connect);
    if (!link) return fail(std::move(link.error()));
    dialed->m_link = *link;
    return std::unique_ptr<transport::DialedLink>(std::move(dialed));
  }

  [[nodiscard]] transport::Link& link() noexcept override { return *m_link; }
  Result<> move() override { return m_driver->rebind(); }

 private:
  void onAccepted(transport::Link&) override {}
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}

  std::unique_ptr<quic::EndpointDriver> m_driver;
  transport::Link* m_link = nullptr;
};

QuicDialer::QuicDialer(net::EventLoop& loop, Random& random, Params params)
    : m_loop(loop), m_random(random), m_params(std::move(params)) {}

Result<std::unique_ptr<transport::DialedLink>> QuicDialer::dial(const transport::DialParams& params,
                                                                transport::LinkHandler& handler) {
  quic::EndpointParams endpoint;
  endpoint.role = quic::Role::Client;
  endpoint.identity = m_params.identity;
  endpoint.shedCode = static_cast<transport::AppErrorCode>(wire::AppError::Overloaded);
  endpoint.keys = quic::StaticKeys::generate(m_random);
  endpoint.limits.keepAlive = params.keepAlive;
  endpoint.limits.peerStreams = kRequestStreams;
  endpoint.limits.loopbackPayload = m_params.loopbackPayload;
  endpoint.limits.congestion = m_params.congestion;
  quic::ConnectParams connect;
  connect.peer = params.peer;
  connect.serverName = params.serverName;
  connect.pin = params.pin;
  connect.handler = &handler;
  return Dialed::open(m_loop, endpoint, connect);
}

}  // namespace adit::client

// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_path.h"

#include "core/base/log.h"
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

Result<std::unique_ptr<ServerPath>> ServerPath::open(net::EventLoop& loop, Random& random,
                                                     const Params& params, transport::LinkHandler& handler) {
  std::unique_ptr<ServerPath> path(new ServerPath(params));
  quic::EndpointParams endpoint;
  endpoint.role = quic::Role::Client;
  endpoint.identity = params.identity;
  endpoint.shedCode = static_cast<transport::AppErrorCode>(wire::AppError::Overloaded);
  endpoint.keys = quic::StaticKeys::generate(random);
  endpoint.limits.keepAlive = kKeepAlive;
  endpoint.limits.peerStreams = kRequestStreams;
  endpoint.limits.loopbackPayload = params.loopbackPayload;
  endpoint.limits.congestion = params.congestion;
  net::UdpParams udp;
  udp.bind = localAddressTowards(params.peer);
  auto driver = quic::EndpointDriver::open(loop, endpoint, udp, *path);
  if (!driver) return fail(std::move(driver.error()));
  path->m_driver = std::move(*driver);

  quic::ConnectParams connect;
  connect.peer = params.peer;
  connect.serverName = params.serverName;
  connect.pin = params.pin;
  connect.handler = &handler;
  auto link = path->m_driver->connect(connect);
  if (!link) return fail(std::move(link.error()));
  path->m_link = *link;
  return path;
}

ServerPath::~ServerPath() {
  // No more calls to a handler that may be half gone.
  if (m_link != nullptr) m_link->setHandler(nullptr);
}

Timestamp ServerPath::lastHeard() const { return m_link == nullptr ? Timestamp{} : m_link->lastHeard(); }

Duration ServerPath::roundTrip() const {
  return m_link == nullptr ? Duration::zero() : m_link->stats().smoothedRtt;
}

void ServerPath::move() {
  if (auto moved = m_driver->rebind(); !moved) logWarning("client", "{}", moved.error().describe());
}

void ServerPath::abandon() {
  if (m_link == nullptr) return;
  m_link->setHandler(nullptr);
  m_link->close(static_cast<transport::AppErrorCode>(wire::AppError::NoError), "");
  m_link = nullptr;
}

}  // namespace adit::client

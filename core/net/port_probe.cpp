// SPDX-License-Identifier: Apache-2.0
#include "core/net/port_probe.h"

#include <array>
#include <cerrno>

#include "core/net/native_socket.h"

namespace adit::net {

bool isTcpPortInUse(std::uint16_t port) {
  // Linux refuses to bind the wildcard address while a socket listens on any address; other systems refuse
  // only an equal address, so each usual address is tried as well.
  const std::array addresses = {SocketAddress::fromIpv6({}, port), SocketAddress::fromIpv4({}, port),
                                SocketAddress::loopback6(port), SocketAddress::loopback4(port)};
  for (const SocketAddress& address : addresses) {
    // A family that this system does not have cannot be in use.
    auto socket = openSocket(address.family(), SocketType::Stream);
    if (!socket) continue;
    // Connections in TIME_WAIT do not count, only listeners.
    setReuseAddress(*socket);
    if (address.family() == AddressFamily::Ipv6) setDualStack(*socket);
    if (bindSocket(*socket, address) == EADDRINUSE) return true;
  }
  return false;
}

}  // namespace adit::net

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Includes the system's socket headers, whose names differ between systems, and defines helpers in terms of
// them. For .cpp files; no public header includes this.

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
// afunix.h wants winsock2.h first.
#include <afunix.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif

#include "core/net/address.h"

namespace adit::net {

inline int nativeFamily(AddressFamily family) noexcept {
  switch (family) {
    case AddressFamily::Ipv4:
      return AF_INET;
    case AddressFamily::Ipv6:
      return AF_INET6;
    case AddressFamily::Unix:
      return AF_UNIX;
    case AddressFamily::None:
      break;
  }
  return AF_UNSPEC;
}

}  // namespace adit::net

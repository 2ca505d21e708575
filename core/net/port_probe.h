// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells whether a TCP port of this machine is in use, whatever address and family its owner listens on. A
// listener on 127.0.0.1:8080 and one on [::1]:8080 can exist side by side, and then "localhost:8080" means
// either of them; a server that picks its own port uses this to stay out of others' way. Any thread.

#include <cstdint>

namespace adit::net {

/// True where a socket of this machine listens on TCP `port` (1 to 65535), by IPv4 or IPv6, on any address.
/// The answer is a snapshot: another process may take the port at any time. A port that this process may not
/// bind for other reasons (a privileged one) counts as free; binding it will say why it fails.
bool isTcpPortInUse(std::uint16_t port);

}  // namespace adit::net

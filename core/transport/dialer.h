// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a client gets a Link to a server, without knowing what carries it: client::QuicDialer makes QUIC
// connections; simulations make their own. Owned by the client; one thread.

#include <memory>
#include <optional>
#include <string>

#include "core/net/address.h"
#include "core/tls/identity.h"
#include "core/transport/link.h"

namespace adit::transport {

struct DialParams {
  net::SocketAddress peer;
  std::string serverName;       ///< For SNI; empty where the host is a literal address.
  std::optional<tls::Pin> pin;  ///< Of the server's key; empty: any key will do.
  /// After so much silence the link sends something that the peer acknowledges; zero: never.
  Duration keepAlive{};
};

/// A link with a way of its own through the network (QUIC: a UDP socket). Its owner closes the link, or takes
/// its handler away (Link::setHandler), before it goes.
class DialedLink {
 public:
  virtual ~DialedLink() = default;
  /// Valid until its LinkHandler::onLinkClosed was called.
  [[nodiscard]] virtual Link& link() noexcept = 0;
  /// Goes on from another local address (QUIC: RFC 9000 section 9); lost packets are sent again at once.
  virtual Result<> move() = 0;
};

class Dialer {
 public:
  /// Starts a handshake; `handler` hears of its end, not inside the call. The handler outlives the link, or
  /// is taken away by Link::setHandler before.
  virtual Result<std::unique_ptr<DialedLink>> dial(const DialParams& params, LinkHandler& handler) = 0;

 protected:
  ~Dialer() = default;
};

}  // namespace adit::transport

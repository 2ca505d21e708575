// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a trusted proxy in front of the server says about the visitor it speaks for: X-Forwarded-For, -Proto
// and -Host, or Forwarded (RFC 7239) where there is no X-Forwarded-For. The proxy must write these fields or
// take them out; what strangers say in them is never read. Pure; any thread.

#include <span>
#include <string_view>
#include <vector>

#include "core/http/message.h"
#include "core/net/address.h"
#include "core/net/network.h"

namespace adit::server {

/// Who asks, over what, and for which host.
struct RequestOrigin {
  net::SocketAddress address;  ///< With port 0 where a proxy asks; family None: not known.
  http::Scheme scheme = http::Scheme::Http;
  std::string_view authority;  ///< Views the head's text.
  bool isProxied = false;      ///< A trusted proxy asks for the visitor.
};

[[nodiscard]] bool isTrusted(std::span<const net::Network> trusted,
                             const net::SocketAddress& address) noexcept;

/// `connection` is what is known without the fields: the peer's address, the connection's scheme and the
/// head's authority. Where the peer is not trusted, that is the result. Otherwise the visitor is the
/// rightmost address that is not trusted itself (all trusted: the leftmost), with the scheme and host said
/// for it. A value that is not valid counts as not said; an address that is not valid, as not known.
RequestOrigin requestOrigin(const RequestOrigin& connection, const std::vector<http::Field>& fields,
                            std::span<const net::Network> trusted);

}  // namespace adit::server

// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_fields.h"

namespace adit::client {

ForwardingFields::ForwardingFields(const net::SocketAddress& visitor, std::string_view authority,
                                   http::Scheme visitorScheme)
    : address(visitor.host()),
      host(authority),
      scheme(visitorScheme == http::Scheme::Https ? "https" : "http") {
  // IPv6 addresses are bracketed and quoted; a host with a port needs quotes for its colon.
  const bool ipv6 = address.find(':') != std::string::npos;
  const std::string_view node = address.empty() ? std::string_view("unknown") : address;
  forwarded.reserve(48 + node.size() + authority.size());
  forwarded.append("for=").append(ipv6 ? "\"[" : "").append(node).append(ipv6 ? "]\"" : "");
  if (!authority.empty()) forwarded.append(";host=\"").append(authority).append("\"");
  forwarded.append(";proto=").append(scheme);
}

}  // namespace adit::client

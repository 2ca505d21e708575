// SPDX-License-Identifier: Apache-2.0
// Authorities of requests: host[:port] of RFC 3986 section 3.2 without user information, narrowed to hosts
// that can exist in DNS.
#include "core/base/host_port.h"
#include "core/http/semantics.h"

namespace adit::http {

std::string_view hostOf(std::string_view authority) noexcept {
  const auto parsed = parseHostPort(authority);
  // A zone means something on one machine only (RFC 4007 section 11.2).
  if (!parsed || !parsed->zone.empty()) return {};
  if (parsed->kind == HostKind::Ipv6) return authority.substr(0, parsed->host.size() + 2);
  std::string_view host = parsed->host;
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace adit::http

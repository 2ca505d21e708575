// SPDX-License-Identifier: Apache-2.0
#include "core/server/route_lookup.h"

#include <algorithm>
#include <array>

#include "core/http/semantics.h"

namespace adit::server {

namespace {

constexpr std::size_t kMaxDnsName = 253;

const routing::RouteEntry* findRoute(const RouteTable& routes, std::string_view domain,
                                     std::string_view authority) noexcept {
  const std::string_view host = http::hostOf(authority);
  if (host.empty() || host.size() > kMaxDnsName) return nullptr;
  std::array<char, kMaxDnsName> lower{};
  std::transform(host.begin(), host.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view name(lower.data(), host.size());
  if (name.size() <= domain.size() + 1 || !name.ends_with(domain) ||
      name[name.size() - domain.size() - 1] != '.')
    return nullptr;
  return routes.find(name.substr(0, name.size() - domain.size() - 1));
}

}  // namespace

Destination findDestination(const RouteTable& routes, const LookupContext& context,
                            std::string_view authority) noexcept {
  const routing::RouteEntry* route = findRoute(routes, context.domain, authority);
  if (route == nullptr) return {};
  if (!route->isOnline()) {
    const bool isShown = route->offlineUntil > context.now;
    return {isShown ? Destination::Kind::Offline : Destination::Kind::Unknown};
  }
  const routing::RouteServer& server = route->servers.front();
  const auto kind = server.worker == context.worker ? Destination::Kind::Here : Destination::Kind::Elsewhere;
  return {kind, server.worker, server.session, server.tunnel};
}

}  // namespace adit::server

// SPDX-License-Identifier: Apache-2.0
#include "core/server/route_lookup.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

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

/// No other names: a name in DNS that leads to 127.0.0.1 is a stranger's, whose page must not reach a tunnel
/// by it (DNS rebinding).
bool isLoopbackHost(std::string_view authority) noexcept {
  const std::string_view host = http::hostOf(authority);
  return http::equalsIgnoreCase(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

Destination destinationOf(const routing::RouteEntry* route, const LookupContext& context) noexcept {
  if (route == nullptr) return {};
  if (!route->isOnline()) {
    const bool isShown = route->offlineUntil > context.now;
    return {isShown ? Destination::Kind::Offline : Destination::Kind::Unknown};
  }
  const routing::RouteServer& server = route->servers.front();
  const auto kind = server.worker == context.worker ? Destination::Kind::Here : Destination::Kind::Elsewhere;
  return {kind, server.worker, server.session, server.tunnel};
}

/// The one tunnel that answers, or one that is offline where none does.
Destination findOnly(const RouteTable& routes, const LookupContext& context) noexcept {
  const routing::RouteEntry* online = nullptr;
  const routing::RouteEntry* offline = nullptr;
  bool several = false;
  routes.forEach([&](const routing::RouteEntry& route) {
    if (route.isOnline()) {
      several = several || online != nullptr;
      online = &route;
    } else if (route.offlineUntil > context.now) {
      offline = &route;
    }
  });
  if (several) return {Destination::Kind::Several};
  return destinationOf(online != nullptr ? online : offline, context);
}

}  // namespace

Destination findDestination(const RouteTable& routes, const LookupContext& context,
                            const RequestOrigin& origin) noexcept {
  const bool isLocal = context.loopbackHosts && !origin.isProxied && origin.address.isLoopback();
  if (isLocal && isLoopbackHost(origin.authority)) return findOnly(routes, context);
  return destinationOf(findRoute(routes, context.domain, origin.authority), context);
}

std::vector<http::PageLink> linksToTunnels(const RouteTable& routes, std::string_view domain,
                                           http::Scheme scheme, std::string_view authority) {
  const std::string_view port = authority.substr(http::hostOf(authority).size());
  std::vector<http::PageLink> links;
  routes.forEach([&](const routing::RouteEntry& route) {
    if (!route.isOnline()) return;
    const std::string_view protocol = scheme == http::Scheme::Https ? "https" : "http";
    links.push_back({route.name, fmt::format("{}://{}.{}{}/", protocol, route.name, domain, port)});
  });
  std::sort(links.begin(), links.end(),
            [](const http::PageLink& a, const http::PageLink& b) { return a.text < b.text; });
  return links;
}

}  // namespace adit::server

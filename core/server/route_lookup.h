// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where requests for a host go, as one worker sees it: the host's label is looked up in the route snapshot.
// In an embedded server this machine's own names lead to its tunnel, too. Pure; any thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/routing/route_table.h"
#include "core/server/proxy_fields.h"

namespace adit::server {

using routing::RouteTable;
using routing::SessionId;

struct Destination {
  enum class Kind : std::uint8_t {
    Unknown,    ///< No tunnel has the name.
    Offline,    ///< The name is kept for a client that is away.
    Here,       ///< The client's session lives on the asking worker.
    Elsewhere,  ///< It lives on `worker`.
    Several,    ///< The host stands for every tunnel here, and more than one answers.
  };
  Kind kind = Kind::Unknown;
  unsigned worker = 0;  ///< This and what follows: for Here and Elsewhere.
  SessionId session = 0;
  std::uint64_t tunnel = 0;  ///< The id that the session's client declared.
};

/// Who asks.
struct LookupContext {
  std::string_view domain;  ///< The server's, in lower case.
  unsigned worker = 0;      ///< The asking worker.
  Timestamp now{};
  bool loopbackHosts = false;  ///< See ServerConfig.
};

/// Looks up the authority of a request (host[:port], in any case), which is known only as one label below the
/// domain. Where the context has loopback hosts, a request that comes from this machine, and through no proxy
/// of another, may also name localhost, 127.0.0.1 or [::1].
Destination findDestination(const RouteTable& routes, const LookupContext& context,
                            const RequestOrigin& origin) noexcept;

/// The addresses of the tunnels that answer now, in the order of their names, for a visitor who came by
/// `scheme` to `authority`, whose port they have.
std::vector<http::PageLink> linksToTunnels(const RouteTable& routes, std::string_view domain,
                                           http::Scheme scheme, std::string_view authority);

}  // namespace adit::server

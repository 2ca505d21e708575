// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where requests for a host go, as one worker sees it: the host's label is looked up in the route snapshot.
// Pure; any thread.

#include <cstdint>
#include <string_view>

#include "core/base/clock.h"
#include "core/routing/route_table.h"

namespace adit::server {

using routing::RouteTable;
using routing::SessionId;

struct Destination {
  enum class Kind : std::uint8_t {
    Unknown,    ///< No tunnel has the name.
    Offline,    ///< The name is kept for a client that is away.
    Here,       ///< The client's session lives on the asking worker.
    Elsewhere,  ///< It lives on `worker`.
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
};

/// Looks up `authority` (host[:port], in any case), which is known only as one label below the domain.
Destination findDestination(const RouteTable& routes, const LookupContext& context,
                            std::string_view authority) noexcept;

}  // namespace adit::server

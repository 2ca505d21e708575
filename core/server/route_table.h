// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which tunnel answers for which name: an immutable snapshot that every worker reads without a lock. Made by
// the Registry, shared by all workers.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/text_hash.h"

namespace adit::server {

using SessionId = std::uint64_t;

struct Route {
  bool online = false;  ///< False: the name is kept for a client that is away.
  unsigned worker = 0;  ///< Where the session's QUIC connection lives.
  SessionId session = 0;
  std::uint64_t tunnel = 0;      ///< The id the client declared.
  Timestamp keptUntil = kNever;  ///< Offline: until then the name is reserved; afterwards it is unknown.
};

struct RouteTable {
  std::unordered_map<std::string, Route, TextHash, std::equal_to<>> routes;

  /// `name` in lower case. Null: no tunnel has it.
  [[nodiscard]] const Route* find(std::string_view name) const noexcept {
    const auto found = routes.find(name);
    return found == routes.end() ? nullptr : &found->second;
  }
};

}  // namespace adit::server

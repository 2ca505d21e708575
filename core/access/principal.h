// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who logged in. A principal is what a token stands for: names and quotas belong to it, several tokens may
// share it, and its id stays the same when a token is replaced. Values; any thread.

#include <cstddef>
#include <memory>
#include <string>

namespace adit::access {

/// What a principal may do.
struct Rights {
  static constexpr std::size_t kDefaultNames = 1'000;
  static constexpr std::size_t kMostNames = 100'000;
  std::size_t maxNames = kDefaultNames;  ///< How many names it may hold at a time, reserved ones included.
  friend bool operator==(const Rights&, const Rights&) = default;
};

struct Principal {
  static constexpr std::size_t kMaxId = 64;
  std::string id;     ///< 1 to kMaxId of a-z, A-Z, 0-9, '.', '_' and '-'. Not a secret.
  std::string label;  ///< The label of its oldest token, for people.
  Rights rights;
  friend bool operator==(const Principal&, const Principal&) = default;
};
using PrincipalPtr = std::shared_ptr<const Principal>;

/// Whether `id` can be the id of a principal.
[[nodiscard]] bool isPrincipalId(std::string_view id) noexcept;

/// What a valid token gives its owner.
struct Grant {
  PrincipalPtr principal;
  std::string tokenId;  ///< With it, the token is checked again when the tokens change.
};

}  // namespace adit::access

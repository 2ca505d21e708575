// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who somebody is that logged in. A principal is what tokens stand for: names and quotas belong to it,
// several tokens may share one, and its id stays when a token is replaced. Values; any thread.

#include <cstddef>
#include <memory>
#include <string>

namespace adit::access {

/// What a principal may do.
struct Rights {
  static constexpr std::size_t kDefaultNames = 1'000;
  static constexpr std::size_t kMostNames = 100'000;
  std::size_t maxNames = kDefaultNames;  ///< Names it may hold at a time, reserved ones included.
  friend bool operator==(const Rights&, const Rights&) = default;
};

struct Principal {
  static constexpr std::size_t kMaxId = 64;
  std::string id;     ///< 1 to kMaxId of a-z, A-Z, 0-9, '.', '_' and '-'. Not a secret.
  std::string label;  ///< Of its oldest token, for people.
  Rights rights;
  friend bool operator==(const Principal&, const Principal&) = default;
};
using PrincipalPtr = std::shared_ptr<const Principal>;

/// Whether `id` can be a principal's.
[[nodiscard]] bool isPrincipalId(std::string_view id) noexcept;

/// What a good token gives.
struct Grant {
  PrincipalPtr principal;
  std::string tokenId;  ///< By which the token is checked again when tokens change.
};

}  // namespace adit::access

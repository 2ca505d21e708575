// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tokens of a server at one moment: whom each stands for, and whether it is still valid. Immutable, so
// that event loops read it without a lock and without reading a file. Made by a TokenSource; any thread.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access/principal.h"
#include "core/base/error.h"

namespace adit::access {

using TokenHash = std::array<std::uint8_t, 32>;  ///< SHA-256 of a token.

/// Internal if the library has no SHA-256.
Result<TokenHash> hashToken(std::string_view token);

class TokenSnapshot {
 public:
  struct Token {
    std::string id;
    std::string label;
    std::string principal;
    TokenHash sha256{};
    bool revoked = false;
    std::size_t maxNames = Rights::kDefaultNames;
  };
  /// `tokens`: oldest first. A principal has the largest rights that one of its valid tokens has.
  explicit TokenSnapshot(std::vector<Token> tokens);
  /// One token of one principal, which is what an embedded server has.
  static std::shared_ptr<const TokenSnapshot> ofOne(std::string_view token);

  /// TokenUnknown or TokenRevoked otherwise.
  [[nodiscard]] Result<Grant> verify(std::string_view token) const;
  /// Checks whether the token of a grant is still valid: TokenUnknown or TokenRevoked otherwise.
  [[nodiscard]] Result<> check(std::string_view tokenId) const;
  /// Whether the principal has a valid token.
  [[nodiscard]] bool hasPrincipal(std::string_view id) const noexcept;

 private:
  struct HashOfHash {
    std::size_t operator()(const TokenHash& hash) const noexcept;
  };
  [[nodiscard]] const Token* find(std::string_view tokenId) const noexcept;

  std::vector<Token> m_tokens;
  /// The index in m_tokens by hash. The look-up's timing reveals nothing useful: nobody can choose a token
  /// whose hash begins as another's does.
  std::unordered_map<TokenHash, std::size_t, HashOfHash> m_byHash;
  std::unordered_map<std::string_view, std::size_t> m_byId;
  std::unordered_map<std::string_view, PrincipalPtr> m_principals;  ///< Those with a valid token.
};

}  // namespace adit::access

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of tokens.json: {"version":1,"tokens":[{"id","label","sha256","created","revoked"}]}. Pure
// functions.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/session/token_store.h"

namespace adit::session {

struct StoredToken {
  TokenInfo info;
  std::array<std::uint8_t, 32> sha256{};
};

/// `file` is what errors call it.
Result<std::vector<StoredToken>> parseTokens(std::string_view text, std::string_view file);
std::string formatTokens(const std::vector<StoredToken>& tokens);

}  // namespace adit::session

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of tokens.json:
// {"version":1,"tokens":[{"id","label","sha256","created","revoked","principal","maxNames"}]}. Files from
// before there were principals lack the last two: such a token stands for a principal with the token's id.
// Pure functions.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/token_store.h"
#include "core/base/error.h"

namespace adit::access {

struct StoredToken {
  TokenInfo info;
  TokenHash sha256{};
};

/// `file` is its name in errors.
Result<std::vector<StoredToken>> parseTokens(std::string_view text, std::string_view file);
std::string formatTokens(const std::vector<StoredToken>& tokens);

}  // namespace adit::access

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's tokens in their file. Only SHA-256 hashes are stored (a token has 256 random bits, so a slow
// hash adds nothing). A running server and `adit token` share the file; a server's event loops read a
// TokenSnapshot instead, which a TokenWatcher takes from here. Any thread; blocking.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/token_snapshot.h"
#include "core/base/error.h"
#include "core/base/random.h"

namespace adit::access {

struct TokenInfo {
  std::string id;     ///< Short, printable, not secret.
  std::string label;  ///< For people; at most 64 bytes in one line.
  bool revoked = false;
  std::int64_t createdUnix = 0;
  std::string principal = {};  ///< Whom it stands for: names belong to that.
  std::size_t maxNames = Rights::kDefaultNames;
};

/// Of a token that is made.
struct TokenOptions {
  std::string principal = {};  ///< Empty: a principal of its own. Else the new token shares that one's names.
  std::size_t maxNames = Rights::kDefaultNames;
};

class TokenStore {
 public:
  static constexpr std::size_t kMaxTokens = 10'000;  ///< Revoked ones included.
  static constexpr std::size_t kMaxLabel = 64;

  /// Reads `directory`/tokens.json (0600) or starts empty. Malformed gives file:line:column where it is no
  /// JSON, and names the entry where it is JSON of another shape.
  static Result<std::shared_ptr<TokenStore>> open(const std::filesystem::path& directory);
  virtual ~TokenStore() = default;
  /// Makes a token, stores its hash, returns the token (base64url, 43 characters). Shown once.
  /// InvalidArgument for a label, a principal or a number of names that cannot be.
  virtual Result<std::string> create(std::string_view label, Random& random,
                                     const TokenOptions& options = {}) = 0;
  /// The same with a token of the caller's making, who wants it kept elsewhere before it is worth anything.
  virtual Result<> add(std::string_view label, std::string_view token, Random& random,
                       const TokenOptions& options = {}) = 0;
  /// TokenUnknown or TokenRevoked otherwise. Re-reads the file when it changed on disk; where that fails the
  /// tokens known before stay good and the cause is logged once. A file that was removed means no tokens.
  virtual Result<TokenInfo> verify(std::string_view token) = 0;
  /// The tokens of the file as it is now, read as for verify(); the same object while nothing changed.
  [[nodiscard]] virtual std::shared_ptr<const TokenSnapshot> snapshot() = 0;
  /// NotFound for an id that is not there; revoking twice is no error. The entry stays, so that its user is
  /// told why.
  virtual Result<> revoke(std::string_view id) = 0;
  [[nodiscard]] virtual std::vector<TokenInfo> list() const = 0;
};

}  // namespace adit::access

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file of a server's tokens. It has only their SHA-256 hashes; a token has 256 random bits, so a slow
// hash would add nothing. A running server and `adit token` share the file. A server's event loops do not use
// this class but a TokenSnapshot, which a TokenWatcher takes from it. Any thread; blocking.

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
  std::string principal = {};  ///< Whom the token stands for.
  std::size_t maxNames = Rights::kDefaultNames;
};

/// What a new token stands for and allows.
struct TokenOptions {
  std::string principal = {};  ///< Empty: a new principal. Otherwise the token shares this one's names.
  std::size_t maxNames = Rights::kDefaultNames;
};

class TokenStore {
 public:
  static constexpr std::size_t kMaxTokens = 10'000;  ///< Revoked ones included.
  static constexpr std::size_t kMaxLabel = 64;

  /// Reads `directory`/tokens.json (0600); without a file there are no tokens. Malformed: with
  /// file:line:column if the file is not JSON, otherwise with the entry that is wrong.
  static Result<std::shared_ptr<TokenStore>> open(const std::filesystem::path& directory);
  virtual ~TokenStore() = default;
  /// Makes a token, stores its hash and returns the token (base64url, 43 characters), which cannot be read
  /// again. InvalidArgument for a label, a principal or a number of names that is not allowed.
  virtual Result<std::string> create(std::string_view label, Random& random,
                                     const TokenOptions& options = {}) = 0;
  /// The same with a token that the caller made, for callers that must store it before it is valid.
  virtual Result<> add(std::string_view label, std::string_view token, Random& random,
                       const TokenOptions& options = {}) = 0;
  /// TokenUnknown or TokenRevoked if the token is not valid. Reads the file again if it changed; if that
  /// fails, the tokens stay as they were and the cause is logged once. If the file was removed, there are no
  /// tokens.
  virtual Result<TokenInfo> verify(std::string_view token) = 0;
  /// The tokens in the file now, read as for verify(). Returns the same object while nothing changed.
  [[nodiscard]] virtual std::shared_ptr<const TokenSnapshot> snapshot() = 0;
  /// NotFound for an unknown id; revoking twice is no error. The entry stays in the file, so that its user is
  /// told the reason.
  virtual Result<> revoke(std::string_view id) = 0;
  [[nodiscard]] virtual std::vector<TokenInfo> list() const = 0;
};

}  // namespace adit::access

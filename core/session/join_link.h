// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one line an operator hands to a developer: where the server is, the pin of its key, and a token.
// adit://TOKEN@host:port?pin=sha256:BASE64URL. It is a secret: never logged, never in argv. Values; pure.

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/tls/identity.h"

namespace adit::session {

struct JoinLink {
  static constexpr std::string_view kScheme = "adit://";

  std::string token;
  std::string host;  ///< A name or a literal address in lower case, without brackets.
  std::uint16_t port = 4433;
  tls::Pin pin;
  /// Errors name the part that is wrong and never repeat the token. What pasting leaves around and inside the
  /// link is taken away: quotes, brackets, line breaks, white space and characters that nobody sees.
  /// Parameters other than the pin are ignored.
  static Result<JoinLink> parse(std::string_view pasted);
  [[nodiscard]] std::string toString() const;
  /// For people and logs: "host:port".
  [[nodiscard]] std::string serverName() const;
  friend bool operator==(const JoinLink&, const JoinLink&) = default;
};

}  // namespace adit::session

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The line that an operator gives to a developer: where the server is, the pin of its key, and a token.
// adit://TOKEN@host:port?pin=sha256:BASE64URL. It is a secret, so it is never logged and never an argument of
// a program. Values; pure.

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
  /// Errors name the part that is wrong and never contain the token. Removes what copying and pasting leaves
  /// around and inside a link: quotation marks, brackets, line breaks, white space and invisible characters.
  /// Ignores parameters other than the pin.
  static Result<JoinLink> parse(std::string_view pasted);
  [[nodiscard]] std::string toString() const;
  /// For people and logs: "host:port".
  [[nodiscard]] std::string serverName() const;
  friend bool operator==(const JoinLink&, const JoinLink&) = default;
};

}  // namespace adit::session

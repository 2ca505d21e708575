// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a tunnel's requests go on the client's side, as the user wrote it: a port, host:port,
// http://host[:port], or unix:/path. Values; pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit::client {

struct Target {
  enum class Kind : std::uint8_t { Tcp, Unix };
  Kind kind = Kind::Tcp;
  std::string host = "localhost";  ///< A name or a literal address, without brackets.
  std::uint16_t port = 0;
  std::string path;  ///< Unix: the socket's.

  /// InvalidArgument with a sentence that says what would be accepted.
  static Result<Target> parse(std::string_view text);
  /// "localhost:3000", "[::1]:3000", "unix:/path".
  [[nodiscard]] std::string toString() const;
  /// For visitors' pages: "port 3000", or "its socket"; never a host of the inside.
  [[nodiscard]] std::string forVisitors() const;
};

}  // namespace adit::client

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a tunnel's requests go on the client's side, and by which protocol. Users write it as a port,
// host:port, http://host[:port], https://host[:port], h2c://host[:port] (HTTP/2 without TLS, by prior
// knowledge), h2s://host[:port] (HTTP/2 with TLS and ALPN) or unix:/path. Schemes may be in capitals, and a
// slash may follow, as browsers write it. Values; pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit::client {

/// What is wrong with the text of a target.
enum class TargetProblem : std::uint8_t {
  Empty,
  UnixPath,  ///< Missing, too long or with a NUL.
  UnknownScheme,
  User,          ///< "user@host"
  Path,          ///< Something after the host and port, other than one slash.
  MissingHost,   ///< "http://:80"
  MissingPort,   ///< A host alone, without a scheme that has a usual port.
  BadPort,       ///< Not a number from 1 to 65535.
  NumberAsHost,  ///< "3000:3000": a number where a host is expected.
  BadHost,
  BadIpv6,  ///< Not an IPv6 address in brackets, or one without brackets.
};

struct Target {
  enum class Kind : std::uint8_t { Tcp, Unix };
  enum class Protocol : std::uint8_t { Http1, Http2 };
  Kind kind = Kind::Tcp;
  /// https:// means HTTP/1.1, so that the handling of requests (upgrades, reuse of connections) does not
  /// depend on what the origin's TLS offers. For HTTP/2 there is h2s://.
  Protocol protocol = Protocol::Http1;
  bool tls = false;
  std::string host = "localhost";  ///< A name or a literal address, without brackets.
  std::uint16_t port = 0;
  std::string path;  ///< Unix: the socket's.

  static tl::expected<Target, TargetProblem> read(std::string_view text);
  /// The same; a failure is InvalidArgument with a sentence that says what is accepted.
  static Result<Target> parse(std::string_view text);
  /// "localhost:3000", "https://[::1]:3000", "unix:/path".
  [[nodiscard]] std::string toString() const;
  /// For a Host field: "localhost:3000", without the scheme's own port; "localhost" for a socket.
  [[nodiscard]] std::string authority() const;
  /// For visitors' pages: "port 3000", or "its socket"; never an internal host name.
  [[nodiscard]] std::string forVisitors() const;
};

}  // namespace adit::client

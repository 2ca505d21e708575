// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one reader of "host", "host:port", "1.2.3.4:port" and "[address]:port" (RFC 3986 section 3.2.2 without
// user information and percent-encoding). Visitors' authorities, targets, join links, listening addresses and
// the window's fields all go through it, and add what is special to them: a default port, a zone, a scheme.
// Works on the caller's text without copying. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

namespace adit {

enum class HostKind : std::uint8_t {
  Name,    ///< Labels of letters, digits, "-", "_" and "~", 1 to 63 characters each, 253 in all.
  Ipv4,    ///< Four decimal numbers without leading zeros.
  Ipv6,    ///< RFC 4291 section 2.2, in brackets.
  Number,  ///< Digits and dots that are no IPv4 address: a host that no resolver finds.
};

struct HostPort {
  std::string_view host;  ///< Without brackets; with the final dot and the zone that were given.
  HostKind kind = HostKind::Name;
  std::string_view zone;              ///< Of an IPv6 address (RFC 4007 section 11), without "%"; empty: none.
  std::optional<std::uint16_t> port;  ///< 0 is a port here.
};

enum class HostPortError : std::uint8_t {
  Empty,                ///< There is no text.
  NoHost,               ///< ":80"
  BadHost,              ///< A character or a label that no host has, or too long.
  NoClosingBracket,     ///< "[::1"
  NotIpv6,              ///< Something else in brackets.
  Ipv6WithoutBrackets,  ///< "::1:80": more than one colon.
  BadPort,              ///< What follows the host is not ":" and a number from 0 to 65535.
};

[[nodiscard]] tl::expected<HostPort, HostPortError> parseHostPort(std::string_view text) noexcept;
/// What is wrong, as the end of a sentence: "its port is not a number from 0 to 65535".
[[nodiscard]] std::string_view describe(HostPortError error) noexcept;

/// One to five digits, 0 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parsePort(std::string_view text) noexcept;
/// A domain that names can be put below in DNS: labels of letters, digits and inner hyphens, no final dot.
[[nodiscard]] bool isDomainName(std::string_view text) noexcept;

}  // namespace adit

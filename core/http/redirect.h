// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends a visitor who came without TLS to the same place with it (RFC 9110 section 15.4.9). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace adit::http {

inline constexpr std::uint16_t kRedirectStatus = 308;

/// "https://host[:port]/target"; the port is left out when it is 443. `host` is a name that was found to be
/// one of ours, never just what a visitor sent. A target that is no path ("*") becomes "/".
std::string secureLocation(std::string_view host, std::uint16_t port, std::string_view target);
/// The whole HTTP/1.1 response, 308: method and content are to be sent again as they are. `date`: the Date
/// field's value.
std::string renderRedirect(std::string_view location, std::string_view date, bool keepAlive);

}  // namespace adit::http

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends a visitor who came without TLS to the same place with it (RFC 9110 section 15.4.9). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace adit::http {

inline constexpr std::uint16_t kRedirectStatus = 308;

/// "https://host[:port]/target", without the port if it is 443. `host` must be a name that is known to be one
/// of ours, not just what a visitor sent. A target that is not a path ("*") becomes "/".
std::string secureLocation(std::string_view host, std::uint16_t port, std::string_view target);
/// The whole HTTP/1.1 response. Its status 308 tells the visitor to repeat the request with the same method
/// and content. `date`: the value of the Date field.
std::string renderRedirect(std::string_view location, std::string_view date, bool keepAlive);

}  // namespace adit::http

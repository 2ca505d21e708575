// SPDX-License-Identifier: Apache-2.0
#include "core/http/redirect.h"

#include <spdlog/fmt/fmt.h>

namespace adit::http {

std::string secureLocation(std::string_view host, std::uint16_t port, std::string_view target) {
  if (target.empty() || target.front() != '/') target = "/";
  if (port == 443) return fmt::format("https://{}{}", host, target);
  return fmt::format("https://{}:{}{}", host, port, target);
}

std::string renderRedirect(std::string_view location, std::string_view date, bool keepAlive) {
  return fmt::format(
      "HTTP/1.1 308 Permanent Redirect\r\nLocation: {}\r\nDate: {}\r\nContent-Length: 0\r\nConnection: "
      "{}\r\n\r\n",
      location, date, keepAlive ? "keep-alive" : "close");
}

}  // namespace adit::http

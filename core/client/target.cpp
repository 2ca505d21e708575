// SPDX-License-Identifier: Apache-2.0
#include "core/client/target.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <spdlog/fmt/fmt.h>

namespace adit::client {

namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxUnixPath = 107;

struct Scheme {
  std::string_view name;
  Target::Protocol protocol;
  bool tls;
  std::uint16_t port;
};
constexpr std::array kSchemes = {
    Scheme{"http", Target::Protocol::Http1, false, 80},
    Scheme{"https", Target::Protocol::Http1, true, 443},
    Scheme{"h2c", Target::Protocol::Http2, false, 80},
    Scheme{"h2s", Target::Protocol::Http2, true, 443},
};

const Scheme& schemeOf(const Target& target) {
  return *std::find_if(kSchemes.begin(), kSchemes.end(), [&target](const Scheme& scheme) {
    return scheme.protocol == target.protocol && scheme.tls == target.tls;
  });
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(
      ErrorCode::InvalidArgument,
      fmt::format("'{}' is no target: {}; use a port, host:port, unix:/path, or http, https, h2c or h2s with "
                  "://host:port",
                  text, why));
}

Result<std::uint16_t> parsePort(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || value == 0 ||
      value > 65535) {
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is no port (1 to 65535)", digits));
  }
  return static_cast<std::uint16_t>(value);
}

bool isHost(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHost &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.' || c == '_';
         });
}

bool isIpv6(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  Target target;
  if (text.starts_with("unix:")) {
    target.kind = Kind::Unix;
    target.path = text.substr(5);
    if (target.path.empty() || target.path.size() > kMaxUnixPath ||
        target.path.find('\0') != std::string::npos) {
      return refuse(text, fmt::format("a socket path has 1 to {} bytes", kMaxUnixPath));
    }
    return target;
  }
  std::string_view rest = text;
  bool defaultPort = false;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    const auto known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const Scheme& each) { return each.name == rest.substr(0, scheme); });
    if (known == kSchemes.end()) return refuse(text, "its scheme is not known");
    target.protocol = known->protocol;
    target.tls = known->tls;
    rest.remove_prefix(scheme + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/?#") != std::string_view::npos) return refuse(text, "a target has no path");
    defaultPort = true;
  }
  if (rest.find('@') != std::string_view::npos) return refuse(text, "a target has no user");
  if (rest.empty()) return refuse(text, "it is empty");

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos || !isIpv6(rest.substr(1, close - 1)))
      return refuse(text, "the IPv6 address is malformed");
    target.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return refuse(text, "a port follows the bracket by a colon");
  } else if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    if (colon > 0) target.host = rest.substr(0, colon);
    port = rest.substr(colon);
    if (!isHost(target.host)) return refuse(text, "the host is malformed");
  } else if (defaultPort) {
    target.host = rest;
    if (!isHost(target.host)) return refuse(text, "the host is malformed");
  } else {
    auto number = parsePort(rest);
    if (!number) return refuse(text, number.error().detail);
    target.port = *number;
    return target;
  }
  if (port.empty()) {
    if (!defaultPort) return refuse(text, "the port is missing");
    target.port = schemeOf(target).port;
    return target;
  }
  auto number = parsePort(port.substr(1));
  if (!number) return refuse(text, number.error().detail);
  target.port = *number;
  return target;
}

std::string Target::toString() const {
  if (kind == Kind::Unix) return fmt::format("unix:{}", path);
  const std::string_view scheme = schemeOf(*this).name;
  return fmt::format("{}{}{}:{}", scheme == "http" ? "" : scheme, scheme == "http" ? "" : "://",
                     bracketed(host), port);
}

std::string Target::authority() const {
  if (kind == Kind::Unix) return "localhost";
  if (port == schemeOf(*this).port) return bracketed(host);
  return fmt::format("{}:{}", bracketed(host), port);
}

std::string Target::forVisitors() const {
  return kind == Kind::Unix ? std::string("its local socket") : fmt::format("port {}", port);
}

}  // namespace adit::client

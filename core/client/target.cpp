// SPDX-License-Identifier: Apache-2.0
#include "core/client/target.h"

#include <algorithm>
#include <array>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/host_port.h"
#include "core/http/message.h"

namespace adit::client {

namespace {

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

const Scheme* findScheme(std::string_view name) {
  const auto known = std::find_if(kSchemes.begin(), kSchemes.end(), [name](const Scheme& each) {
    return http::equalsIgnoreCase(name, each.name);
  });
  return known == kSchemes.end() ? nullptr : known;
}

std::string sentence(TargetProblem problem, std::string_view text) {
  switch (problem) {
    case TargetProblem::Empty:
      return "it is empty";
    case TargetProblem::UnixPath:
      return fmt::format("a socket path has 1 to {} bytes", kMaxUnixPath);
    case TargetProblem::UnknownScheme:
      return "its scheme is not known";
    case TargetProblem::User:
      return "a target has no user";
    case TargetProblem::Path:
      return "a target has no path";
    case TargetProblem::MissingHost:
      return "the host is missing";
    case TargetProblem::MissingPort:
      return "the port is missing";
    case TargetProblem::BadPort:
      return "a port is a number from 1 to 65535";
    case TargetProblem::NumberAsHost: {
      const std::size_t scheme = text.find("://");
      if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
      return fmt::format("'{}' is a number, not a host (for a port of this machine, give the port alone)",
                         text.substr(0, text.find(':')));
    }
    case TargetProblem::BadHost:
      return "the host is malformed";
    case TargetProblem::BadIpv6:
      return "an IPv6 address is written in brackets, as in [::1]:3000";
  }
  return {};
}

TargetProblem problemOf(HostPortError error) {
  switch (error) {
    case HostPortError::Empty:
      return TargetProblem::Empty;
    case HostPortError::NoHost:
      return TargetProblem::MissingHost;
    case HostPortError::BadHost:
      return TargetProblem::BadHost;
    case HostPortError::NoClosingBracket:
    case HostPortError::NotIpv6:
    case HostPortError::Ipv6WithoutBrackets:
      return TargetProblem::BadIpv6;
    case HostPortError::BadPort:
      return TargetProblem::BadPort;
  }
  return TargetProblem::BadHost;
}

bool isNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

}  // namespace

tl::expected<Target, TargetProblem> Target::read(std::string_view text) {
  const auto wrong = [](TargetProblem problem) { return tl::unexpected(problem); };
  Target target;
  if (text.starts_with("unix:")) {
    target.kind = Kind::Unix;
    target.path = text.substr(5);
    if (target.path.empty() || target.path.size() > kMaxUnixPath ||
        target.path.find('\0') != std::string::npos)
      return wrong(TargetProblem::UnixPath);
    return target;
  }
  std::string_view rest = text;
  std::optional<std::uint16_t> usualPort;
  if (const std::size_t end = rest.find("://"); end != std::string_view::npos) {
    const Scheme* scheme = findScheme(rest.substr(0, end));
    if (scheme == nullptr) return wrong(TargetProblem::UnknownScheme);
    target.protocol = scheme->protocol;
    target.tls = scheme->tls;
    usualPort = scheme->port;
    rest.remove_prefix(end + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) return wrong(TargetProblem::Path);
  if (rest.find('@') != std::string_view::npos) return wrong(TargetProblem::User);
  // "3000" and ":3000" are ports of this machine.
  if (const std::string_view digits = rest.substr(rest.starts_with(':') ? 1 : 0);
      !usualPort && isNumber(digits)) {
    const auto port = parsePort(digits);
    if (!port || *port == 0) return wrong(TargetProblem::BadPort);
    target.port = *port;
    return target;
  }
  const auto parsed = parseHostPort(rest);
  if (!parsed) return wrong(problemOf(parsed.error()));
  if (parsed->kind == HostKind::Number) return wrong(TargetProblem::NumberAsHost);
  if (parsed->port == 0) return wrong(TargetProblem::BadPort);
  if (!parsed->port && !usualPort) return wrong(TargetProblem::MissingPort);
  target.host = parsed->host;
  target.port = parsed->port ? *parsed->port : *usualPort;
  return target;
}

Result<Target> Target::parse(std::string_view text) {
  auto target = read(text);
  if (target) return std::move(*target);
  return fail(
      ErrorCode::InvalidArgument,
      fmt::format("'{}' is no target: {}; use a port, host:port, unix:/path, or http, https, h2c or h2s "
                  "with ://host:port",
                  displayText(text), sentence(target.error(), text)));
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

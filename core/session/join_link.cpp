// SPDX-License-Identifier: Apache-2.0
#include "core/session/join_link.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/wire/control_messages.h"

namespace adit::session {

namespace {

constexpr std::string_view kPinKey = "pin=";
constexpr std::size_t kMaxLink = 1024;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;

constexpr bool isSpace(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool isLetter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool isHexDigit(char c) noexcept {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view trim(std::string_view text) noexcept {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark, from an editor
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> bad(std::string_view problem) {
  return fail(ErrorCode::InvalidArgument, fmt::format("the join link {}", problem));
}

bool isIpv4(std::string_view text) noexcept {
  int parts = 0;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, dot);
    int value = 0;
    for (const char c : part) {
      if (!isDigit(c)) return false;
      value = value * 10 + (c - '0');
    }
    if (part.empty() || part.size() > 3 || value > 255 || (part.size() > 1 && part[0] == '0')) return false;
    ++parts;
    if (dot == text.size()) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

/// RFC 4291 section 2.2, with a zone of RFC 4007 section 11 where there is one.
bool isIpv6(std::string_view text) noexcept {
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    const std::string_view zone = text.substr(percent + 1);
    const auto fits = [](char c) { return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.'; };
    if (zone.empty() || zone.size() > 32 || !std::all_of(zone.begin(), zone.end(), fits)) return false;
    text = text.substr(0, percent);
  }
  int groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  for (;;) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, colon);
    if (colon == text.size() && group.find('.') != std::string_view::npos) {
      groups += 2;
      if (!isIpv4(group)) return false;
      break;
    }
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), isHexDigit))
      return false;
    ++groups;
    if (colon == text.size()) break;
    text.remove_prefix(colon + 1);
    if (text.starts_with(':')) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

/// Labels of letters, digits, hyphens and underscores (which private name servers use); a number alone must
/// be an address.
bool isHostName(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kMaxHost) return false;
  if (std::all_of(host.begin(), host.end(), [](char c) { return isDigit(c) || c == '.'; }))
    return isIpv4(host);
  for (;;) {
    const std::size_t dot = std::min(host.find('.'), host.size());
    const std::string_view label = host.substr(0, dot);
    const auto fits = [](char c) { return isLetter(c) || isDigit(c) || c == '-' || c == '_'; };
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(), fits)) return false;
    if (dot == host.size()) return true;
    host.remove_prefix(dot + 1);
  }
}

/// "host", "host:port" or "[address]:port".
Result<> readServer(std::string_view server, JoinLink& link) {
  std::string_view host;
  std::string_view rest;
  if (server.starts_with('[')) {
    const std::size_t end = server.find(']');
    if (end == std::string_view::npos) return bad("has a '[' without a ']' in the server's address");
    host = server.substr(1, end - 1);
    rest = server.substr(end + 1);
    if (!isIpv6(host)) return bad("has something in brackets that is not an IPv6 address");
  } else {
    const std::size_t colon = std::min(server.find(':'), server.size());
    host = server.substr(0, colon);
    rest = server.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos)
      return bad("has an IPv6 address without brackets: write [address]:port");
    if (host.empty()) return bad("names no server after the '@'");
    if (!isHostName(host)) return bad("has a server name that is not valid");
  }
  if (!rest.empty()) {
    const std::string_view digits = rest.substr(1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), link.port);
    if (rest[0] != ':' || digits.empty() || problem != std::errc{} || end != digits.data() + digits.size() ||
        link.port == 0) {
      return bad("has a port that is not a number from 1 to 65535");
    }
  }
  link.host = lowered(host);
  return {};
}

Result<tls::Pin> readPin(std::string_view query) {
  std::optional<std::string_view> text;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!parameter.starts_with(kPinKey)) continue;
    if (text) return bad("has two pins");
    text = parameter.substr(kPinKey.size());
  }
  if (!text) return bad("has no pin: it must end in ?pin=sha256:... as the server printed it");
  auto pin = tls::Pin::parse(*text);
  if (!pin) return bad("has a pin that is not 'sha256:' and 43 characters; was it cut off?");
  return *pin;
}

}  // namespace

Result<JoinLink> JoinLink::parse(std::string_view text) {
  text = trim(text);
  if (text.empty()) return bad("is empty");
  if (text.size() > kMaxLink) return bad("is too long to be one");
  if (std::any_of(text.begin(), text.end(), isSpace)) return bad("has a space or a line break inside");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x21 || c > 0x7e; })) {
    return bad("has a character that does not belong there");
  }
  if (lowered(text.substr(0, JoinLink::kScheme.size())) != JoinLink::kScheme)
    return bad("does not begin with adit://");
  text.remove_prefix(JoinLink::kScheme.size());
  if (text.find('#') != std::string_view::npos) return bad("has a '#', which does not belong there");

  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view query = question < text.size() ? text.substr(question + 1) : std::string_view{};
  std::string_view authority = text.substr(0, question);
  if (authority.ends_with('/')) authority.remove_suffix(1);  // programs that tidy links add it

  JoinLink link;
  const std::size_t at = authority.find('@');
  if (at == std::string_view::npos) return bad("has no token: it must begin with adit://TOKEN@");
  const std::string_view token = authority.substr(0, at);
  if (token.empty()) return bad("has an empty token");
  if (token.size() > wire::kMaxToken) return bad("has a token that is too long");
  const auto fits = [](char c) { return isLetter(c) || isDigit(c) || c == '-' || c == '_'; };
  if (!std::all_of(token.begin(), token.end(), fits))
    return bad("has a token with a character that does not belong there");
  link.token = token;

  const std::string_view server = authority.substr(at + 1);
  if (server.find('@') != std::string_view::npos) return bad("has two '@'");
  if (server.find('/') != std::string_view::npos) return bad("has a path, which does not belong there");
  if (auto read = readServer(server, link); !read) return fail(std::move(read.error()));
  auto pin = readPin(query);
  if (!pin) return fail(std::move(pin.error()));
  link.pin = *pin;
  return link;
}

std::string JoinLink::serverName() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string JoinLink::toString() const {
  return fmt::format("{}{}@{}?{}{}", kScheme, token, serverName(), kPinKey, pin.toString());
}

}  // namespace adit::session

// SPDX-License-Identifier: Apache-2.0
#include "core/base/host_port.h"

#include <algorithm>
#include <array>

namespace adit {

namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxZone = 32;

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool isHexDigit(char c) noexcept {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool isLetter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

enum CharClass : std::uint8_t { kOther, kNameMark, kNumeral };
/// A table for speed, because the Host field of every request is read here.
constexpr std::array<CharClass, 256> kClasses = [] {
  std::array<CharClass, 256> classes{};
  for (unsigned i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    if (isDigit(c) || c == '.') {
      classes[i] = kNumeral;
    } else if (isLetter(c) || c == '-' || c == '_' || c == '~') {
      classes[i] = kNameMark;
    }
  }
  return classes;
}();

bool isIpv4(std::string_view text) noexcept {
  for (int part = 1;; ++part) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && isDigit(text[digits])) {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      if (++digits > 3) return false;
    }
    if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return false;
    text.remove_prefix(digits);
    if (part == 4) return text.empty();
    if (text.empty() || text.front() != '.') return false;
    text.remove_prefix(1);
  }
}

bool isIpv6(std::string_view text) noexcept {
  unsigned groups = 0;
  bool hasGap = false;
  if (text.starts_with("::")) {
    hasGap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (groups == 8) return false;
    std::size_t digits = 0;
    while (digits < text.size() && isHexDigit(text[digits])) ++digits;
    if (digits < text.size() && text[digits] == '.') {
      groups += 2;  // the last 32 bits in dotted form
      return isIpv4(text) && (hasGap ? groups < 8 : groups == 8);
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;  // a single colon at the end
    if (text.front() == ':') {
      if (hasGap) return false;
      hasGap = true;
      text.remove_prefix(1);
    }
  }
  return hasGap ? groups < 8 : groups == 8;
}

bool isZone(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxZone && std::all_of(text.begin(), text.end(), [](char c) {
    return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// The host name at the front of `text`, up to the first character that a name cannot have; empty if it is
/// malformed.
std::string_view leadingName(std::string_view text, HostKind& kind) noexcept {
  bool isNumeric = true;
  std::size_t labelStart = 0, at = 0;
  for (; at < text.size(); ++at) {
    const CharClass c = kClasses[static_cast<unsigned char>(text[at])];
    if (c == kOther) break;
    if (text[at] == '.') {
      if (at == labelStart || at - labelStart > kMaxLabel) return {};
      labelStart = at + 1;
    }
    isNumeric = isNumeric && c == kNumeral;
  }
  if (at - labelStart > kMaxLabel) return {};
  const std::string_view host = text.substr(0, at);
  if (host.size() > kMaxHost + (host.ends_with('.') ? 1 : 0)) return {};
  if (isNumeric) kind = isIpv4(host) ? HostKind::Ipv4 : HostKind::Number;
  return host;
}

}  // namespace

std::optional<std::uint16_t> parsePort(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (!isDigit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

tl::expected<HostPort, HostPortError> parseHostPort(std::string_view text) noexcept {
  const auto wrong = [](HostPortError error) { return tl::unexpected(error); };
  if (text.empty()) return wrong(HostPortError::Empty);
  HostPort result;
  std::string_view rest;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong(HostPortError::NoClosingBracket);
    result.kind = HostKind::Ipv6;
    result.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    const std::size_t percent = std::min(result.host.find('%'), result.host.size());
    if (percent < result.host.size()) {
      result.zone = result.host.substr(percent + 1);
      if (!isZone(result.zone)) return wrong(HostPortError::NotIpv6);
    }
    if (!isIpv6(result.host.substr(0, percent))) return wrong(HostPortError::NotIpv6);
  } else {
    result.host = leadingName(text, result.kind);
    rest = text.substr(result.host.size());
    const bool hasColon = rest.starts_with(':');
    if (hasColon && rest.find(':', 1) != std::string_view::npos)
      return wrong(HostPortError::Ipv6WithoutBrackets);
    if (result.host.empty()) return wrong(hasColon ? HostPortError::NoHost : HostPortError::BadHost);
    if (!rest.empty() && !hasColon) return wrong(HostPortError::BadHost);
  }
  if (rest.empty()) return result;
  if (rest.front() != ':') return wrong(HostPortError::BadPort);
  result.port = parsePort(rest.substr(1));
  if (!result.port) return wrong(HostPortError::BadPort);
  return result;
}

std::string_view describe(HostPortError error) noexcept {
  switch (error) {
    case HostPortError::Empty:
      return "it is empty";
    case HostPortError::NoHost:
      return "the host is missing";
    case HostPortError::BadHost:
      return "the host is not a valid name or address";
    case HostPortError::NoClosingBracket:
      return "a ']' is missing after the IPv6 address";
    case HostPortError::NotIpv6:
      return "what is in brackets is not an IPv6 address";
    case HostPortError::Ipv6WithoutBrackets:
      return "an IPv6 address is written in brackets, as in [::1]:80";
    case HostPortError::BadPort:
      return "the port is not a number from 0 to 65535";
  }
  return {};
}

bool isDomainName(std::string_view text) noexcept {
  const auto parsed = parseHostPort(text);
  if (!parsed || parsed->kind != HostKind::Name || parsed->port || text.ends_with('.')) return false;
  if (text.find_first_of("_~") != std::string_view::npos) return false;
  return !text.starts_with('-') && !text.ends_with('-') && text.find("-.") == std::string_view::npos &&
         text.find(".-") == std::string_view::npos;
}

}  // namespace adit

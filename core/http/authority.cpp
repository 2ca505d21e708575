// SPDX-License-Identifier: Apache-2.0
// Authorities: host[:port] of RFC 3986 section 3.2 without user information, narrowed to hosts that can exist
// in DNS.
#include "core/http/scan.h"
#include "core/http/semantics.h"

namespace adit::http {
namespace {

constexpr std::size_t kMaxHost = 254;  // 253 characters of a DNS name and a trailing dot

bool isIpv4(std::string_view text) noexcept {
  unsigned parts = 0;
  for (;;) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && scan::is(text[digits], scan::kDigit)) {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      if (++digits > 3) return false;
    }
    if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return false;
    text.remove_prefix(digits);
    if (++parts == 4) return text.empty();
    if (text.empty() || text.front() != '.') return false;
    text.remove_prefix(1);
  }
}

/// RFC 4291 section 2.2, without a zone.
bool isIpv6(std::string_view text) noexcept {
  unsigned groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (groups == 8) return false;
    std::size_t digits = 0;
    while (digits < text.size() && scan::is(text[digits], scan::kHexDigit)) ++digits;
    if (digits < text.size() && text[digits] == '.') {
      groups += 2;  // the last 32 bits in dotted form
      return isIpv4(text) && (compressed ? groups < 8 : groups == 8);
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;  // a single colon at the end
    if (text.front() == ':') {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(1);
    }
  }
  return compressed ? groups < 8 : groups == 8;
}

bool isPort(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!scan::is(c, scan::kDigit)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

}  // namespace

std::string_view hostOf(std::string_view authority) noexcept {
  if (authority.empty()) return {};
  if (authority.front() == '[') {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || !isIpv6(authority.substr(1, close - 1))) return {};
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || !isPort(rest.substr(1)))) return {};
    return authority.substr(0, close + 1);
  }
  const char* const begin = authority.data();
  const char* const end = begin + authority.size();
  const char* stop = begin;
  char previous = '.';  // no label may be empty
  for (; stop != end && scan::is(*stop, scan::kHost); ++stop) {
    if (*stop == '.' && previous == '.') return {};
    previous = *stop;
  }
  if (stop != end && (*stop != ':' || !isPort({stop + 1, static_cast<std::size_t>(end - stop - 1)})))
    return {};
  std::string_view host(begin, static_cast<std::size_t>(stop - begin));
  if (host.empty() || host.size() > kMaxHost) return {};
  if (host.back() == '.') host.remove_suffix(1);
  return host;
}

}  // namespace adit::http

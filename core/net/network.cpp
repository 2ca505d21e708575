// SPDX-License-Identifier: Apache-2.0
#include "core/net/network.h"

#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>

namespace adit::net {

namespace {

/// Whether the bits of `bytes` from `prefix` on are zero.
bool endsWithPrefix(std::string_view bytes, unsigned prefix) noexcept {
  for (unsigned bit = prefix; bit < bytes.size() * 8; ++bit) {
    if ((static_cast<unsigned char>(bytes[bit / 8]) & (0x80U >> (bit % 8))) != 0) return false;
  }
  return true;
}

/// Without a port, and an IPv6 address without brackets.
Result<SocketAddress> parseAddress(std::string_view text) {
  const bool ipv6 = text.find(':') != std::string_view::npos;
  const bool plain = text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
  if (text.empty() || !plain) return fail(ErrorCode::InvalidArgument, "no address");
  return SocketAddress::parse(ipv6 ? fmt::format("[{}]:0", text) : fmt::format("{}:0", text));
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is no network such as 10.0.0.0/8 or 2001:db8::/32: {}", text, why));
  };
  const std::size_t slash = text.find('/');
  const auto address = parseAddress(text.substr(0, slash));
  if (!address) return wrong("it does not begin with an IP address");
  Network network;
  network.m_base = *address;
  const std::string_view bytes = network.m_base.ipBytes();
  const auto bits = static_cast<unsigned>(bytes.size() * 8);
  network.m_prefix = bits;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(slash + 1);
    const auto read = std::from_chars(prefix.data(), prefix.data() + prefix.size(), network.m_prefix);
    if (read.ec != std::errc() || read.ptr != prefix.data() + prefix.size() || network.m_prefix > bits)
      return wrong(fmt::format("the prefix goes from 0 to {}", bits));
  }
  if (!endsWithPrefix(bytes, network.m_prefix))
    return wrong(fmt::format("the address has bits set behind its first {}", network.m_prefix));
  return network;
}

bool Network::contains(const SocketAddress& address) const noexcept {
  const std::string_view own = m_base.ipBytes();
  const std::string_view bytes = address.ipBytes();
  if (bytes.empty() || bytes.size() != own.size()) return false;
  const std::size_t whole = m_prefix / 8;
  if (bytes.substr(0, whole) != own.substr(0, whole)) return false;
  const unsigned rest = m_prefix % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest) & 0xffU;
  return ((static_cast<unsigned char>(bytes[whole]) ^ static_cast<unsigned char>(own[whole])) & mask) == 0;
}

std::string Network::toString() const { return fmt::format("{}/{}", m_base.host(), m_prefix); }

}  // namespace adit::net

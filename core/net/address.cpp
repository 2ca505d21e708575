// SPDX-License-Identifier: Apache-2.0
#include "core/net/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <spdlog/fmt/fmt.h>
#include <uv.h>

#include "core/base/host_port.h"
#include "core/net/socket_headers.h"

namespace adit::net {

namespace {

static_assert(sizeof(sockaddr_un) <= 128 && sizeof(sockaddr_in6) <= 128, "SocketAddress holds every family");

constexpr std::size_t kUnixHeader = offsetof(sockaddr_un, sun_path);
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kInet4Offset = offsetof(sockaddr_in, sin_addr);
constexpr std::size_t kInet6Offset = offsetof(sockaddr_in6, sin6_addr);
constexpr std::size_t kScopeOffset = offsetof(sockaddr_in6, sin6_scope_id);

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is no address with a port: {}", text, why));
}

/// `host` was checked by parseHostPort, so the system's reader has nothing to refuse but an unknown
/// interface.
Result<SocketAddress> fromHost(const HostPort& host, std::uint16_t port, std::string_view whole) {
  if (host.kind == HostKind::Ipv4) {
    std::array<std::uint8_t, 4> four{};
    uv_inet_pton(AF_INET, std::string(host.host).c_str(), four.data());
    return SocketAddress::fromIpv4(four, port);
  }
  if (host.kind != HostKind::Ipv6) return refuse(whole, "a numeric address is needed, not a name");
  // uv_ip6_addr knows interface names and numbers on every system.
  sockaddr_in6 native{};
  if (uv_ip6_addr(std::string(host.host).c_str(), port, &native) != 0 ||
      (!host.zone.empty() && native.sin6_scope_id == 0))
    return refuse(whole, "this system does not have that interface");
  std::array<std::uint8_t, 16> sixteen{};
  std::memcpy(sixteen.data(), &native.sin6_addr, sixteen.size());
  return SocketAddress::fromIpv6(sixteen, port, native.sin6_scope_id);
}

std::string_view bytesAt(const std::array<std::uint8_t, 128>& storage, std::size_t offset,
                         std::size_t count) {
  return {reinterpret_cast<const char*>(storage.data() + offset), count};
}

}  // namespace

Result<SocketAddress> SocketAddress::parse(std::string_view text, std::string_view defaultHost) {
  if (text.rfind("unix:", 0) == 0) return unixPath(text.substr(5));
  std::string expanded;
  if (const std::size_t colon = text.starts_with(':') ? 1 : 0; adit::parsePort(text.substr(colon))) {
    const std::string_view host = colon == 1 ? std::string_view("0.0.0.0") : defaultHost;
    const bool isIpv6 = host.find(':') != std::string_view::npos;
    expanded = fmt::format(fmt::runtime(isIpv6 ? "[{}]:{}" : "{}:{}"), host, text.substr(colon));
  }
  const auto parsed = parseHostPort(expanded.empty() ? text : std::string_view(expanded));
  if (!parsed) return refuse(text, describe(parsed.error()));
  if (!parsed->port) return refuse(text, "the port is missing");
  return fromHost(*parsed, *parsed->port, text);
}

SocketAddress SocketAddress::loopback4(std::uint16_t port) { return fromIpv4({127, 0, 0, 1}, port); }

SocketAddress SocketAddress::loopback6(std::uint16_t port) {
  return fromIpv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, port);
}

SocketAddress SocketAddress::fromIpv4(std::array<std::uint8_t, 4> bytes, std::uint16_t port) {
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_port = htons(port);
  std::memcpy(&native.sin_addr, bytes.data(), bytes.size());
  SocketAddress address;
  std::memcpy(address.m_storage.data(), &native, sizeof native);
  address.m_length = sizeof native;
  address.m_family = AddressFamily::Ipv4;
  return address;
}

SocketAddress SocketAddress::fromIpv6(std::array<std::uint8_t, 16> bytes, std::uint16_t port,
                                      std::uint32_t scope) {
  sockaddr_in6 native{};
  native.sin6_family = AF_INET6;
  native.sin6_port = htons(port);
  native.sin6_scope_id = scope;
  std::memcpy(&native.sin6_addr, bytes.data(), bytes.size());
  SocketAddress address;
  std::memcpy(address.m_storage.data(), &native, sizeof native);
  address.m_length = sizeof native;
  address.m_family = AddressFamily::Ipv6;
  return address;
}

Result<SocketAddress> SocketAddress::unixPath(std::string_view path) {
  sockaddr_un native{};
  // One byte is kept for the terminating NUL.
  if (path.empty() || path.size() >= sizeof native.sun_path || path.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is not a socket path of 1 to {} bytes", path, sizeof native.sun_path - 1));
  }
  native.sun_family = AF_UNIX;
  std::memcpy(native.sun_path, path.data(), path.size());
  SocketAddress address;
  std::memcpy(address.m_storage.data(), &native, kUnixHeader + path.size() + 1);
  address.m_length = static_cast<std::uint32_t>(kUnixHeader + path.size() + 1);
  address.m_family = AddressFamily::Unix;
  return address;
}

SocketAddress SocketAddress::fromNative(const sockaddr* native, std::size_t length) {
  SocketAddress address;
  if (native == nullptr || length < sizeof native->sa_family) return address;
  if (native->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    address.m_family = AddressFamily::Ipv4;
    address.m_length = sizeof(sockaddr_in);
  } else if (native->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    address.m_family = AddressFamily::Ipv6;
    address.m_length = sizeof(sockaddr_in6);
  } else if (native->sa_family == AF_UNIX) {
    address.m_family = AddressFamily::Unix;
    address.m_length = static_cast<std::uint32_t>(std::min(length, sizeof(sockaddr_un)));
  } else {
    return address;
  }
  std::memcpy(address.m_storage.data(), native, address.m_length);
  return address;
}

std::uint16_t SocketAddress::port() const noexcept {
  if (m_family != AddressFamily::Ipv4 && m_family != AddressFamily::Ipv6) return 0;
  std::uint16_t networkOrder = 0;
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&networkOrder, m_storage.data() + offsetof(sockaddr_in, sin_port), sizeof networkOrder);
  return ntohs(networkOrder);
}

void SocketAddress::setPort(std::uint16_t port) noexcept {
  if (m_family != AddressFamily::Ipv4 && m_family != AddressFamily::Ipv6) return;
  const std::uint16_t networkOrder = htons(port);
  std::memcpy(m_storage.data() + offsetof(sockaddr_in, sin_port), &networkOrder, sizeof networkOrder);
}

std::string_view SocketAddress::ipBytes() const noexcept {
  if (m_family == AddressFamily::Ipv4) return bytesAt(m_storage, kInet4Offset, 4);
  if (m_family != AddressFamily::Ipv6) return {};
  if (std::memcmp(m_storage.data() + kInet6Offset, kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
    return bytesAt(m_storage, kInet6Offset + kMappedPrefix.size(), 4);
  }
  return bytesAt(m_storage, kInet6Offset, 16);
}

bool SocketAddress::isLoopback() const noexcept {
  if (m_family == AddressFamily::Unix) return true;
  const std::string_view ip = ipBytes();
  if (ip.size() == 4) return ip.front() == 127;
  return ip.size() == 16 && ip.back() == 1 && ip.find_first_not_of('\0') == 15;
}

bool SocketAddress::isUnspecified() const noexcept {
  const std::string_view ip = ipBytes();
  return !ip.empty() && ip.find_first_not_of('\0') == std::string_view::npos;
}

namespace {

/// Every request names its visitor: printf's way to say four numbers costs ten times as much.
std::string dottedDecimal(std::string_view ip) {
  std::array<char, 16> text{};
  char* end = text.data();
  for (const char byte : ip) {
    end = std::to_chars(end, text.data() + text.size(), static_cast<unsigned char>(byte)).ptr;
    *end++ = '.';  // the last one is not part of the text
  }
  return {text.data(), end - 1};
}

}  // namespace

std::string SocketAddress::host() const {
  if (m_family == AddressFamily::Unix) {
    if (m_length <= kUnixHeader) return {};
    std::string path(bytesAt(m_storage, kUnixHeader, m_length - kUnixHeader));
    // An abstract name opens with NUL; '@' is how tools show it.
    if (path.front() == '\0') {
      path.front() = '@';
      return path;
    }
    path.resize(std::min(path.size(), path.find('\0')));
    return path;
  }
  const std::string_view ip = ipBytes();
  if (ip.empty()) return {};
  if (ip.size() == 4) return dottedDecimal(ip);
  std::array<char, 64> text{};
  uv_inet_ntop(AF_INET6, ip.data(), text.data(), text.size());
  std::uint32_t scope = 0;
  if (ip.size() == 16) std::memcpy(&scope, m_storage.data() + kScopeOffset, sizeof scope);
  if (scope == 0) return text.data();
  std::array<char, 64> name{};
  std::size_t length = name.size();
  if (uv_if_indextoiid(scope, name.data(), &length) != 0) return fmt::format("{}%{}", text.data(), scope);
  return fmt::format("{}%{}", text.data(), name.data());
}

std::string SocketAddress::toString() const {
  switch (m_family) {
    case AddressFamily::None:
      return "none";
    case AddressFamily::Unix:
      return "unix:" + host();
    case AddressFamily::Ipv4:
    case AddressFamily::Ipv6:
      break;
  }
  return ipBytes().size() == 4 ? fmt::format("{}:{}", host(), port())
                               : fmt::format("[{}]:{}", host(), port());
}

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
  if (a.m_family != b.m_family || a.port() != b.port()) return false;
  switch (a.m_family) {
    case AddressFamily::None:
      return true;
    case AddressFamily::Ipv4:
      return std::memcmp(a.m_storage.data() + kInet4Offset, b.m_storage.data() + kInet4Offset, 4) == 0;
    case AddressFamily::Ipv6:
      return std::memcmp(a.m_storage.data() + kInet6Offset, b.m_storage.data() + kInet6Offset, 16) == 0 &&
             std::memcmp(a.m_storage.data() + kScopeOffset, b.m_storage.data() + kScopeOffset, 4) == 0;
    case AddressFamily::Unix:
      return a.host() == b.host();
  }
  return false;
}

std::size_t SocketAddressHash::operator()(const SocketAddress& address) const noexcept {
  if (address.family() == AddressFamily::Unix) return std::hash<std::string>{}(address.host());
  return std::hash<std::string_view>{}(address.ipBytes()) * 31 + address.port();
}

}  // namespace adit::net

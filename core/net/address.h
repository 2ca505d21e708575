// SPDX-License-Identifier: Apache-2.0
#pragma once
// An IPv4, IPv6 or Unix-domain socket address as a value, hiding the system's structures from headers. Any
// thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

struct sockaddr;

namespace adit::net {

enum class AddressFamily : std::uint8_t { None, Ipv4, Ipv6, Unix };

class SocketAddress {
 public:
  SocketAddress() = default;
  /// Parses "1.2.3.4:80", "[::1]:80", "unix:/path", ":80" (any IPv4 address) and "80" (that port of
  /// `defaultHost`). Host names are not looked up. InvalidArgument otherwise.
  static Result<SocketAddress> parse(std::string_view text, std::string_view defaultHost = "0.0.0.0");
  static SocketAddress loopback4(std::uint16_t port);
  static SocketAddress loopback6(std::uint16_t port);
  static SocketAddress fromIpv4(std::array<std::uint8_t, 4> bytes, std::uint16_t port);
  static SocketAddress fromIpv6(std::array<std::uint8_t, 16> bytes, std::uint16_t port,
                                std::uint32_t scope = 0);
  static Result<SocketAddress> unixPath(std::string_view path);
  static SocketAddress fromNative(const sockaddr* address, std::size_t length);

  [[nodiscard]] AddressFamily family() const noexcept { return m_family; }
  [[nodiscard]] std::uint16_t port() const noexcept;
  void setPort(std::uint16_t port) noexcept;
  [[nodiscard]] bool isLoopback() const noexcept;  ///< 127/8, ::1 (also mapped), and every Unix path.
  [[nodiscard]] bool isUnspecified() const noexcept;
  /// 4 or 16 network-order bytes; empty for Unix. IPv4-mapped IPv6 gives 4.
  [[nodiscard]] std::string_view ipBytes() const noexcept;
  /// "1.2.3.4:80", "[::1]:80", "unix:/path".
  [[nodiscard]] std::string toString() const;
  /// "1.2.3.4", "::1" without brackets or port (for Forwarded-style fields).
  [[nodiscard]] std::string host() const;

  [[nodiscard]] const sockaddr* native() const noexcept {
    return reinterpret_cast<const sockaddr*>(m_storage.data());
  }
  [[nodiscard]] std::uint32_t nativeLength() const noexcept { return m_length; }

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

 private:
  alignas(8) std::array<std::uint8_t, 128> m_storage{};
  std::uint32_t m_length = 0;
  AddressFamily m_family = AddressFamily::None;
};

struct SocketAddressHash {
  std::size_t operator()(const SocketAddress& address) const noexcept;
};

}  // namespace adit::net

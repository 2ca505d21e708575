// SPDX-License-Identifier: Apache-2.0
#pragma once
// A range of IP addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3). A value; any thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/net/address.h"

namespace adit::net {

class Network {
 public:
  /// "10.0.0.0/8", "2001:db8::/32", or one address ("192.0.2.1", "::1"). InvalidArgument with a sentence:
  /// no address, a prefix beyond the address's length, or bits set behind the prefix, which would be a slip.
  static Result<Network> parse(std::string_view text);
  /// IPv4-mapped IPv6 addresses count as IPv4. False for addresses of other families.
  [[nodiscard]] bool contains(const SocketAddress& address) const noexcept;
  /// "10.0.0.0/8"
  [[nodiscard]] std::string toString() const;

 private:
  SocketAddress m_base;
  unsigned m_prefix = 0;  ///< Bits.
};

}  // namespace adit::net

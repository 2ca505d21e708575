// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which addresses count as one where something is counted or limited per address: an IPv4 address, or the /64
// of an IPv6 one, which a single subscriber holds. Pure; any thread.

#include <cstddef>
#include <string_view>

#include "core/net/address.h"

namespace adit::net {

/// Of an IPv6 address.
inline constexpr std::size_t kSubscriberPrefix = 8;

/// The bytes of `address` that count: 4 (IPv4), kSubscriberPrefix (IPv6) or none (Unix, unknown). Views
/// `address`.
[[nodiscard]] inline std::string_view subscriberBytes(const SocketAddress& address) noexcept {
  return address.ipBytes().substr(0, kSubscriberPrefix);
}

}  // namespace adit::net

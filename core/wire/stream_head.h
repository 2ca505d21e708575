// SPDX-License-Identifier: Apache-2.0
#pragma once
// The head every stream starts with: what it is for, which tunnel, and who the visitor is. PROTOCOL.md
// specifies it. Pure.

#include <cstdint>
#include <optional>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/http/message.h"
#include "core/net/address.h"

namespace adit::wire {

enum class StreamKind : std::uint8_t {
  Control = 0x01,  ///< Client-initiated, one a connection; control messages follow.
  Http = 0x02,     ///< Server-initiated, one a request; HTTP frames follow.
  Tcp = 0x03,      ///< Server-initiated, one a TCP connection; raw bytes follow.
};

struct StreamHead {
  StreamKind kind = StreamKind::Control;
  std::uint64_t tunnel = 0;                  ///< The id the client declared. Not on Control.
  net::SocketAddress visitor;                ///< Not on Control.
  http::Scheme scheme = http::Scheme::Http;  ///< How the visitor came in; Http only.
};

inline constexpr std::size_t kMaxStreamHead = 64;

/// Writes at most kMaxStreamHead bytes to `room`; returns the size.
std::size_t writeStreamHead(const StreamHead& head, std::uint8_t* room) noexcept;
/// Reads from the front of `data`: bytes used, 0 where more is needed, or Malformed / Unsupported (unknown
/// kind).
Result<std::size_t> readStreamHead(ByteView data, StreamHead& head);

}  // namespace adit::wire

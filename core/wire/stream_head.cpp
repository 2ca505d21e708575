// SPDX-License-Identifier: Apache-2.0
#include "core/wire/stream_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/wire/varint.h"

namespace adit::wire {
namespace {

constexpr std::uint8_t kFlagHttps = 0x01;
constexpr std::size_t kMaxPayload = kMaxStreamHead - 2;  // kind and length take a byte each

tl::unexpected<Error> malformed(const char* what) { return fail(ErrorCode::Malformed, what); }

/// Reads the address at the front of `data`; returns the bytes used, 0 where they are not an address.
std::size_t readVisitor(ByteView data, net::SocketAddress& visitor) {
  if (data.empty()) return 0;
  const auto portAt = [data](std::size_t at) {
    return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
  };
  switch (data[0]) {
    case 0:
      visitor = {};
      return 1;
    case 4: {
      std::array<std::uint8_t, 4> bytes{};
      if (data.size() < 1 + bytes.size() + 2) return 0;
      std::memcpy(bytes.data(), data.data() + 1, bytes.size());
      visitor = net::SocketAddress::fromIpv4(bytes, portAt(5));
      return 7;
    }
    case 6: {
      std::array<std::uint8_t, 16> bytes{};
      if (data.size() < 1 + bytes.size() + 2) return 0;
      std::memcpy(bytes.data(), data.data() + 1, bytes.size());
      visitor = net::SocketAddress::fromIpv6(bytes, portAt(17));
      // Mapped IPv4 should have come as IPv4; one visitor has one address here.
      if (const std::string_view ip = visitor.ipBytes(); ip.size() == 4) {
        std::array<std::uint8_t, 4> mapped{};
        std::memcpy(mapped.data(), ip.data(), mapped.size());
        visitor = net::SocketAddress::fromIpv4(mapped, portAt(17));
      }
      return 19;
    }
    default:
      return 0;
  }
}

std::size_t writeVisitor(const net::SocketAddress& visitor, std::uint8_t* room) noexcept {
  const std::string_view bytes = visitor.ipBytes();
  if (bytes.size() != 4 && bytes.size() != 16) {
    room[0] = 0;
    return 1;
  }
  room[0] = bytes.size() == 4 ? 4 : 6;
  std::memcpy(room + 1, bytes.data(), bytes.size());
  room[1 + bytes.size()] = static_cast<std::uint8_t>(visitor.port() >> 8);
  room[2 + bytes.size()] = static_cast<std::uint8_t>(visitor.port() & 0xffU);
  return 3 + bytes.size();
}

}  // namespace

std::size_t writeStreamHead(const StreamHead& head, std::uint8_t* room) noexcept {
  room[0] = static_cast<std::uint8_t>(head.kind);
  std::size_t at = 2;
  if (head.kind != StreamKind::Control) {
    at += writeVarint(head.tunnel, room + at);
    room[at++] = head.scheme == http::Scheme::Https ? kFlagHttps : 0;
    at += writeVisitor(head.visitor, room + at);
  }
  room[1] = static_cast<std::uint8_t>(at - 2);
  return at;
}

Result<std::size_t> readStreamHead(ByteView data, StreamHead& head) {
  std::uint64_t kind = 0;
  std::uint64_t length = 0;
  const std::size_t kindSize = readVarint(data, kind);
  if (kindSize == 0) return 0;
  if (kind < static_cast<std::uint64_t>(StreamKind::Control) ||
      kind > static_cast<std::uint64_t>(StreamKind::Tcp)) {
    return fail(ErrorCode::Unsupported, "a stream of an unknown kind", static_cast<long>(kind));
  }
  const std::size_t lengthSize = readVarint(data.subspan(kindSize), length);
  if (lengthSize == 0) return 0;
  if (length > kMaxPayload) return malformed("a stream head that is too long");
  const std::size_t headSize = kindSize + lengthSize;
  if (data.size() < headSize + length) return 0;

  head = {};
  head.kind = static_cast<StreamKind>(kind);
  if (head.kind == StreamKind::Control) return headSize + length;
  ByteView payload = data.subspan(headSize, length);
  const std::size_t tunnelSize = readVarint(payload, head.tunnel);
  if (tunnelSize == 0 || payload.size() == tunnelSize) return malformed("a stream head that ends early");
  const std::uint8_t flags = payload[tunnelSize];
  head.scheme = (flags & kFlagHttps) != 0 ? http::Scheme::Https : http::Scheme::Http;
  if (readVisitor(payload.subspan(tunnelSize + 1), head.visitor) == 0) {
    return malformed("a stream head without a valid visitor's address");
  }
  return headSize + length;
}

}  // namespace adit::wire

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Variable-length integers of RFC 9000 section 16: 1, 2, 4 or 8 bytes for values below 2^62. Pure.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/slab.h"

namespace adit::wire {

inline constexpr std::uint64_t kVarintMax = (std::uint64_t{1} << 62) - 1;

constexpr std::size_t varintSize(std::uint64_t value) noexcept {
  return value < 64 ? 1 : value < 16384 ? 2 : value < (std::uint64_t{1} << 30) ? 4 : 8;
}
/// Writes at `room` (which must hold varintSize(value) bytes); returns the bytes written.
std::size_t writeVarint(std::uint64_t value, std::uint8_t* room) noexcept;
/// Reads from the front; returns the bytes used, 0 where `data` is too short.
std::size_t readVarint(ByteView data, std::uint64_t& value) noexcept;

}  // namespace adit::wire

// SPDX-License-Identifier: Apache-2.0
#include "core/wire/varint.h"

namespace adit::wire {

std::size_t writeVarint(std::uint64_t value, std::uint8_t* room) noexcept {
  const std::size_t size = varintSize(value);
  std::uint64_t rest = value;
  for (std::size_t at = size; at-- > 0; rest >>= 8) room[at] = static_cast<std::uint8_t>(rest);
  // The two highest bits of the first byte say how long it is: 1 << n bytes.
  const unsigned prefix = size == 1 ? 0x00 : size == 2 ? 0x40 : size == 4 ? 0x80 : 0xc0;
  room[0] = static_cast<std::uint8_t>((room[0] & 0x3fU) | prefix);
  return size;
}

std::size_t readVarint(ByteView data, std::uint64_t& value) noexcept {
  if (data.empty()) return 0;
  const std::size_t size = std::size_t{1} << (data[0] >> 6);
  if (data.size() < size) return 0;
  std::uint64_t result = data[0] & 0x3fU;
  for (std::size_t at = 1; at < size; ++at) result = result << 8 | data[at];
  value = result;
  return size;
}

}  // namespace adit::wire

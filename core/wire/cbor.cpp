// SPDX-License-Identifier: Apache-2.0
#include "core/wire/cbor.h"

#include <array>

#include "core/base/utf8.h"

namespace adit::wire::cbor {

namespace {

constexpr std::uint8_t kFalse = 20;
constexpr std::uint8_t kTrue = 21;
// The values of a head's low five bits that announce 1, 2, 4 or 8 further bytes.
constexpr std::uint8_t kOneByte = 24;
constexpr std::uint8_t kEightBytes = 27;

enum Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

}  // namespace

void Writer::head(std::uint8_t major, std::uint64_t value) {
  const auto type = static_cast<std::uint8_t>(major << 5);
  if (value < kOneByte) {
    m_out.push_back(static_cast<char>(type | value));
    return;
  }
  std::uint8_t info = kOneByte;
  for (std::size_t bits = 8; bits < 64 && (value >> bits) != 0; bits *= 2) ++info;
  m_out.push_back(static_cast<char>(type | info));
  for (std::size_t bytes = std::size_t{1} << (info - kOneByte); bytes > 0; --bytes) {
    m_out.push_back(static_cast<char>(value >> (8 * (bytes - 1))));
  }
}

void Writer::text(std::string_view value) {
  head(kText, value.size());
  m_out.append(value);
}

bool Reader::head(std::uint8_t& major, std::uint8_t& info, std::uint64_t& value) noexcept {
  if (m_data.empty()) return false;
  major = static_cast<std::uint8_t>(m_data[0] >> 5);
  info = m_data[0] & 31;
  m_data = m_data.subspan(1);
  value = info;
  if (info < kOneByte) return true;
  if (info > kEightBytes) return false;  // reserved, or of indefinite length
  const std::size_t bytes = std::size_t{1} << (info - kOneByte);
  if (m_data.size() < bytes) return false;
  value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | m_data[i];
  m_data = m_data.subspan(bytes);
  if (major == kSimple)
    return info != kOneByte || value >= 32;  // what follows is a float's bits, of any value
  return bytes == 1 ? value >= kOneByte : value >> (4 * bytes) != 0;
}

bool Reader::expect(std::uint8_t wanted, std::uint64_t& value) noexcept {
  std::uint8_t major = 0;
  std::uint8_t info = 0;
  return head(major, info, value) && major == wanted;
}

bool Reader::take(std::uint64_t count, std::string_view& bytes) noexcept {
  if (count > m_data.size()) return false;
  bytes = asText(m_data.first(static_cast<std::size_t>(count)));
  m_data = m_data.subspan(static_cast<std::size_t>(count));
  return true;
}

bool Reader::text(std::string_view& value) noexcept {
  std::uint64_t size = 0;
  return expect(kText, size) && take(size, value) && isUtf8(value);
}

bool Reader::boolean(bool& value) noexcept {
  std::uint8_t major = 0;
  std::uint8_t info = 0;
  std::uint64_t ignored = 0;
  if (!head(major, info, ignored) || major != kSimple || (info != kFalse && info != kTrue)) return false;
  value = info == kTrue;
  return true;
}

bool Reader::skip() noexcept {
  // What is still to come at each level; each item takes a byte at least, so the data bounds the work.
  std::array<std::uint64_t, kMaxDepth + 1> left{};
  std::size_t depth = 0;
  left[0] = 1;
  for (;;) {
    while (left[depth] == 0) {
      if (depth == 0) return true;
      --depth;
    }
    --left[depth];
    std::uint8_t major = 0;
    std::uint8_t info = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
    if (!head(major, info, value)) return false;
    switch (major) {
      case kBytes:
        if (!take(value, bytes)) return false;
        break;
      case kText:
        if (!take(value, bytes) || !isUtf8(bytes)) return false;
        break;
      case kArray:
      case kMap:
      case kTag:
        if (depth == kMaxDepth) return false;
        if (major == kTag) value = 1;
        if (value > m_data.size()) return false;  // keeps the doubling below from overflowing, too
        left[++depth] = major == kMap ? value * 2 : value;
        break;
      default:
        break;  // integers, simple values and floats are their head
    }
  }
}

}  // namespace adit::wire::cbor

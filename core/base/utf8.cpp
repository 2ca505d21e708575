// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <algorithm>
#include <cstdint>

namespace adit {

namespace {

/// What the first byte of a UTF-8 sequence says about the rest (RFC 3629 section 4).
struct SequenceShape {
  std::size_t length = 0;                ///< 0: no sequence begins with this byte.
  std::uint8_t low = 0x80, high = 0xbf;  ///< Range of the second byte.
};

SequenceShape shapeOf(std::uint8_t lead) noexcept {
  if (lead < 0x80) return {1};
  if (lead >= 0xc2 && lead <= 0xdf) return {2};
  // The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF.
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if ((lead & 0xf0U) == 0xe0) return {3};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  if (lead > 0xf0 && lead < 0xf4) return {4};
  return {};
}

/// Whether the bytes after the first, as many as are there, fit a sequence of this shape.
bool fits(std::string_view text, const SequenceShape& shape) noexcept {
  for (std::size_t at = 1; at < std::min(text.size(), shape.length); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (at == 1 ? byte < shape.low || byte > shape.high : (byte & 0xc0U) != 0x80) return false;
  }
  return true;
}

}  // namespace

std::size_t utf8Length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const SequenceShape shape = shapeOf(static_cast<std::uint8_t>(text.front()));
  return text.size() >= shape.length && fits(text, shape) ? shape.length : 0;
}

bool isUtf8Prefix(std::string_view text) noexcept {
  if (text.empty()) return false;
  const SequenceShape shape = shapeOf(static_cast<std::uint8_t>(text.front()));
  return text.size() < shape.length && fits(text, shape);
}

bool isUtf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

char32_t codePointOf(std::string_view sequence) noexcept {
  const auto lead = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t point = lead & (0xffU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<std::uint8_t>(c) & 0x3fU);
  return point;
}

}  // namespace adit

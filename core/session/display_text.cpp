// SPDX-License-Identifier: Apache-2.0
#include "core/session/display_text.h"

#include "core/base/slab.h"
#include "core/wire/cbor.h"

namespace adit::session {

namespace {

constexpr bool isSpace(char32_t point) noexcept {
  return point == ' ' || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0xa0 ||
         point == 0x2028 || point == 0x2029;
}
constexpr bool isHidden(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) ||          // C0, DEL, C1
         (point >= 0x200b && point <= 0x200f) || point == 0x061c ||  // zero width, direction marks
         (point >= 0x202a && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x2069) ||  // embeddings, isolates
         point == 0xfeff;
}

char32_t pointOf(std::string_view character) noexcept {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  char32_t point = lead & (0xffU >> (character.size() + 1));
  for (const char c : character.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return point;
}

}  // namespace

std::string displayText(std::string_view text, std::size_t limit) {
  std::string line;
  bool gap = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (length < 4 && i + length < text.size() &&
           (static_cast<unsigned char>(text[i + length]) & 0xc0) == 0x80)
      ++length;
    std::string_view character = text.substr(i, length);
    i += length;
    if (!wire::cbor::isUtf8(character)) character = "?";
    const char32_t point = pointOf(character);
    if (isSpace(point)) {
      gap = !line.empty();
    } else if (!isHidden(point)) {
      if (line.size() + (gap ? 1 : 0) + character.size() > limit) break;
      if (gap) line.push_back(' ');
      gap = false;
      line.append(character);
    }
  }
  return line;
}

}  // namespace adit::session

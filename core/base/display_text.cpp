// SPDX-License-Identifier: Apache-2.0
#include "core/base/display_text.h"

#include "core/base/utf8.h"

namespace adit {

bool isWhiteSpace(char32_t point) noexcept {
  return point == ' ' || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0xa0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
         point == 0x202f || point == 0x205f || point == 0x3000;
}

bool isInvisible(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) ||         // C0, DEL, C1
         point == 0xad || point == 0x34f || point == 0x180e ||      // soft hyphen and the like
         (point >= 0x200b && point <= 0x200f) || point == 0x61c ||  // zero width, direction marks
         (point >= 0x202a && point <= 0x202e) ||                    // embeddings
         (point >= 0x2060 && point <= 0x206f) ||                    // joiners, isolates
         point == 0xfeff;
}

std::string displayText(std::string_view text, std::size_t limit) {
  std::string line;
  bool hasGap = false;
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    const std::string_view character = length == 0 ? std::string_view("?") : text.substr(0, length);
    if (length == 0) {
      // One "?" for a whole broken sequence.
      text.remove_prefix(1);
      for (int more = 0; more < 3 && !text.empty() && (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80;
           ++more)
        text.remove_prefix(1);
    } else {
      text.remove_prefix(length);
    }
    const char32_t point = codePointOf(character);
    if (isWhiteSpace(point)) {
      hasGap = !line.empty();
    } else if (!isInvisible(point)) {
      if (line.size() + (hasGap ? 1 : 0) + character.size() > limit) break;
      if (hasGap) line.push_back(' ');
      hasGap = false;
      line.append(character);
    }
  }
  return line;
}

}  // namespace adit

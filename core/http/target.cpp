// SPDX-License-Identifier: Apache-2.0
#include "core/http/target.h"

#include <algorithm>
#include <cstdint>

#include "core/http/text.h"

namespace adit::http {

bool hasHighBytes(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), isHighByte);
}

std::optional<std::string_view> percentEncodeUtf8(std::string_view target, std::vector<char>& room) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  room.clear();
  while (!target.empty()) {
    if (!isHighByte(target.front())) {
      room.push_back(target.front());
      target.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8Length(target);
    if (length == 0) return std::nullopt;
    for (const char c : target.substr(0, length)) {
      const auto byte = static_cast<std::uint8_t>(c);
      room.insert(room.end(), {'%', kDigits[byte >> 4], kDigits[byte & 0xfU]});
    }
    target.remove_prefix(length);
  }
  return std::string_view(room.data(), room.size());
}

}  // namespace adit::http

// SPDX-License-Identifier: Apache-2.0
#include "core/http/text.h"

#include <cstdint>

namespace adit::http {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// The length of the well-formed UTF-8 sequence at the front (RFC 3629 section 4), 0 where there is none.
std::size_t sequenceLength(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0U) == 0xe0       ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF.
  const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t at = 2; at < length; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

/// Walks over characters; `special` appends its own form of a character and says so.
template <typename Special>
std::string transform(std::string_view text, Special special) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = sequenceLength(text);
    if (length == 0 || static_cast<std::uint8_t>(text.front()) < 0x20 || text.front() == 0x7f) {
      out += kReplacement;
    } else if (!special(out, text.front())) {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

std::string escapeHtml(std::string_view text) {
  return transform(text, [](std::string& out, char c) {
    switch (c) {
      case '&':
        out += "&amp;";
        return true;
      case '<':
        out += "&lt;";
        return true;
      case '>':
        out += "&gt;";
        return true;
      case '"':
        out += "&quot;";
        return true;
      case '\'':
        out += "&#39;";
        return true;
      default:
        return false;
    }
  });
}

std::string escapeJson(std::string_view text) {
  return transform(text, [](std::string& out, char c) {
    switch (c) {
      case '"':
        out += "\\\"";
        return true;
      case '\\':
        out += "\\\\";
        return true;
      default:
        return false;
    }
  });
}

std::string asSentence(std::string_view text) {
  std::string sentence(text);
  if (sentence.empty()) return sentence;
  char& first = sentence.front();
  if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 32);
  if (std::string_view(".!?").find(sentence.back()) == std::string_view::npos) sentence += '.';
  return sentence;
}

}  // namespace adit::http

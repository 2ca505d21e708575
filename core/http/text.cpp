// SPDX-License-Identifier: Apache-2.0
#include "core/http/text.h"

#include <algorithm>
#include <cstdint>

namespace adit::http {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// The bytes of a UTF-8 sequence as its first byte announces them (RFC 3629 section 4).
struct SequenceShape {
  std::size_t length = 0;                ///< 0: no sequence begins so.
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

/// Whether the bytes after the first, as many as there are, belong to a sequence of that shape.
bool fits(std::string_view text, const SequenceShape& shape) noexcept {
  for (std::size_t at = 1; at < std::min(text.size(), shape.length); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (at == 1 ? byte < shape.low || byte > shape.high : (byte & 0xc0U) != 0x80) return false;
  }
  return true;
}

/// Walks over characters; `special` appends its own form of a character and says so.
template <typename Special>
std::string transform(std::string_view text, Special special) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
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

std::size_t utf8Length(std::string_view text) noexcept {
  const SequenceShape shape = shapeOf(static_cast<std::uint8_t>(text.front()));
  return text.size() >= shape.length && fits(text, shape) ? shape.length : 0;
}

bool isUtf8Prefix(std::string_view text) noexcept {
  if (text.empty()) return false;
  const SequenceShape shape = shapeOf(static_cast<std::uint8_t>(text.front()));
  return text.size() < shape.length && fits(text, shape);
}

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

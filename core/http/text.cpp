// SPDX-License-Identifier: Apache-2.0
#include "core/http/text.h"

#include <cstdint>

namespace adit::http {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

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

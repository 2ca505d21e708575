// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/control_parser.h"

namespace adit::sim {

namespace {

/// The head of a CBOR item (RFC 8949 section 3).
bool takeItemHead(std::string_view& text, unsigned& major, std::uint64_t& value) {
  if (text.empty()) return false;
  const auto first = static_cast<std::uint8_t>(text[0]);
  major = first >> 5;
  value = first & 0x1fU;
  text.remove_prefix(1);
  if (value < 24) return true;
  if (value > 27) return false;
  const std::size_t size = std::size_t{1} << (value - 24);
  if (text.size() < size) return false;
  value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(text[i]);
  text.remove_prefix(size);
  return true;
}

bool skipItem(std::string_view& text) {
  unsigned major = 0;
  std::uint64_t value = 0;
  if (!takeItemHead(text, major, value)) return false;
  std::uint64_t inside = 0;
  switch (major) {
    case 2:
    case 3:
      if (text.size() < value) return false;
      text.remove_prefix(static_cast<std::size_t>(value));
      return true;
    case 4:
      inside = value;
      break;
    case 5:
      inside = 2 * value;
      break;
    case 6:
      inside = 1;
      break;
    default:
      return true;
  }
  for (std::uint64_t i = 0; i < inside; ++i) {
    if (!skipItem(text)) return false;
  }
  return true;
}

bool readMap(std::string_view text, std::map<std::uint64_t, std::uint64_t>& numbers) {
  unsigned major = 0;
  std::uint64_t entries = 0;
  if (!takeItemHead(text, major, entries) || major != 5) return false;
  for (std::uint64_t i = 0; i < entries; ++i) {
    std::uint64_t key = 0;
    if (!takeItemHead(text, major, key) || major != 0) return false;
    std::string_view rest = text;
    std::uint64_t value = 0;
    if (takeItemHead(rest, major, value) && major == 0) numbers[key] = value;
    if (!skipItem(text)) return false;
  }
  return text.empty();
}

}  // namespace

bool takeVarint(std::string_view& text, std::uint64_t& value) {
  if (text.empty()) return false;
  const auto first = static_cast<std::uint8_t>(text[0]);
  const std::size_t size = std::size_t{1} << (first >> 6);
  if (text.size() < size) return false;
  value = first & 0x3fU;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(text[i]);
  text.remove_prefix(size);
  return true;
}

std::optional<SeenMessage> ControlParser::next() {
  std::string_view rest = m_buffer;
  SeenMessage message;
  std::uint64_t length = 0;
  if (m_broken || !takeVarint(rest, message.type) || !takeVarint(rest, length) || rest.size() < length)
    return std::nullopt;
  const std::string_view payload = rest.substr(0, static_cast<std::size_t>(length));
  const bool isHead = m_headDue;
  m_headDue = false;
  m_broken = isHead ? message.type != 1 || length != 0 : !readMap(payload, message.numbers);
  m_buffer.erase(0, m_buffer.size() - rest.size() + static_cast<std::size_t>(length));
  if (m_broken) return std::nullopt;
  return isHead ? next() : std::optional(std::move(message));
}

}  // namespace adit::sim

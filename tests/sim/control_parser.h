// SPDX-License-Identifier: Apache-2.0
#pragma once
// The control messages of a byte sequence, read with a few lines of its own, not with core/wire: the type of
// each, and those values of its map that are numbers. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace adit::sim {

struct SeenMessage {
  std::uint64_t type = 0;
  std::map<std::uint64_t, std::uint64_t> numbers;  ///< By key.
};

class ControlParser {
 public:
  /// `hasHead`: the stream's head comes first (the client's direction).
  explicit ControlParser(bool hasHead) noexcept : m_headDue(hasHead) {}
  void feed(std::string_view bytes) { m_buffer += bytes; }
  /// The next whole message; empty where there is none, or the bytes are no messages.
  std::optional<SeenMessage> next();
  [[nodiscard]] bool isBroken() const noexcept { return m_broken; }
  [[nodiscard]] bool isBetweenMessages() const noexcept { return m_buffer.empty() && !m_headDue; }

 private:
  std::string m_buffer;
  bool m_headDue;
  bool m_broken = false;
};

/// RFC 9000 section 16: removes a varint from the front; false where it is not whole.
bool takeVarint(std::string_view& text, std::uint64_t& value);

}  // namespace adit::sim

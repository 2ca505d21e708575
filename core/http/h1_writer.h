// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes HTTP/1.1 heads and chunk framing into a caller's buffer (RFC 9112). Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/http/message.h"

namespace adit::http {

/// Appends to a fixed buffer; remembers overflow instead of writing past the end.
class HeadBuffer {
 public:
  explicit HeadBuffer(std::span<std::uint8_t> room) noexcept : m_room(room) {}
  HeadBuffer& text(std::string_view text) noexcept;
  HeadBuffer& number(std::uint64_t value) noexcept;
  /// "name: value\r\n"
  HeadBuffer& field(std::string_view name, std::string_view value) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  [[nodiscard]] bool overflowed() const noexcept { return m_overflowed; }

 private:
  std::span<std::uint8_t> m_room;
  std::size_t m_size = 0;
  bool m_overflowed = false;
};

/// The reason phrase of a status (RFC 9110 section 15), "" where there is none.
std::string_view reasonPhrase(std::uint16_t status) noexcept;
/// "1a2b\r\n" before a chunk of `size` bytes; returns the bytes written (at most 18).
std::size_t writeChunkHead(std::uint64_t size, std::span<std::uint8_t> room) noexcept;
inline constexpr std::string_view kChunkTail = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n";  ///< Trailer fields and an empty line follow.

}  // namespace adit::http

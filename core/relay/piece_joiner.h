// SPDX-License-Identifier: Apache-2.0
#pragma once
// Joins small pieces of content. A program that writes a chunk or a frame for each byte makes tens of
// thousands of pieces of one read; each would cost its own frame, chunk and queue entry on its way, and the
// visitors of the same worker the time for that. The boundaries of pieces mean nothing, so small ones that
// arrive together go on as one. Local to the handling of one read: nothing waits in it for later bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/slab.h"

namespace adit::relay {

class PieceJoiner {
 public:
  /// Larger pieces are worth their own way.
  static constexpr std::size_t kSmall = 256;
  static constexpr std::size_t kRoom = 4 * 1024;

  /// Copies a small piece behind those that are kept. False: it is large, or there is no room; pass on take()
  /// first and then the piece.
  [[nodiscard]] bool keep(ByteView piece) noexcept {
    if (piece.size() > kSmall || piece.size() > kRoom - m_size) return false;
    std::memcpy(m_room.data() + m_size, piece.data(), piece.size());
    m_size += piece.size();
    return true;
  }
  /// What is kept, if anything; valid until the next keep(). Nothing is kept any more.
  [[nodiscard]] ByteView take() noexcept {
    const ByteView kept(m_room.data(), m_size);
    m_size = 0;
    return kept;
  }

 private:
  std::array<std::uint8_t, kRoom> m_room;  // not initialized: only what was kept is read
  std::size_t m_size = 0;
};

}  // namespace adit::relay

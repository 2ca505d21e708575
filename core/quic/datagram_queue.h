// SPDX-License-Identifier: Apache-2.0
#pragma once
// Datagrams that wait to be sent, oldest first, in one buffer: each costs its bytes and a length, but no
// allocation. When a new one does not fit, the oldest are dropped, since what datagrams carry loses its value
// with age. Owned by a connection; one thread.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/slab.h"

namespace adit::quic {

class DatagramQueue {
 public:
  /// `limit`: the most bytes kept, lengths included. The buffer may be twice as large.
  explicit DatagramQueue(std::size_t limit) noexcept : m_limit(limit) {}

  /// Appends a copy. Returns how many older ones were dropped for it. `data` must fit by itself.
  std::size_t push(ByteView data);
  [[nodiscard]] bool empty() const noexcept { return m_begin == m_buffer.size(); }
  /// The oldest; valid until the queue is changed. Not to be called on an empty queue.
  [[nodiscard]] ByteView front() const noexcept;
  void pop() noexcept;
  void clear() noexcept;
  /// Of the datagrams alone.
  [[nodiscard]] std::size_t bytes() const noexcept { return m_bytes; }

 private:
  using Length = std::uint32_t;
  [[nodiscard]] std::size_t used() const noexcept { return m_buffer.size() - m_begin; }

  std::size_t m_limit;
  std::size_t m_begin = 0;  ///< Where the oldest begins: its length, then its bytes.
  std::size_t m_bytes = 0;
  std::vector<std::uint8_t> m_buffer;
};

}  // namespace adit::quic

// SPDX-License-Identifier: Apache-2.0
#include "core/quic/datagram_queue.h"

#include <cassert>
#include <cstring>

namespace adit::quic {

namespace {

/// What an empty queue keeps of its buffer.
constexpr std::size_t kKeptCapacity = 64 * 1024;

}  // namespace

std::size_t DatagramQueue::push(ByteView data) {
  const std::size_t need = sizeof(Length) + data.size();
  assert(need <= m_limit);
  std::size_t dropped = 0;
  for (; !empty() && used() + need > m_limit; ++dropped) pop();
  // Half of the buffer is behind us: move the rest to its front instead of growing.
  if (m_begin > 0 && m_begin >= used()) {
    std::memmove(m_buffer.data(), m_buffer.data() + m_begin, used());
    m_buffer.resize(used());
    m_begin = 0;
  }
  const auto length = static_cast<Length>(data.size());
  const std::size_t at = m_buffer.size();
  m_buffer.resize(at + need);
  std::memcpy(m_buffer.data() + at, &length, sizeof length);
  if (!data.empty()) std::memcpy(m_buffer.data() + at + sizeof length, data.data(), data.size());
  m_bytes += data.size();
  return dropped;
}

ByteView DatagramQueue::front() const noexcept {
  assert(!empty());
  Length length = 0;
  std::memcpy(&length, m_buffer.data() + m_begin, sizeof length);
  return {m_buffer.data() + m_begin + sizeof length, length};
}

void DatagramQueue::pop() noexcept {
  const std::size_t size = front().size();
  m_begin += sizeof(Length) + size;
  m_bytes -= size;
  if (empty()) clear();
}

void DatagramQueue::clear() noexcept {
  m_buffer.clear();
  if (m_buffer.capacity() > kKeptCapacity) std::vector<std::uint8_t>().swap(m_buffer);
  m_begin = m_bytes = 0;
}

}  // namespace adit::quic

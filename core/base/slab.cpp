// SPDX-License-Identifier: Apache-2.0
#include "core/base/slab.h"

#include <algorithm>
#include <cassert>

namespace adit {

namespace {

/// With this many pieces waiting, gather() begins to copy. Up to here, each may keep a mostly empty slab.
constexpr std::size_t kLoosePieces = 4;
/// Larger pieces are not copied: they fill enough of their slab.
constexpr std::size_t kSmallPiece = kSlabSize / 4;
/// A slab with less room than this is not filled any further.
constexpr std::size_t kLeastRoom = 512;

}  // namespace

SlabPool::~SlabPool() {
  assert(m_live == 0 && "a slab outlived its pool");
  trim(0);
}

Slab* SlabPool::acquire() {
  Slab* slab = m_free;
  if (slab != nullptr) {
    m_free = slab->nextFree;
    --m_pooled;
  } else {
    slab = new Slab;  // not value-initialized: nobody would read the 16 KiB of zeros
    slab->pool = this;
  }
  slab->references = 1;
  slab->used = 0;
  slab->nextFree = nullptr;
  ++m_live;
  return slab;
}

void SlabPool::recycle(Slab* slab) noexcept {
  --m_live;
  slab->nextFree = m_free;
  m_free = slab;
  ++m_pooled;
}

void SlabPool::detach(Slab* slab) noexcept {
  assert(slab->pool == this && slab->references == 1);
  slab->pool = nullptr;
  --m_live;
}

void SlabPool::adopt(Slab* slab) noexcept {
  assert(slab->pool == nullptr && slab->references == 1);
  slab->pool = this;
  ++m_live;
}

void SlabPool::trim(std::size_t keep) noexcept {
  while (m_pooled > keep) {
    Slab* slab = m_free;
    m_free = slab->nextFree;
    --m_pooled;
    delete slab;
  }
}

std::span<std::uint8_t> SlabWriter::reserve(std::size_t minimum) {
  assert(minimum <= kSlabSize);
  if (m_slab != nullptr && m_slab->references == 1) m_slab->used = 0;  // no slice refers to it: fill it again
  if (m_slab == nullptr || kSlabSize - m_slab->used < minimum) {
    SlabPool::release(m_slab);
    m_slab = m_pool.acquire();
  }
  return {m_slab->bytes + m_slab->used, kSlabSize - m_slab->used};
}

Slice SlabWriter::commit(std::size_t count) {
  Slice slice(m_slab, m_slab->bytes + m_slab->used, count);
  m_slab->used += static_cast<std::uint32_t>(count);
  return slice;
}

Slice SlabWriter::copy(ByteView bytes) {
  if (bytes.empty()) return {};
  const std::span<std::uint8_t> room = reserve(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  return commit(bytes.size());
}

void SliceQueue::push(Slice slice) {
  if (slice.empty()) return;
  m_bytes += slice.size();
  if (m_head < m_slices.size() && m_slices.back().isFollowedBy(slice)) {
    m_slices.back().extend(slice.size());
    return;
  }
  if (m_head == m_slices.size()) {
    m_slices.clear();
    m_head = 0;
  } else if (m_head >= 32 && m_head * 2 >= m_slices.size()) {
    m_slices.erase(m_slices.begin(), m_slices.begin() + static_cast<std::ptrdiff_t>(m_head));
    m_head = 0;
  }
  m_slices.push_back(std::move(slice));
}

void SliceQueue::gather(Slice slice) {
  if (slice.empty() || count() < kLoosePieces || slice.size() > kSmallPiece) {
    push(std::move(slice));
    return;
  }
  copyToTail(slice.bytes(), slice.pool(), slice.size());
}

void SliceQueue::copy(ByteView bytes, SlabWriter& writer) {
  while (!bytes.empty()) {
    // Fill the rest of the slab, even if it has no room for everything.
    const std::size_t least = std::min(bytes.size(), kLeastRoom);
    std::size_t count = 0;
    if (this->count() < kLoosePieces) {
      count = std::min(bytes.size(), writer.reserve(least).size());
      push(writer.copy(bytes.first(count)));
    } else {
      count = copyToTail(bytes, writer.pool(), least);
    }
    bytes = bytes.subspan(count);
  }
}

std::size_t SliceQueue::copyToTail(ByteView bytes, SlabPool& pool, std::size_t least) {
  Slab*& tail = m_tail.slab;
  if (tail == nullptr || kSlabSize - tail->used < least) {
    SlabPool::release(tail);
    tail = pool.acquire();
  }
  std::uint8_t* const room = tail->bytes + tail->used;
  const std::size_t count = std::min<std::size_t>(bytes.size(), kSlabSize - tail->used);
  std::memcpy(room, bytes.data(), count);
  tail->used += static_cast<std::uint32_t>(count);
  push(Slice(tail, room, count));
  return count;
}

void SliceQueue::emptied() noexcept {
  m_slices.clear();
  m_head = 0;
  SlabPool::release(std::exchange(m_tail.slab, nullptr));
}

void SliceQueue::consume(std::size_t count) noexcept {
  assert(count <= m_bytes);
  m_bytes -= count;
  while (count > 0) {
    Slice& front = m_slices[m_head];
    if (count < front.size()) {
      front.removePrefix(count);
      return;
    }
    count -= front.size();
    front = Slice();
    ++m_head;
  }
  if (m_head == m_slices.size()) emptied();
}

void SliceQueue::clear() noexcept {
  emptied();
  m_bytes = 0;
}

}  // namespace adit

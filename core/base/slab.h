// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pooled byte buffers. A Slab is a fixed block with a plain (not atomic) reference count; a Slice is a
// counted view into one. What is read from a TCP socket lies in a slab, and the QUIC stream encrypts from
// slices of it: the bytes are never copied, and the slab returns to its pool when the last slice
// (acknowledged data) goes. A pool and everything made from it belong to one event loop's thread; the pool
// must outlive its slabs.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace adit {

using ByteView = std::span<const std::uint8_t>;

inline ByteView asBytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view asText(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline constexpr std::size_t kSlabSize = 16 * 1024;

class SlabPool;

struct Slab {
  SlabPool* pool = nullptr;
  std::uint32_t references = 0;
  std::uint32_t used = 0;  ///< Bytes handed out by the writer that fills it.
  Slab* nextFree = nullptr;
  std::uint8_t bytes[kSlabSize];
};

/// Keeps freed slabs for reuse. `trim` gives memory back when load has passed.
class SlabPool {
 public:
  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;
  ~SlabPool();

  /// A slab with one reference and used == 0.
  Slab* acquire();
  static void addReference(Slab* slab) noexcept { ++slab->references; }
  static void release(Slab* slab) noexcept {
    if (slab != nullptr && --slab->references == 0) slab->pool->recycle(slab);
  }
  /// Gives up a slab with one reference: it belongs to no pool and no thread until another pool adopts it, or
  /// `destroy` frees it.
  void detach(Slab* slab) noexcept;
  /// Takes over a detached slab with its one reference.
  void adopt(Slab* slab) noexcept;
  static void destroy(Slab* detached) noexcept { delete detached; }
  /// Frees pooled slabs beyond `keep`.
  void trim(std::size_t keep) noexcept;

  [[nodiscard]] std::size_t live() const noexcept { return m_live; }      ///< Slabs in use.
  [[nodiscard]] std::size_t pooled() const noexcept { return m_pooled; }  ///< Slabs waiting for reuse.

 private:
  void recycle(Slab* slab) noexcept;

  Slab* m_free = nullptr;
  std::size_t m_pooled = 0;
  std::size_t m_live = 0;
};

/// A counted view into a slab. Copying adds a reference. Empty slices hold no slab.
class Slice {
 public:
  Slice() = default;
  /// Takes one new reference on `slab`.
  Slice(Slab* slab, const std::uint8_t* data, std::size_t size) noexcept
      : m_slab(slab), m_data(data), m_size(static_cast<std::uint32_t>(size)) {
    if (m_slab != nullptr) SlabPool::addReference(m_slab);
  }
  Slice(const Slice& other) noexcept : Slice(other.m_slab, other.m_data, other.m_size) {}
  Slice(Slice&& other) noexcept
      : m_slab(std::exchange(other.m_slab, nullptr)),
        m_data(std::exchange(other.m_data, nullptr)),
        m_size(std::exchange(other.m_size, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(m_slab, other.m_slab);
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
  }
  ~Slice() { SlabPool::release(m_slab); }

  [[nodiscard]] const std::uint8_t* data() const noexcept { return m_data; }
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  [[nodiscard]] bool empty() const noexcept { return m_size == 0; }
  /// Where its slab comes from; not of an empty slice.
  [[nodiscard]] SlabPool& pool() const noexcept { return *m_slab->pool; }
  [[nodiscard]] ByteView bytes() const noexcept { return {m_data, m_size}; }
  [[nodiscard]] std::string_view text() const noexcept { return asText(bytes()); }

  /// A view of [offset, offset + count) that shares the slab; bounds are the caller's duty.
  [[nodiscard]] Slice part(std::size_t offset, std::size_t count) const noexcept {
    return Slice(m_slab, m_data + offset, count);
  }
  /// Drops the first `count` bytes of the view.
  void removePrefix(std::size_t count) noexcept {
    m_data += count;
    m_size -= static_cast<std::uint32_t>(count);
  }
  /// True when `next` starts where this one ends in the same slab; `extend` then joins them.
  [[nodiscard]] bool isFollowedBy(const Slice& next) const noexcept {
    return m_slab == next.m_slab && m_slab != nullptr && m_data + m_size == next.m_data;
  }
  void extend(std::size_t count) noexcept { m_size += static_cast<std::uint32_t>(count); }

 private:
  Slab* m_slab = nullptr;
  const std::uint8_t* m_data = nullptr;
  std::uint32_t m_size = 0;
};

/// Fills slabs front to back and hands out slices of what was written: many small pieces share one slab.
/// One per event loop for heads and received bytes.
class SlabWriter {
 public:
  explicit SlabWriter(SlabPool& pool) noexcept : m_pool(pool) {}
  SlabWriter(const SlabWriter&) = delete;
  SlabWriter& operator=(const SlabWriter&) = delete;
  ~SlabWriter() { SlabPool::release(m_slab); }

  /// Room for at least `minimum` (<= kSlabSize) contiguous bytes; a fresh slab is begun where the tail is too
  /// short.
  std::span<std::uint8_t> reserve(std::size_t minimum);
  /// Keeps the first `count` bytes of what reserve returned.
  Slice commit(std::size_t count);
  /// Copies `bytes` (<= kSlabSize) and returns the slice.
  Slice copy(ByteView bytes);
  /// Copies `bytes`, however many, and hands each slab's worth to `take(Slice)`, in order.
  template <typename Take>
  void copyAll(ByteView bytes, Take&& take) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kSlabSize)))
      take(copy(bytes.first(std::min(bytes.size(), kSlabSize))));
  }
  [[nodiscard]] SlabPool& pool() noexcept { return m_pool; }

 private:
  SlabPool& m_pool;
  Slab* m_slab = nullptr;
};

/// A queue of slices, oldest first. Keeps its capacity; no allocation once warm.
class SliceQueue {
 public:
  SliceQueue() = default;
  SliceQueue(SliceQueue&& other) noexcept = default;
  SliceQueue& operator=(SliceQueue&& other) noexcept = default;
  void push(Slice slice);
  /// For what may wait long while other things come and go: small pieces behind a few others are copied
  /// together, or each would keep the whole slab that it came in.
  void gather(Slice slice);
  /// Appends a copy of `bytes`, copied once: into the writer's shared slab while little waits here, and
  /// together, into slabs of this queue's own, behind a few other pieces.
  void copy(ByteView bytes, SlabWriter& writer);
  [[nodiscard]] bool empty() const noexcept { return m_head == m_slices.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return m_bytes; }
  [[nodiscard]] std::size_t count() const noexcept { return m_slices.size() - m_head; }
  [[nodiscard]] const Slice& at(std::size_t index) const noexcept { return m_slices[m_head + index]; }
  /// Removes `count` bytes from the front, releasing slabs as they empty.
  void consume(std::size_t count) noexcept;
  void clear() noexcept;

 private:
  /// Appends as many of `bytes` as fit into the tail, and says how many.
  std::size_t copyToTail(ByteView bytes, SlabPool& pool, std::size_t least);
  void emptied() noexcept;

  /// What gather() and copy() fill, until the queue is empty.
  struct Tail {
    Tail() = default;
    Tail(Tail&& other) noexcept : slab(std::exchange(other.slab, nullptr)) {}
    Tail& operator=(Tail&& other) noexcept {
      std::swap(slab, other.slab);
      return *this;
    }
    ~Tail() { SlabPool::release(slab); }
    Slab* slab = nullptr;
  };

  std::vector<Slice> m_slices;
  std::size_t m_head = 0;
  std::size_t m_bytes = 0;
  Tail m_tail;
};

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small blocks of memory for C libraries that ask for them and give them back with every request: freed ones
// are kept, by size, for the next request, up to a bound. Owned by a worker; one thread. It must outlive its
// blocks.

#include <array>
#include <cstddef>

namespace adit {

class BlockPool {
 public:
  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  /// As malloc, realloc and free; aligned for any object. Null when there is no memory.
  void* allocate(std::size_t size) noexcept;
  void* reallocate(void* block, std::size_t size) noexcept;
  void release(void* block) noexcept;
  /// Bytes of blocks that wait for reuse.
  [[nodiscard]] std::size_t keptBytes() const noexcept { return m_kept; }

 private:
  struct Header;
  static constexpr std::size_t kClasses = 8;  ///< 64 bytes to 8 KiB.

  std::array<Header*, kClasses> m_free{};
  std::size_t m_kept = 0;
};

}  // namespace adit

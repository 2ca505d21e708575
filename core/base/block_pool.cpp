// SPDX-License-Identifier: Apache-2.0
#include "core/base/block_pool.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace adit {

namespace {

constexpr std::size_t kSmallest = 64;
constexpr std::size_t kMostKept = 512 * 1024;

}  // namespace

/// In front of every block.
struct alignas(std::max_align_t) BlockPool::Header {
  Header* next = nullptr;
  std::uint32_t room = 0;  ///< Bytes behind the header.
  std::uint32_t sizeClass = 0;
};

BlockPool::~BlockPool() {
  for (Header* header : m_free) {
    while (header != nullptr) {
      Header* next = header->next;
      std::free(header);
      header = next;
    }
  }
}

void* BlockPool::allocate(std::size_t size) noexcept {
  const std::size_t rounded = std::bit_ceil(std::max(size, kSmallest));
  const auto sizeClass = static_cast<std::size_t>(std::countr_zero(rounded) - std::countr_zero(kSmallest));
  if (sizeClass >= kClasses) {  // rare and large: not kept
    if (size > UINT32_MAX) return nullptr;
    auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
    if (header == nullptr) return nullptr;
    *header = {nullptr, static_cast<std::uint32_t>(size), kClasses};
    return header + 1;
  }
  Header* header = m_free[sizeClass];
  if (header != nullptr) {
    m_free[sizeClass] = header->next;
    m_kept -= rounded;
    return header + 1;
  }
  header = static_cast<Header*>(std::malloc(sizeof(Header) + rounded));
  if (header == nullptr) return nullptr;
  *header = {nullptr, static_cast<std::uint32_t>(rounded), static_cast<std::uint32_t>(sizeClass)};
  return header + 1;
}

void* BlockPool::reallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return allocate(size);
  const std::size_t room = (static_cast<Header*>(block) - 1)->room;
  if (size <= room) return block;
  void* larger = allocate(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, room);
  release(block);
  return larger;
}

void BlockPool::release(void* block) noexcept {
  if (block == nullptr) return;
  Header* header = static_cast<Header*>(block) - 1;
  if (header->sizeClass >= kClasses || m_kept + header->room > kMostKept) {
    std::free(header);
    return;
  }
  header->next = m_free[header->sizeClass];
  m_free[header->sizeClass] = header;
  m_kept += header->room;
}

}  // namespace adit

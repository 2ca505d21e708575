// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_memory.h"

#include <cstdint>
#include <cstring>

namespace adit::http::detail {

nghttp2_mem allocatorOf(BlockPool* pool) noexcept {
  return {pool, [](std::size_t size, void* user) { return static_cast<BlockPool*>(user)->allocate(size); },
          [](void* block, void* user) { static_cast<BlockPool*>(user)->release(block); },
          [](std::size_t count, std::size_t size, void* user) -> void* {
            if (size != 0 && count > SIZE_MAX / size) return nullptr;
            void* block = static_cast<BlockPool*>(user)->allocate(count * size);
            return block == nullptr ? nullptr : std::memset(block, 0, count * size);
          },
          [](void* block, std::size_t size, void* user) {
            return static_cast<BlockPool*>(user)->reallocate(block, size);
          }};
}

}  // namespace adit::http::detail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lets nghttp2 take its memory from a BlockPool. Internal to the folder; the pool's thread.

#include <nghttp2/nghttp2.h>

#include "core/base/block_pool.h"

namespace adit::http::detail {

/// The functions for a session that `pool` outlives.
nghttp2_mem allocatorOf(BlockPool* pool) noexcept;

}  // namespace adit::http::detail

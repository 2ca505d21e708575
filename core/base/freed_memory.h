// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the system's allocator keeps after memory was freed. Any thread.

namespace adit {

/// Returns freed memory that the allocator keeps for later allocations to the system. This can take
/// milliseconds, during which other threads' allocations wait, so call it in quiet moments after a peak. Does
/// nothing if the allocator offers no way to do it.
void returnFreedMemory() noexcept;

}  // namespace adit

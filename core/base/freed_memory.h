// SPDX-License-Identifier: Apache-2.0
#pragma once
// The seam to the allocator's own caches. Any thread.

namespace adit {

/// Gives memory that was freed, and that the allocator keeps for the next allocation, back to the system. It
/// may take milliseconds and hold up other threads' allocations meanwhile: for quiet moments after a peak.
/// Does nothing where the allocator has no way to do it.
void returnFreedMemory() noexcept;

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Limits the interim answers (1xx, RFC 9110 section 15.2) to one request. Programs that work for long send a
// 102 now and then for hours, so only the rate and the bytes of interim answers are bounded, not their
// number. One for each request, reset with it; one thread.

#include <cstddef>

#include "core/base/clock.h"
#include "core/base/token_bucket.h"

namespace adit::http {

struct InterimLimits {
  double heads = 100, headsPerSecond = 10;          ///< At once, and in the long run.
  double bytes = 64 * 1024, bytesPerSecond = 4096;  ///< Of heads, likewise.
};

/// What a server accepts from a client (PROTOCOL.md section 7): more than a client accepts from an origin,
/// because answers that the link delayed arrive at once.
inline constexpr InterimLimits kTunnelInterimLimits{1000, 100, 256.0 * 1024, 8192};

class InterimBudget {
 public:
  explicit InterimBudget(const InterimLimits& limits = {}) noexcept
      : m_heads(limits.heads, limits.headsPerSecond), m_bytes(limits.bytes, limits.bytesPerSecond) {}
  /// Pays for a head of `bytes`; false if it exceeds the budget.
  bool take(Timestamp now, std::size_t bytes) noexcept {
    return m_heads.take(now) && m_bytes.take(now, static_cast<double>(bytes));
  }

 private:
  TokenBucket m_heads, m_bytes;
};

}  // namespace adit::http

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a visitor's body comes fast enough: over each span of time it must bring a number of bytes, so that
// a byte now and then does not hold a request open for ever. The clock runs only while the delay is the
// visitor's. Part of a visitor's request; one thread.

#include <cstdint>

#include "core/base/clock.h"
#include "core/server/limits.h"

namespace adit::server {

class BodyPace {
 public:
  /// A body begins, or goes on after we made it wait.
  void restart(Timestamp now) noexcept {
    m_since = now;
    m_bytes = 0;
  }
  /// `count` bytes came. False: a span is over and brought too little.
  bool received(std::size_t count, Timestamp now, const ServerLimits& limits) noexcept {
    m_bytes += count;
    const Duration span = now - m_since;
    if (span < limits.bodyIdleTimeout) return true;
    const double seconds = std::chrono::duration<double>(span).count();
    const bool enough = static_cast<double>(m_bytes) >= seconds * static_cast<double>(limits.bodyRate);
    restart(now);
    return enough;
  }

 private:
  Timestamp m_since{};
  std::uint64_t m_bytes = 0;
};

}  // namespace adit::server

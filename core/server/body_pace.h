// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a visitor's body comes fast enough; see Pace. The clocks run only while the delay is the visitor's.
// That nothing comes at all is noticed by whoever waits (Worker::bodyTimeouts). Part of a visitor's request;
// one thread.

#include <cstdint>

#include "core/server/limits.h"
#include "core/server/pace.h"

namespace adit::server {

class BodyPace {
 public:
  /// A body begins, or goes on after we made it wait.
  void restart(Timestamp now, const ServerLimits& limits) noexcept { m_pace.begin(now, termsOf(limits)); }
  /// `count` bytes came. False: too few of late.
  bool received(std::uint64_t count, Timestamp now, const ServerLimits& limits) noexcept {
    m_pace.moved(count, now, termsOf(limits));
    return !m_pace.isTooSlow(now);
  }

 private:
  static PaceTerms termsOf(const ServerLimits& limits) noexcept {
    return {limits.bodyIdleTimeout, limits.bodyRate};
  }
  Pace m_pace;
};

}  // namespace adit::server

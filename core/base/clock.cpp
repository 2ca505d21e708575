// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.h"

namespace adit {

MonotonicClock::time_point MonotonicClock::now() noexcept {
  const auto sinceBoot = std::chrono::steady_clock::now().time_since_epoch();
  return time_point(std::chrono::duration_cast<Duration>(sinceBoot));
}

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reconnection delays: the first attempt at once, then 0.25 s doubling to 20 s, each drawn with full jitter.
// One thread.

#include "core/base/clock.h"
#include "core/base/random.h"

namespace adit {

struct BackoffParams {
  Duration first = std::chrono::milliseconds(250);
  Duration ceiling = std::chrono::seconds(20);
};

class Backoff {
 public:
  Backoff(BackoffParams params, Random& random) noexcept : m_params(params), m_random(random) {}
  /// The delay before the next attempt: zero first, then uniform in (0, min(ceiling, first * 2^n)].
  Duration next();
  /// Called after success, or when the network changed: the next attempt is at once.
  void reset() noexcept { m_failures = 0; }
  [[nodiscard]] unsigned failures() const noexcept { return m_failures; }

 private:
  BackoffParams m_params;
  Random& m_random;
  unsigned m_failures = 0;
};

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Delays between attempts at something that keeps failing, drawn with full jitter so that many who failed
// together do not come back together. They stay short for a while, as long as people wait for it, and then
// grow. One thread.

#include "core/base/clock.h"
#include "core/base/random.h"

namespace adit {

struct BackoffParams {
  Duration first = std::chrono::milliseconds(250);
  /// The longest delay while the failures last no longer than `patience`.
  Duration shortCeiling = std::chrono::seconds(1);
  Duration patience = std::chrono::minutes(2);  ///< Zero: delays grow from the start.
  Duration ceiling = std::chrono::seconds(20);
};

class Backoff {
 public:
  Backoff(BackoffParams params, Random& random) noexcept : m_params(params), m_random(random) {}
  /// The delay before the next attempt: uniform in (0, limit], where the limit begins with `first` and
  /// doubles with every call, up to the ceiling of the time. The failures count as lasting since the first
  /// call after a reset.
  Duration next(Timestamp now);
  /// Called after success: the next failure is a first one.
  void reset() noexcept {
    m_limit = Duration::zero();
    m_since = kNever;
  }
  /// The limit that the last delay was drawn below; zero after a reset.
  [[nodiscard]] Duration limit() const noexcept { return m_limit; }

 private:
  BackoffParams m_params;
  Random& m_random;
  Duration m_limit{};
  Timestamp m_since = kNever;  ///< Of the first failure.
};

}  // namespace adit

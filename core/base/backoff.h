// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random delays between attempts at something that keeps failing. Full jitter keeps clients that failed
// together from trying again together. Delays stay short at first, while somebody may be waiting, and then
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
  /// The delay before the next attempt: uniform in (0, limit]. The limit starts at `first` and doubles with
  /// every call, up to `shortCeiling` until `patience` has passed since the first call after a reset, and up
  /// to `ceiling` afterwards.
  Duration next(Timestamp now);
  /// Must be called after a success: the next failure counts as the first.
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

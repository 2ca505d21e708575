// SPDX-License-Identifier: Apache-2.0
#pragma once
// A budget that refills with time: `burst` at first, then `ratePerSecond`. For floods, logins, stateless
// answers. One thread.

#include "core/base/clock.h"

namespace adit {

class TokenBucket {
 public:
  TokenBucket(double burst, double ratePerSecond) noexcept
      : m_burst(burst), m_rate(ratePerSecond), m_level(burst) {}
  /// Takes `amount` if there is that much; false leaves the level as it is.
  bool take(Timestamp now, double amount = 1.0) noexcept;
  [[nodiscard]] double level(Timestamp now) noexcept;

 private:
  void refill(Timestamp now) noexcept;
  double m_burst;
  double m_rate;
  double m_level;
  Timestamp m_last{};
};

}  // namespace adit

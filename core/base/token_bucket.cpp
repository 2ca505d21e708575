// SPDX-License-Identifier: Apache-2.0
#include "core/base/token_bucket.h"

#include <algorithm>

namespace adit {

void TokenBucket::refill(Timestamp now) noexcept {
  if (m_last != Timestamp{} && now > m_last) {
    const double seconds = std::chrono::duration<double>(now - m_last).count();
    m_level = std::min(m_burst, m_level + seconds * m_rate);
  }
  m_last = std::max(m_last, now);
}

bool TokenBucket::take(Timestamp now, double amount) noexcept {
  refill(now);
  if (m_level < amount) return false;
  m_level -= amount;
  return true;
}

double TokenBucket::level(Timestamp now) noexcept {
  refill(now);
  return m_level;
}

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#include "core/base/backoff.h"

#include <algorithm>

namespace adit {

Duration Backoff::next() {
  const unsigned failures = m_failures++;
  if (failures == 0) return Duration::zero();
  Duration limit = m_params.first;
  for (unsigned i = 1; i < failures && limit < m_params.ceiling; ++i) limit *= 2;
  limit = std::min(limit, m_params.ceiling);
  return Duration(1 + static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(limit.count()))));
}

}  // namespace adit

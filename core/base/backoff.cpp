// SPDX-License-Identifier: Apache-2.0
#include "core/base/backoff.h"

#include <algorithm>

namespace adit {

Duration Backoff::next(Timestamp now) {
  if (m_since == kNever) m_since = now;
  const bool isShort = now - m_since < m_params.patience;
  const Duration ceiling = isShort ? m_params.shortCeiling : m_params.ceiling;
  m_limit = m_limit == Duration::zero() ? std::min(m_params.first, ceiling)
            : m_limit < ceiling / 2     ? m_limit * 2
                                        : ceiling;
  return Duration(1 + static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(m_limit.count()))));
}

}  // namespace adit

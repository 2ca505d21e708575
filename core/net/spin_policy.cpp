// SPDX-License-Identifier: Apache-2.0
#include "core/net/spin_policy.h"

#include <algorithm>

namespace adit::net {

void SpinPolicy::arrived(Timestamp now) noexcept {
  if (!m_waiting) return;
  m_waiting = false;
  if (m_spinning) m_failures = 0;  // it came while we waited for it
  count(std::min<Duration>(now - m_since, kLongestWait));
}

void SpinPolicy::worked(std::size_t bytes, Timestamp now) noexcept {
  m_spinning = false;
  m_waiting = m_length > Duration::zero() && bytes < kBulkTurn;
  m_since = now;
  if (!m_waiting) return;
  if (inTrial()) {
    m_spinning = blockSpins();
  } else if (m_skip > 0) {
    --m_skip;
  } else {
    m_spinning = m_pays;
  }
}

void SpinPolicy::idled(Timestamp now) noexcept {
  if (!m_spinning || now - m_since < m_length) return;
  m_spinning = false;
  if (++m_failures < kForgiven) return;
  m_failures = kForgiven / 2;
  m_skip = kSkipped;
}

void SpinPolicy::count(Duration wait) noexcept {
  if (!inTrial()) {
    --m_untilTrial;
    return;
  }
  // The first wait of a block began under the block before, so it is not counted.
  if (m_waitOfBlock > 0) {
    Waits& waits = m_waits[blockSpins() ? 1 : 0];
    waits.total += wait;
    ++waits.count;
  }
  if (++m_waitOfBlock < kBlockWaits) return;
  m_waitOfBlock = 0;
  if (++m_block < kTrialBlocks) return;
  judge();
}

void SpinPolicy::judge() noexcept {
  const auto mean = [](const Waits& waits) { return waits.total / std::max<std::uint32_t>(1, waits.count); };
  const Duration without = mean(m_waits[0]);
  const Duration gain = without - mean(m_waits[1]);
  const bool pays = gain >= kLeastGain && gain >= without / kLeastGainShare;
  m_betweenTrials = pays == m_pays ? std::min(2 * m_betweenTrials, kMostBetweenTrials) : kLeastBetweenTrials;
  m_pays = pays;
  m_untilTrial = m_betweenTrials;
  m_block = 0;
  m_waits = {};
}

}  // namespace adit::net

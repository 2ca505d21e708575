// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/wan/impairment.h"

#include <algorithm>

namespace adit::bench {

double Impairment::uniform() { return static_cast<double>(m_random() >> 11) * 0x1.0p-53; }

Impairment::Decision Impairment::offer(std::size_t bytes, Timestamp now) {
  ++m_counters.packets;
  // Every packet draws the same number of times, so that one packet's fate does not change the others'.
  const bool lost = uniform() < m_params.loss;
  const double jitter = uniform() * 2 - 1;
  const bool reordered = uniform() < m_params.reordered;
  const bool duplicated = uniform() < m_params.duplicates;
  if (m_cut) {
    ++m_counters.cut;
    return {Fate::Cut, {}, false};
  }
  Timestamp sent = now;
  if (m_params.bitsPerSecond > 0) {
    const double secondsPerByte = 8 / m_params.bitsPerSecond;
    const Duration backlog = std::max(Duration::zero(), m_bottleneckFree - now);
    const double queued = std::chrono::duration<double>(backlog).count() / secondsPerByte;
    if (queued + static_cast<double>(bytes) > static_cast<double>(m_params.queueBytes)) {
      ++m_counters.overflowed;
      return {Fate::QueueFull, {}, false};
    }
    const std::chrono::duration<double> serialization(static_cast<double>(bytes) * secondsPerByte);
    m_bottleneckFree = now + backlog + std::chrono::duration_cast<Duration>(serialization);
    sent = m_bottleneckFree;
  }
  // A packet that is lost on the wire has used the bottleneck all the same.
  if (lost) {
    ++m_counters.lost;
    return {Fate::Lost, {}, false};
  }
  const auto swing = static_cast<std::int64_t>(jitter * static_cast<double>(m_params.jitter.count()));
  Timestamp arrival = std::max(sent + m_params.delay + Duration(swing), sent);
  if (reordered) {
    ++m_counters.reordered;
    arrival = std::max(arrival + m_params.displacement, now);
  } else {
    arrival = m_lastArrival = std::max(arrival, m_lastArrival);
  }
  ++m_counters.delivered;
  if (duplicated) ++m_counters.duplicated;
  return {Fate::Delivered, arrival, duplicated};
}

}  // namespace adit::bench

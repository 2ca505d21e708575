// SPDX-License-Identifier: Apache-2.0
#pragma once
// Detects a standing queue in the network. A queue that comes and goes (jitter, a burst) leaves some round
// trips short; a standing queue lengthens all of them. So the minimum round trip of a window is compared with
// the minimum of the last seconds, as CoDel (RFC 8289) does with the time in a queue. Sans-I/O; part of a
// connection's Pacer.

#include <algorithm>
#include <utility>

#include "core/base/clock.h"

namespace adit::quic {

class StandingQueue {
 public:
  /// `rtt` is the latest measured round trip, `smoothed` the mean, which is also the length of a window.
  void sample(Duration rtt, Duration smoothed, Timestamp now) noexcept {
    if (now - m_baseSince >= kBasePeriod) {
      m_base = std::exchange(m_nextBase, Duration::max());
      m_baseSince = now;
    }
    m_nextBase = std::min(m_nextBase, rtt);
    m_base = std::min(m_base, rtt);
    m_least = std::min(m_least, rtt);
    if (now - m_windowSince < smoothed) return;
    m_stands = m_least - m_base > std::max(m_base / 8, kLeastQueue);
    m_least = Duration::max();
    m_windowSince = now;
  }
  /// Whether in the last complete window every round trip was longer than the path's own by more than an
  /// eighth of it and more than 3 ms.
  [[nodiscard]] bool stands() const noexcept { return m_stands; }

 private:
  /// BBR drains the path every five seconds, so that the path's own round trip can be measured.
  static constexpr Duration kBasePeriod = std::chrono::seconds(10);
  /// Smaller delays come from acknowledgements and event loops.
  static constexpr Duration kLeastQueue = std::chrono::milliseconds(3);

  Duration m_base = Duration::max(), m_nextBase = Duration::max(), m_least = Duration::max();
  Timestamp m_baseSince{}, m_windowSince{};
  bool m_stands = false;
};

}  // namespace adit::quic

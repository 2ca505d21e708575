// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether bytes that a visitor owes (of a request's body) or is owed (of an answer, which it must read) move
// fast enough. Two clocks run against it. One judges how fast bytes flow while they flow: it stands still
// during a pause. The other judges pauses: a visitor may be silent for long, but each byte that ends a pause
// buys only as much new time as its rate is worth, so that a byte now and then does not last for ever. Part
// of a visitor's connection or request; one thread.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/base/clock.h"

namespace adit::server {

/// What is asked of a visitor.
struct PaceTerms {
  Duration silence{};      ///< How long nothing may move.
  std::uint64_t rate = 0;  ///< Bytes a second while they flow; 0: any.

  /// Over how long the rate is judged.
  [[nodiscard]] Duration span() const noexcept {
    return std::min<Duration>(silence, std::chrono::seconds(30));
  }
  /// A longer time without a byte is a pause.
  [[nodiscard]] Duration gap() const noexcept { return span() / 3; }
};

class Pace {
 public:
  /// Bytes are due from now on, or are again after the delay was ours.
  void begin(Timestamp now, const PaceTerms& terms) noexcept {
    m_last = now;
    m_silentUntil = now + terms.silence;
    m_left = terms.span();
    m_isTooSlow = false;
  }
  /// `count` bytes moved.
  void moved(std::uint64_t count, Timestamp now, const PaceTerms& terms) noexcept {
    if (count == 0) return;
    const Duration since = now - m_last;
    m_last = now;
    const Timestamp farthest = now + terms.silence;
    if (terms.rate == 0) {
      m_silentUntil = farthest;
      return;
    }
    // In floating point, as a count times a second may overflow. No more counts than fills both clocks.
    const double seconds = std::min(static_cast<double>(count) / static_cast<double>(terms.rate),
                                    2 * std::chrono::duration<double>(terms.silence).count());
    const auto bought = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    m_silentUntil = std::min(farthest, m_silentUntil + bought);
    if (since <= terms.gap()) m_left -= since;
    m_left = std::min<Duration>(terms.span(), m_left + bought);
    if (m_left < Duration::zero()) m_isTooSlow = true;
  }
  [[nodiscard]] bool isTooSlow(Timestamp now) const noexcept { return m_isTooSlow || now >= m_silentUntil; }
  /// When bytes moved last, or became due.
  [[nodiscard]] Timestamp last() const noexcept { return m_last; }

 private:
  Timestamp m_last{};
  Timestamp m_silentUntil{};
  Duration m_left{};  ///< Of the time in which the flow may be slower than its rate.
  bool m_isTooSlow = false;
};

}  // namespace adit::server

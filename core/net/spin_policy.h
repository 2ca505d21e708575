// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a loop that has just worked polls on for a moment before it sleeps (short spin). A spin spares the
// wake-up between a request and its answer; it is wasted where a turn moved so much that a wake-up costs
// nothing beside it, and where nothing ever comes in time. So bulk turns are not followed by one, and spins
// that keep failing are tried rarely. Part of an EventLoop; its thread.

#include <cstddef>

#include "core/base/clock.h"

namespace adit::net {

class SpinPolicy {
 public:
  /// A turn that moved this much or more is followed by sleep.
  static constexpr std::size_t kBulkTurn = 64 * 1024;
  /// So many spins in a row may fail; an exchange has turns of both kinds.
  static constexpr unsigned kForgiven = 16;
  /// Then this many turns of work go without one, and half of the tries are given again.
  static constexpr unsigned kSkipped = 64;

  /// Zero never spins.
  explicit SpinPolicy(Duration length) noexcept : m_length(length) {}

  /// A turn ended that moved `bytes`, or worked otherwise (0 bytes).
  void worked(std::size_t bytes, Timestamp now) noexcept {
    if (m_spinning) {
      m_failures = 0;  // it came while we waited for it
    } else if (m_skip > 0) {
      --m_skip;
    }
    m_since = now;
    m_spinning = m_length > Duration::zero() && bytes < kBulkTurn && m_skip == 0;
  }
  /// A turn ended in which nothing came.
  void idled(Timestamp now) noexcept {
    if (!m_spinning || now - m_since < m_length) return;
    m_spinning = false;
    if (++m_failures < kForgiven) return;
    m_failures = kForgiven / 2;
    m_skip = kSkipped;
  }
  [[nodiscard]] bool isSpinning() const noexcept { return m_spinning; }

 private:
  Duration m_length;
  Timestamp m_since{};
  unsigned m_failures = 0;  ///< In a row.
  unsigned m_skip = 0;      ///< Turns that go without a spin.
  bool m_spinning = false;
};

}  // namespace adit::net

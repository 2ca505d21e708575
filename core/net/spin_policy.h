// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides whether a loop that has just worked keeps polling for a moment before it sleeps (short spin). A
// spin saves the wake-up between a request and its answer. Whether that pays depends on the machine and on
// what else runs there: wake-ups may be quick, and a spinning loop may take the processor from the process
// that it waits for. So the policy measures: from time to time it spins in some waits and not in others,
// compares how long they took, and keeps to what was better until the next trial. Turns that moved much data
// are not followed by a spin, because a wake-up costs little beside them; after many failed spins in a row
// the policy does without for a while. Time is passed in. Part of an EventLoop; its thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace adit::net {

class SpinPolicy {
 public:
  /// A turn that moved this much or more is followed by sleep.
  static constexpr std::size_t kBulkTurn = 64 * 1024;
  /// How many spins in a row may fail; even a busy exchange has some that do.
  static constexpr unsigned kForgiven = 16;
  /// After that this many waits go without a spin, and then half as many may fail.
  static constexpr unsigned kSkipped = 64;
  /// A trial has this many blocks of waits, with and without spins in turn.
  static constexpr unsigned kTrialBlocks = 16;
  static constexpr unsigned kBlockWaits = 32;
  /// Waits between two trials; more where they keep agreeing.
  static constexpr unsigned kLeastBetweenTrials = 2048, kMostBetweenTrials = 16384;
  /// A longer wait counts as this long, as nothing was on its way.
  static constexpr Duration kLongestWait = std::chrono::microseconds(500);
  /// Spinning pays where it makes the mean wait shorter by this much, and by this share of it.
  static constexpr Duration kLeastGain = std::chrono::microseconds(3);
  static constexpr int kLeastGainShare = 20;  ///< A twentieth.

  /// Zero never spins.
  explicit SpinPolicy(Duration length) noexcept : m_length(length) {}

  /// Work arrived, which ends a wait.
  void arrived(Timestamp now) noexcept;
  /// A turn that moved `bytes` (0: that did other work) is over; a wait begins.
  void worked(std::size_t bytes, Timestamp now) noexcept;
  /// A turn ended in which nothing arrived.
  void idled(Timestamp now) noexcept;
  [[nodiscard]] bool isSpinning() const noexcept { return m_spinning; }
  /// What the last trial found; false before the first.
  [[nodiscard]] bool pays() const noexcept { return m_pays; }

 private:
  struct Waits {
    Duration total{};
    std::uint32_t count = 0;
  };

  [[nodiscard]] bool inTrial() const noexcept { return m_untilTrial == 0; }
  [[nodiscard]] bool blockSpins() const noexcept { return m_block % 2 == 0; }
  void count(Duration wait) noexcept;
  void judge() noexcept;

  Duration m_length;
  Timestamp m_since{};  ///< When the wait began.
  bool m_waiting = false;
  bool m_spinning = false;
  unsigned m_failures = 0;  ///< Spins in a row.
  unsigned m_skip = 0;      ///< Waits that go without a spin.

  bool m_pays = false;
  unsigned m_untilTrial = 0;
  unsigned m_betweenTrials = kLeastBetweenTrials;
  unsigned m_block = 0, m_waitOfBlock = 0;
  std::array<Waits, 2> m_waits{};  ///< Of this trial, without and with spins.
};

}  // namespace adit::net

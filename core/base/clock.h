// SPDX-License-Identifier: Apache-2.0
#pragma once
// Time as a value and as a seam. Protocol code never reads a clock itself: the event loop hands in one
// timestamp for a whole turn, and the simulator hands in a virtual one. Any thread.

#include <chrono>
#include <cstdint>

namespace adit {

using Duration = std::chrono::nanoseconds;

/// The monotonic time line; its epoch means nothing outside the process.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
  /// Reads the system's monotonic clock (nanoseconds).
  static time_point now() noexcept;
};

using Timestamp = MonotonicClock::time_point;
inline constexpr Timestamp kNever = Timestamp::max();

/// Nanoseconds since the epoch of the time line, as ngtcp2 wants them.
inline std::uint64_t toNanoseconds(Timestamp t) noexcept {
  return static_cast<std::uint64_t>(t.time_since_epoch().count());
}
inline Timestamp fromNanoseconds(std::uint64_t ns) noexcept {
  return ns >= static_cast<std::uint64_t>(kNever.time_since_epoch().count())
             ? kNever
             : Timestamp(Duration(static_cast<std::int64_t>(ns)));
}

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of the file that keeps reservations: a log of lines, each with a checksum. The last line about a
// name counts.
//
//     adit-names 1 CHECKSUM
//     time 86400 CHECKSUM                                     seconds that the server has run
//     name shop PRINCIPAL asked held CHECKSUM
//     name calm-river-7 PRINCIPAL chosen 86000 172400 CHECKSUM    left at, reserved until, on that clock
//     free shop CHECKSUM
//
// Times are those of a clock that stops while the server does not run, so that reservations do not expire
// meanwhile. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/routing/reservation.h"

namespace adit::routing {

/// How the file's clock relates to this process's monotonic clock.
struct RunningClock {
  Timestamp start{};                ///< When this process started to count ...
  std::int64_t secondsAtStart = 0;  ///< ... and the file's clock at that moment.

  [[nodiscard]] std::int64_t secondsAt(Timestamp time) const noexcept;
  [[nodiscard]] Timestamp timeOf(std::int64_t seconds) const noexcept;
};

std::string reservationHeader();
std::string timeLine(const RunningClock& clock, Timestamp now);
std::string reservationLine(const ReservationChange& change, const RunningClock& clock);

struct ReservationFile {
  RunningClock clock;
  std::vector<Reservation> reservations;  ///< Sorted by name.
  std::size_t damagedLines = 0;  ///< Ignored lines: partly written before a crash, or not written by Adit.
};
/// Reads the file's text; its clock continues at `now`. Unsupported: the file has a newer version.
Result<ReservationFile> parseReservations(std::string_view text, Timestamp now);

}  // namespace adit::routing

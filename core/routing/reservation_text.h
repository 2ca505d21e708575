// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of the file that keeps reservations: a log of lines, each with a checksum, of which the last about
// a name counts.
//
//     adit-names 1 CHECKSUM
//     time 86400 CHECKSUM                                     seconds that the server has run
//     name shop PRINCIPAL asked held CHECKSUM
//     name calm-river-7 PRINCIPAL chosen 86000 172400 CHECKSUM    left at, reserved until, on that clock
//     free shop CHECKSUM
//
// Times are told on a clock that stands still while the server does not run, so reservations do not run out
// meanwhile. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/routing/reservation.h"

namespace adit::routing {

/// How the clock of the file and this process's time line go together.
struct RunningClock {
  Timestamp start{};                ///< When this process began to count ...
  std::int64_t secondsAtStart = 0;  ///< ... and what the clock showed then.

  [[nodiscard]] std::int64_t secondsAt(Timestamp time) const noexcept;
  [[nodiscard]] Timestamp timeOf(std::int64_t seconds) const noexcept;
};

std::string reservationHeader();
std::string timeLine(const RunningClock& clock, Timestamp now);
std::string reservationLine(const ReservationChange& change, const RunningClock& clock);

struct ReservationFile {
  RunningClock clock;
  std::vector<Reservation> reservations;  ///< In the order of their names.
  std::size_t damagedLines = 0;           ///< Left out: torn by a crash, or not ours.
};
/// The clock goes on from `now`. Unsupported: the file is of a newer version.
Result<ReservationFile> parseReservations(std::string_view text, Timestamp now);

}  // namespace adit::routing

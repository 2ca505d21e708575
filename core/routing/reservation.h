// SPDX-License-Identifier: Apache-2.0
#pragma once
// A name as it is stored, so that it survives a restart of the server. Values; any thread.

#include <string>

#include "core/base/clock.h"

namespace adit::routing {

struct Reservation {
  std::string name;
  std::string principal;
  bool chosen = false;  ///< Chosen by the server; false: somebody asked for it.
  bool held = false;    ///< A session held it. After a restart the name counts as left at that moment.
  // If nobody held it:
  Timestamp leftAt = kNever;
  Timestamp reservedUntil = kNever;
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

struct ReservationChange {
  Reservation value;
  bool freed = false;  ///< Anybody may have the name; the rest of `value` means nothing.
  friend bool operator==(const ReservationChange&, const ReservationChange&) = default;
};

}  // namespace adit::routing

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A name as it is kept over a restart of the server. Values; any thread.

#include <string>

#include "core/base/clock.h"

namespace adit::routing {

struct Reservation {
  std::string name;
  std::string principal;
  bool chosen = false;  ///< By the server; false: somebody asked for it.
  bool held = false;    ///< A session served it. After a restart it counts as left then.
  // Where it was not held:
  Timestamp leftAt = kNever;
  Timestamp reservedUntil = kNever;
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

struct ReservationChange {
  Reservation value;
  bool freed = false;  ///< Anybody may have the name; of `value` the name counts alone.
  friend bool operator==(const ReservationChange&, const ReservationChange&) = default;
};

}  // namespace adit::routing

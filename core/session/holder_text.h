// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sentences that say who holds a name. The server gives times in UTC, for logs and older clients; a client
// gives them in its own time zone. Pure, apart from the local time zone.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/control_messages.h"

namespace adit::session {

enum class TimeZone : std::uint8_t { Utc, Local };

/// "'shop' is in use by your terminal since 10:32 (pid 4711)", or "... by 'laptop' (terminal, pid 4711) since
/// 10:32". `nowUnix` is in seconds since 1970; if the holder started on another day, the date is given, too.
/// What the holder did not tell is left out. Fit for display if the holder's texts are.
std::string describeHolder(std::string_view name, const wire::NameHolder& holder, TimeZone zone,
                           std::uint64_t nowUnix);
/// "'shop' was taken over by your terminal (pid 4711)", or "... by 'laptop' (terminal, pid 4711)".
std::string describeTaker(std::string_view name, const wire::NameHolder& taker);

}  // namespace adit::session

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who holds a name, in a sentence. The server says it in UTC for logs and old clients, a client in its own
// time zone. Pure, but for the local zone.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/control_messages.h"

namespace adit::session {

enum class TimeZone : std::uint8_t { Utc, Local };

/// "'shop' is in use by your terminal since 10:32 (pid 4711)", or "... by 'laptop' (terminal, pid 4711) since
/// 10:32". A holder that started another day than `nowUnix`, in seconds since 1970, gets the date, too. What
/// the holder did not say is left out. Fit for display where the holder's texts are.
std::string describeHolder(std::string_view name, const wire::NameHolder& holder, TimeZone zone,
                           std::uint64_t nowUnix);
/// "'shop' was taken over by your terminal (pid 4711)", or "... by 'laptop' (terminal, pid 4711)".
std::string describeTaker(std::string_view name, const wire::NameHolder& taker);

}  // namespace adit::session

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this process is called by its system, and the time by the calendar. Any thread.

#include <cstdint>
#include <string_view>

namespace adit {

/// The system's number of this process.
std::uint32_t processId() noexcept;

/// The name of the program that this process runs, without its directory: "adit-server"; "adit" where the
/// system does not say. Lives as long as the process.
std::string_view programName() noexcept;

/// Seconds since 1970 by the system's clock, which people may set: for what people read, never for timers.
std::uint64_t unixSeconds() noexcept;

}  // namespace adit

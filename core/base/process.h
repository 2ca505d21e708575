// SPDX-License-Identifier: Apache-2.0
#pragma once
// This process's number and name, and the calendar time. Any thread.

#include <cstdint>
#include <string_view>

namespace adit {

/// The process id.
std::uint32_t processId() noexcept;

/// The file name of the program that this process runs, "adit-server" for example; "adit" if the system does
/// not say. Valid as long as the process lives.
std::string_view programName() noexcept;

/// Seconds since 1970 by the system's clock. People can set that clock: use it for what people read, never
/// for timers.
std::uint64_t unixSeconds() noexcept;

}  // namespace adit

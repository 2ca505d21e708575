// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a lock file says about the process that holds it: one line, "adit-server (pid 4711)". Shared by the
// systems' implementations of FileLock. Pure, but for this process's own name and number.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit {

/// What is read of a lock file at most; a holder's line is shorter.
inline constexpr std::size_t kMaxHolderLine = 64;

/// The line of this process, with its line break.
std::string holderLine();
/// Overloaded: another process holds the lock on `path`. `line` is what its file says, as far as it could be
/// read; it is shown only if it is plain text. `code` is the system's.
Error lockHeld(const std::filesystem::path& path, std::string_view line, long code);

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where this user's files live: XDG on Linux, Application Support on macOS, local application data on
// Windows. main thread.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit::app {

/// `given` where it is not empty, else ADIT_STATE_DIR, else the platform's directory for an application's
/// state.
std::filesystem::path stateDirectory(const std::filesystem::path& given);
/// How a command line names another place than `stateDirectory` gives.
inline constexpr std::string_view kStateDirectoryOption = "--state-dir (or ADIT_STATE_DIR)";
/// Adds to an error about `directory`, which this user may not write or must not trust, that `option` chooses
/// another one. Other errors stay as they are.
Error withDirectoryHint(Error error, const std::filesystem::path& directory, std::string_view option);
/// The machine's name, for the server's log.
std::string machineName();
/// Whether a window could be shown.
bool hasDisplay();

}  // namespace adit::app

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where this user's files live: XDG on Linux, Application Support on macOS, local application data on
// Windows. main thread.

#include <filesystem>
#include <string>

namespace adit::app {

/// `given` where it is not empty, else ADIT_STATE_DIR, else the platform's directory for an application's
/// state.
std::filesystem::path stateDirectory(const std::filesystem::path& given);
/// The machine's name, for the server's log.
std::string machineName();
/// Whether a window could be shown.
bool hasDisplay();

}  // namespace adit::app

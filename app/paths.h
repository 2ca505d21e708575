// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where this user's files are: XDG directories on Linux, Application Support on macOS, local application data
// on Windows. main thread.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit::app {

/// `given` if it is not empty, else ADIT_STATE_DIR, else the platform's directory for the state of
/// applications.
std::filesystem::path stateDirectory(const std::filesystem::path& given);
/// The option that chooses another state directory.
inline constexpr std::string_view kStateDirectoryOption = "--state-dir (or ADIT_STATE_DIR)";
/// If this user may not write to `directory` or must not trust it, adds to the error that `option` chooses
/// another one. Other errors stay as they are.
Error withDirectoryHint(Error error, const std::filesystem::path& directory, std::string_view option);
/// The machine's name, for the server's log.
std::string machineName();
/// Whether there is a display that can show a window.
bool hasDisplay();

}  // namespace adit::app

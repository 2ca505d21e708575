// SPDX-License-Identifier: Apache-2.0
#pragma once
// The desktop application is a program of its own, so that terminal commands and servers do not load the
// window's libraries. `adit` runs it when the window is asked for. main thread.

#include <filesystem>

#include "core/base/error.h"

namespace adit::app {

/// The window's program: beside this one, or below libexec. NotFound if it is not installed.
Result<std::filesystem::path> findWindowProgram();
/// Runs it with our arguments. Replaces this process, which keeps its id, if the system can do that;
/// otherwise waits for it. Returns its exit code, or kExitFailure after an error message.
int runWindowProgram(const std::filesystem::path& program, int argc, char** argv);

}  // namespace adit::app

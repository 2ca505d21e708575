// SPDX-License-Identifier: Apache-2.0
#pragma once
// The desktop application is a program of its own beside adit, so that a terminal command or a server does
// not carry the window's libraries in memory. `adit` becomes it when the window is wanted. main thread.

#include <filesystem>

#include "core/base/error.h"

namespace adit::app {

/// Where the window's program is installed: beside this one, or below libexec. NotFound where it is not.
Result<std::filesystem::path> findWindowProgram();
/// Runs it with our arguments: replaces this process where the system can (the process keeps its id), else
/// waits for it. Returns the exit code, or kExitFailure after a sentence on standard error.
int runWindowProgram(const std::filesystem::path& program, int argc, char** argv);

}  // namespace adit::app

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A command's output: lines for people, or one JSON object per line, on standard output. Each line is written
// as a whole and flushed. main thread.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"

namespace adit::app {

/// Write failures are remembered: see outputWritten().
void printLine(const std::string& text);
void printJson(const nlohmann::json& object);
/// {"code": ..., "message": ...}
nlohmann::json errorJson(const Error& error);
/// Prints "adit: sentence" on standard error, and an error event with --json. Returns the matching exit code:
/// 2 if a file or a value of the user's is wrong, otherwise 1.
int reportError(const Error& error, bool json);
/// The same with a given exit code.
int reportError(const Error& error, bool json, int exitCode);
/// IoError, DiskFull, ... if a line could not be written: a secret that is shown only once must not get lost
/// unnoticed.
Result<> outputWritten();
/// The exit code of a command that succeeded: 0, or 1 with an error message if its output could not be
/// written.
int succeed();

}  // namespace adit::app

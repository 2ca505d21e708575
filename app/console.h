// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a command says on standard output: a line for people, or one JSON object a line. Lines are written
// whole and flushed. main thread.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"

namespace adit::app {

/// What cannot be written is remembered: see outputWritten().
void printLine(const std::string& text);
void printJson(const nlohmann::json& object);
/// {"code": ..., "message": ...}
nlohmann::json errorJson(const Error& error);
/// "adit: sentence" on standard error (and an error event with --json); returns the exit code that fits: 2
/// where a file or value of the user's is wrong, else 1.
int reportError(const Error& error, bool json);
/// The same with a code of the caller's choice.
int reportError(const Error& error, bool json, int exitCode);
/// IoError, DiskFull, ... where a line did not leave: a secret that is shown once must not be lost unnoticed.
Result<> outputWritten();
/// How a command ends that did what it should: 0, or 1 with a sentence where it could not say so.
int succeed();

}  // namespace adit::app

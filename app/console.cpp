// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/cli.h"

namespace adit::app {

namespace {
int g_firstProblem = 0;  // errno of the first line that was lost
}

void printLine(const std::string& text) {
  errno = 0;
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                     std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
  if (!whole && g_firstProblem == 0) g_firstProblem = errno != 0 ? errno : EIO;
}

Result<> outputWritten() {
  if (g_firstProblem == 0) return {};
  return fail(systemError(g_firstProblem, "cannot write to standard output"));
}

int succeed() {
  auto written = outputWritten();
  return written ? 0 : reportError(written.error(), false, kExitFailure);
}

void printJson(const nlohmann::json& object) {
  // Names come from outside: replace bytes that are not UTF-8 instead of throwing.
  printLine(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

nlohmann::json errorJson(const Error& error) {
  return {{"code", toString(error.code)}, {"message", error.detail}};
}

int reportError(const Error& error, bool json, int exitCode) {
  if (json) printJson({{"event", "error"}, {"error", errorJson(error)}});
  std::fprintf(stderr, "adit: %s\n", error.detail.c_str());
  return exitCode;
}

int reportError(const Error& error, bool json) {
  switch (error.code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed:
    case ErrorCode::LimitExceeded:  // a file that is too long
    case ErrorCode::NotFound:
    case ErrorCode::PermissionDenied:
    case ErrorCode::InsecurePermissions:
    case ErrorCode::NameInvalid:
      return reportError(error, json, kExitUsage);
    default:
      return reportError(error, json, kExitFailure);
  }
}

}  // namespace adit::app

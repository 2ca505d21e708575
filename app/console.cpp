// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/cli.h"

namespace adit::app {

void printLine(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void printJson(const nlohmann::json& object) {
  // Names come from outside: replace what is no UTF-8 instead of throwing.
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

// SPDX-License-Identifier: Apache-2.0
#include "app/log_output.h"

#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace adit::app {

namespace {

spdlog::level::level_enum levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void logToStandardError(LogLevel minimum) {
  setLogLevel(minimum);
  auto logger =
      std::make_shared<spdlog::logger>("adit", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_level(spdlog::level::trace);
  logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
  addLogSink([logger](const LogEntry& entry) {
    logger->log(entry.time, spdlog::source_loc{}, levelOf(entry.level),
                fmt::format("{:<7} {}", entry.component, entry.message));
  });
}

}  // namespace adit::app

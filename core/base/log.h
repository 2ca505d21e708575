// SPDX-License-Identifier: Apache-2.0
#pragma once
// Logging for the engine: a level, a component and a sentence, to whatever sink the composition root installs
// (spdlog to standard error or a file, a ring for the window's log pane). Never a secret, never per-byte or
// per-request below Debug. Any thread; sinks are called one at a time.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace adit {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
std::string_view toString(LogLevel level) noexcept;

struct LogEntry {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::Info;
  std::string component;  ///< "server", "client", "quic", ...
  std::string message;
};

using LogSink = std::function<void(const LogEntry&)>;

/// Adds a sink for the whole process; returns an id for removeLogSink. Any thread.
std::uint64_t addLogSink(LogSink sink);
void removeLogSink(std::uint64_t id);
void setLogLevel(LogLevel minimum) noexcept;
[[nodiscard]] bool logs(LogLevel level) noexcept;
void logMessage(LogLevel level, std::string_view component, std::string message);

/// logInfo("server", "listening on {}", address)
template <typename... Args>
void logDebug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (logs(LogLevel::Debug))
    logMessage(LogLevel::Debug, component, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void logInfo(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (logs(LogLevel::Info))
    logMessage(LogLevel::Info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void logWarning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (logs(LogLevel::Warning))
    logMessage(LogLevel::Warning, component, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void logError(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (logs(LogLevel::Error))
    logMessage(LogLevel::Error, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace adit

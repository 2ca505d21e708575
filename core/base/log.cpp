// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <atomic>
#include <map>
#include <mutex>

namespace adit {

namespace {

// Sinks are the engine's only process-wide state: a logger object would have to be passed to every function
// that logs.
struct Sinks {
  std::mutex mutex;
  std::map<std::uint64_t, LogSink> byId;
  std::uint64_t nextId = 1;
};
Sinks& sinks() {
  static Sinks instance;
  return instance;
}
std::atomic<LogLevel> g_minimum{LogLevel::Info};

}  // namespace

std::string_view toString(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "info";
}

std::uint64_t addLogSink(LogSink sink) {
  const std::lock_guard lock(sinks().mutex);
  const std::uint64_t id = sinks().nextId++;
  sinks().byId.emplace(id, std::move(sink));
  return id;
}

void removeLogSink(std::uint64_t id) {
  const std::lock_guard lock(sinks().mutex);
  sinks().byId.erase(id);
}

void setLogLevel(LogLevel minimum) noexcept { g_minimum.store(minimum, std::memory_order_relaxed); }

bool logs(LogLevel level) noexcept { return level >= g_minimum.load(std::memory_order_relaxed); }

void logMessage(LogLevel level, std::string_view component, std::string message) {
  const LogEntry entry{std::chrono::system_clock::now(), level, std::string(component), std::move(message)};
  const std::lock_guard lock(sinks().mutex);
  for (const auto& [id, sink] : sinks().byId) sink(entry);
}

}  // namespace adit

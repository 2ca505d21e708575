// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

#include "app/paths.h"

namespace adit::app {

namespace {

std::filesystem::path fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

std::filesystem::path homeDirectory() {
  if (auto home = fromEnvironment("HOME"); home.is_absolute()) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr ? std::filesystem::path("/") : std::filesystem::path(entry->pw_dir);
}

}  // namespace

std::filesystem::path stateDirectory(const std::filesystem::path& given) {
  if (!given.empty()) return given;
  if (auto path = fromEnvironment("ADIT_STATE_DIR"); !path.empty()) return path;
#if defined(__APPLE__)
  return homeDirectory() / "Library" / "Application Support" / "Adit";
#else
  // XDG Base Directory Specification: relative values must be ignored.
  if (auto path = fromEnvironment("XDG_STATE_HOME"); path.is_absolute()) return path / "adit";
  return homeDirectory() / ".local" / "state" / "adit";
#endif
}

std::string machineName() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

bool hasDisplay() {
#if defined(__APPLE__)
  return true;
#else
  return !fromEnvironment("DISPLAY").empty() || !fromEnvironment("WAYLAND_DISPLAY").empty() ||
         !fromEnvironment("QT_QPA_PLATFORM").empty();
#endif
}

}  // namespace adit::app

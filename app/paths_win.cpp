// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>

#include <windows.h>

#include "app/paths.h"

namespace adit::app {

std::filesystem::path stateDirectory(const std::filesystem::path& given) {
  if (!given.empty()) return given;
  if (const wchar_t* path = ::_wgetenv(L"ADIT_STATE_DIR"); path != nullptr && *path != 0) return path;
  const wchar_t* local = ::_wgetenv(L"LOCALAPPDATA");
  return (local == nullptr ? std::filesystem::temp_directory_path() : std::filesystem::path(local)) / "Adit";
}

std::string machineName() {
  std::array<char, MAX_COMPUTERNAME_LENGTH + 1> name{};
  DWORD size = static_cast<DWORD>(name.size());
  return ::GetComputerNameA(name.data(), &size) ? std::string(name.data(), size) : std::string("unknown");
}

bool hasDisplay() { return true; }

}  // namespace adit::app

// SPDX-License-Identifier: Apache-2.0
#include <windows.h>

#include <array>
#include <string>

#include "core/base/process.h"

namespace adit {

std::uint32_t processId() noexcept { return ::GetCurrentProcessId(); }

std::string_view programName() noexcept {
  static const std::string name = [] {
    std::array<char, MAX_PATH> path{};
    const DWORD length = ::GetModuleFileNameA(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (length == 0 || length == path.size()) return std::string("adit");
    std::string_view file(path.data(), length);
    file.remove_prefix(file.find_last_of("\\/") + 1);  // 0 where there is no separator
    return std::string(file.substr(0, file.rfind('.')));
  }();
  return name;
}

}  // namespace adit

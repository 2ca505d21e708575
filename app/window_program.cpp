// SPDX-License-Identifier: Apache-2.0
#include "app/window_program.h"

#include <array>
#include <string_view>
#include <system_error>

#include <uv.h>

namespace adit::app {

namespace {

#if defined(_WIN32)
constexpr std::string_view kName = "adit-window.exe";
#else
constexpr std::string_view kName = "adit-window";
#endif

/// This program's own directory; empty where the system does not say.
std::filesystem::path ownDirectory() {
  std::array<char, 4096> path{};
  std::size_t size = path.size();
  if (::uv_exepath(path.data(), &size) != 0) return {};
  return std::filesystem::u8path(std::string_view(path.data(), size)).parent_path();
}

}  // namespace

Result<std::filesystem::path> findWindowProgram() {
  const std::filesystem::path own = ownDirectory();
  for (const auto& candidate : {own / kName, own.parent_path() / "libexec" / "adit" / kName}) {
    std::error_code error;
    if (!own.empty() && std::filesystem::is_regular_file(candidate, error)) return candidate;
  }
  return fail(
      ErrorCode::NotFound,
      "the desktop application is not installed: there is no adit-window beside adit. Commands such as "
      "\"adit http 3000\" work without it");
}

}  // namespace adit::app

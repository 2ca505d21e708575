// SPDX-License-Identifier: Apache-2.0
#include "core/base/file_lock_holder.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/process.h"

namespace adit {

std::string holderLine() { return fmt::format("{:.32} (pid {})\n", programName(), processId()); }

Error lockHeld(const std::filesystem::path& path, std::string_view line, long code) {
  const std::string_view holder = line.substr(0, line.find('\n'));
  const bool plain = !holder.empty() &&
                     std::all_of(holder.begin(), holder.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  return {ErrorCode::Overloaded,
          fmt::format("'{}' is in use by {}", path.string(), plain ? holder : "another process"), code};
}

}  // namespace adit

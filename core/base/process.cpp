// SPDX-License-Identifier: Apache-2.0
#include "core/base/process.h"

#include <algorithm>
#include <chrono>

namespace adit {

std::uint64_t unixSeconds() noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds));
}

}  // namespace adit

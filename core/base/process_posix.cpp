// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "core/base/process.h"

namespace adit {

std::uint32_t processId() noexcept { return static_cast<std::uint32_t>(::getpid()); }

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#include <windows.h>

#include "core/base/process.h"

namespace adit {

std::uint32_t processId() noexcept { return ::GetCurrentProcessId(); }

}  // namespace adit

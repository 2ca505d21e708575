// SPDX-License-Identifier: Apache-2.0
#include "core/base/freed_memory.h"

#include <malloc.h>

namespace adit {

void returnFreedMemory() noexcept { ::_heapmin(); }

}  // namespace adit

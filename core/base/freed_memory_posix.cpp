// SPDX-License-Identifier: Apache-2.0
#include "core/base/freed_memory.h"

#include <cstdlib>  // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace adit {

void returnFreedMemory() noexcept {
#ifdef __GLIBC__
  // By itself glibc returns only the free memory at the end of the main heap.
  ::malloc_trim(0);
#endif
}

}  // namespace adit

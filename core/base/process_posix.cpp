// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdlib>

#include <unistd.h>

#include "core/base/process.h"

namespace adit {

std::uint32_t processId() noexcept { return static_cast<std::uint32_t>(::getpid()); }

std::string_view programName() noexcept {
#if defined(__GLIBC__)
  return program_invocation_short_name;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
  return ::getprogname();
#else
  return "adit";
#endif
}

}  // namespace adit

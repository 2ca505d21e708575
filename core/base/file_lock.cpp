// SPDX-License-Identifier: Apache-2.0
#include "core/base/file_lock.h"

#include <thread>

namespace adit {

Result<std::unique_ptr<FileLock>> FileLock::acquire(const std::filesystem::path& path, Duration patience) {
  constexpr auto kPause = std::chrono::milliseconds(1);
  const Timestamp deadline = MonotonicClock::now() + patience;
  for (;;) {
    auto lock = tryAcquire(path);
    if (lock || lock.error().code != ErrorCode::Overloaded || MonotonicClock::now() >= deadline) return lock;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/file_lock.h"

namespace adit {

Result<std::unique_ptr<FileLock>> FileLock::tryAcquire(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(systemError(errno, path.string()));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(descriptor);
    if (why == EWOULDBLOCK)
      return fail(ErrorCode::Overloaded, path.string() + " is in use by another process", why);
    return fail(systemError(why, path.string()));
  }
  return std::unique_ptr<FileLock>(new FileLock(descriptor));
}

FileLock::~FileLock() { ::close(static_cast<int>(m_handle)); }

}  // namespace adit

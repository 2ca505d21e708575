// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "core/base/file_lock.h"
#include "core/base/file_lock_holder.h"

namespace adit {

namespace {

std::string readHolderLine(int descriptor) {
  std::string line(kMaxHolderLine, '\0');
  const ssize_t count = ::pread(descriptor, line.data(), line.size(), 0);
  line.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return line;
}

/// Best effort: on a full disk others are not told who holds the lock, but it is held.
void writeHolderLine(int descriptor) {
  const std::string line = holderLine();
  if (::ftruncate(descriptor, 0) != 0) return;
  static_cast<void>(::pwrite(descriptor, line.data(), line.size(), 0) < 0);
}

/// Closes the descriptor where it fails.
Result<> lockDescriptor(int descriptor, const std::filesystem::path& path) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
  const int why = errno;
  const std::string line = why == EWOULDBLOCK ? readHolderLine(descriptor) : std::string();
  ::close(descriptor);
  if (why != EWOULDBLOCK) return fail(systemError(why, path.string()));
  return fail(lockHeld(path, line, why));
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::tryAcquire(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor < 0 && errno == ELOOP) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is a symbolic link, which a lock file must not be", path.string()), ELOOP);
  }
  if (descriptor < 0) return fail(systemError(errno, fmt::format("cannot open '{}'", path.string())));
  if (auto locked = lockDescriptor(descriptor, path); !locked) return fail(std::move(locked.error()));
  writeHolderLine(descriptor);
  return std::unique_ptr<FileLock>(new FileLock(descriptor));
}

Result<std::unique_ptr<FileLock>> FileLock::tryAcquireDirectory(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return fail(systemError(errno, fmt::format("cannot open '{}'", path.string())));
  if (auto locked = lockDescriptor(descriptor, path); !locked) return fail(std::move(locked.error()));
  return std::unique_ptr<FileLock>(new FileLock(descriptor));
}

FileLock::~FileLock() { ::close(static_cast<int>(m_handle)); }

}  // namespace adit

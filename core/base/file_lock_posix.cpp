// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "core/base/file_lock.h"

namespace adit {

namespace {

constexpr std::size_t kMaxHolder = 64;

std::string_view programName() noexcept {
#if defined(__GLIBC__)
  return program_invocation_short_name;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
  return ::getprogname();
#else
  return "adit";
#endif
}

/// What the holder wrote, as far as it is a line of plain characters.
std::string holderOf(int descriptor) {
  std::array<char, kMaxHolder> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  std::string holder;
  for (ssize_t i = 0; i < count && text[static_cast<std::size_t>(i)] != '\n'; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < 0x20 || c > 0x7e) return {};
    holder.push_back(c);
  }
  return holder;
}

/// Best effort: a full disk costs others the name, not us the lock.
void writeHolder(int descriptor) {
  const std::string line = fmt::format("{:.32} (pid {})\n", programName(), ::getpid());
  if (::ftruncate(descriptor, 0) != 0) return;
  static_cast<void>(::pwrite(descriptor, line.data(), line.size(), 0) < 0);
}

/// Owns nothing where it fails: the descriptor is closed then.
Result<> lockDescriptor(int descriptor, const std::filesystem::path& path) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
  const int why = errno;
  const std::string holder = why == EWOULDBLOCK ? holderOf(descriptor) : std::string();
  ::close(descriptor);
  if (why != EWOULDBLOCK) return fail(systemError(why, path.string()));
  return fail(ErrorCode::Overloaded,
              fmt::format("'{}' is in use by {}", path.string(), holder.empty() ? "another process" : holder),
              why);
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
  writeHolder(descriptor);
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

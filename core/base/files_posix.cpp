// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/base/random.h"

namespace adit {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kOthersReadOrWrite = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
constexpr mode_t kPermissionBits = 07777;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : m_fd(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (m_fd >= 0) ::close(m_fd);
  }
  [[nodiscard]] int get() const noexcept { return m_fd; }
  [[nodiscard]] bool valid() const noexcept { return m_fd >= 0; }
  /// close() can report a write that failed late (NFS, quotas), so its result counts.
  bool close() noexcept { return ::close(std::exchange(m_fd, -1)) == 0; }

 private:
  int m_fd;
};

tl::unexpected<Error> systemFailure(std::string_view action, const fs::path& path) {
  const int saved = errno;  // formatting may change it
  return fail(systemError(saved, fmt::format("cannot {} '{}'", action, path.string())));
}

int openRetrying(const char* path, int flags, mode_t mode = 0) noexcept {
  for (;;) {
    const int fd = ::open(path, flags | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

bool isOwnGroup(gid_t group) {
  if (group == ::getegid()) return true;
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return false;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  const int got = ::getgroups(count, groups.data());
  return got > 0 && std::find(groups.begin(), groups.begin() + got, group) != groups.begin() + got;
}

std::string userName(uid_t user) {
  const passwd* entry = ::getpwuid(user);
  return entry != nullptr ? std::string(entry->pw_name) : fmt::format("{}", user);
}

/// The rule of files.h for a file.
Result<> checkSecret(const struct stat& status, const fs::path& path) {
  // Whoever passed a pipe or a device (/dev/fd/N) to us has opened it already.
  const bool onDisk = S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode);
  const bool isGroupOfRoots = S_ISREG(status.st_mode) && status.st_uid == 0 && isOwnGroup(status.st_gid);
  const mode_t forbidden = isGroupOfRoots ? kOthersReadOrWrite & ~mode_t{S_IRGRP} : kOthersReadOrWrite;
  if (onDisk && (status.st_mode & forbidden) != 0) {
    return fail(
        ErrorCode::InsecurePermissions,
        fmt::format("'{}' holds a secret but others can reach it (mode {:04o}); run: chmod 600 '{}'",
                    path.string(), static_cast<unsigned>(status.st_mode & kPermissionBits), path.string()));
  }
  const uid_t self = ::geteuid();
  if (S_ISREG(status.st_mode) && self != 0 && status.st_uid != self && status.st_uid != 0) {
    return fail(ErrorCode::InsecurePermissions,
                fmt::format("'{}' holds a secret but belongs to another user ('{}')", path.string(),
                            userName(status.st_uid)));
  }
  return {};
}

/// The rule of files.h for a directory.
Result<> checkSecretDirectory(const struct stat& status, const fs::path& path) {
  const uid_t self = ::geteuid();
  if (status.st_uid != self && status.st_uid != 0) {
    const std::string owner = userName(status.st_uid);
    return fail(ErrorCode::InsecurePermissions,
                fmt::format("the directory '{}' belongs to the user '{}', not to '{}': run this as '{}', or "
                            "choose another directory",
                            path.string(), owner, userName(self), owner));
  }
  // In a sticky directory (/tmp) others can add files but not swap ours.
  if ((status.st_mode & kOthersWrite) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return fail(
        ErrorCode::InsecurePermissions,
        fmt::format("others can write to the directory '{}' (mode {:04o}); run: chmod go-w '{}'",
                    path.string(), static_cast<unsigned>(status.st_mode & kPermissionBits), path.string()));
  }
  return {};
}

bool writeAll(int fd, std::string_view content) noexcept {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Removes the half-written file unless it was renamed into place.
class Leftover {
 public:
  explicit Leftover(const fs::path& path) noexcept : m_path(path) {}
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;
  ~Leftover() {
    const int saved = errno;
    if (m_armed) ::unlink(m_path.c_str());
    errno = saved;
  }
  void keep() noexcept { m_armed = false; }

 private:
  const fs::path& m_path;
  bool m_armed = true;
};

fs::path directoryOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Syncs the directory, which makes a rename durable. A file system that cannot do that is no error.
void syncDirectory(const fs::path& directory) noexcept {
  const Descriptor fd(openRetrying(directory.c_str(), O_RDONLY | O_DIRECTORY));
  if (fd.valid()) ::fsync(fd.get());
}

}  // namespace

Result<std::string> readFile(const fs::path& path, FileSecrecy secrecy, std::size_t limit) {
  const Descriptor fd(openRetrying(path.c_str(), O_RDONLY | O_NOCTTY));
  if (!fd.valid()) return systemFailure("open", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return systemFailure("read", path);
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is a directory, not a file", path.string()));
  if (secrecy == FileSecrecy::Secret) {
    if (auto checked = checkSecret(status, path); !checked) return fail(std::move(checked.error()));
  }
  // fstat's size is only a hint: it is 0 for pipes and /proc, and a file can grow while it is read.
  std::string content;
  std::size_t used = 0;
  const std::size_t hint =
      S_ISREG(status.st_mode) && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 4096;
  content.resize(std::min(limit, hint) + 1);
  for (;;) {
    const ssize_t count = ::read(fd.get(), content.data() + used, content.size() - used);
    if (count < 0) {
      if (errno == EINTR) continue;
      return systemFailure("read", path);
    }
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > limit) {
      return fail(ErrorCode::LimitExceeded,
                  fmt::format("'{}' is longer than the {} bytes allowed", path.string(), limit));
    }
    if (used == content.size()) content.resize(std::min(limit, used * 2) + 1);
  }
  content.resize(used);
  return content;
}

Result<> writeFileAtomically(const fs::path& requested, std::string_view content, FileSecrecy secrecy) {
  std::error_code ignored;
  fs::path path = requested;
  if (fs::is_symlink(path, ignored)) {
    fs::path target = fs::canonical(path, ignored);
    if (!ignored) path = std::move(target);
  }
  struct stat old {};
  const bool replaces = ::stat(path.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode)) {
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is not a regular file", path.string()));
  }

  SecureRandom random;
  const fs::path fresh =
      directoryOf(path) / fmt::format(".{}.{:016x}.new", path.filename().string(), random.next());
  Descriptor fd(openRetrying(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                             secrecy == FileSecrecy::Secret ? 0600 : 0666));
  if (!fd.valid()) return systemFailure("write", path);
  Leftover leftover(fresh);
  if (replaces) {
    // When root edits a service's file, the file must stay the service's. Other users may not be able to keep
    // the owner; then the file becomes theirs.
    const bool foreign = old.st_uid != ::geteuid() || old.st_gid != ::getegid();
    if (foreign && ::fchown(fd.get(), old.st_uid, old.st_gid) != 0 && ::geteuid() == 0) {
      return systemFailure("keep the owner of", path);
    }
    const mode_t mode =
        secrecy == FileSecrecy::Secret ? mode_t{0600} : static_cast<mode_t>(old.st_mode & 0777);
    if (::fchmod(fd.get(), mode) != 0) return systemFailure("set the permissions of", path);
  }
  if (!writeAll(fd.get(), content) || ::fsync(fd.get()) != 0 || !fd.close())
    return systemFailure("write", path);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return systemFailure("replace", path);
  leftover.keep();
  syncDirectory(directoryOf(path));
  return {};
}

Result<> ensureDirectory(const fs::path& path, FileSecrecy secrecy) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode))
      return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is not a directory", path.string()));
    if (secrecy == FileSecrecy::Secret) return checkSecretDirectory(status, path);
    return {};
  }
  if (errno != ENOENT) return systemFailure("open", path);
  if (!path.has_filename()) return ensureDirectory(path.parent_path(), secrecy);  // "a/b/"
  if (path.has_parent_path() && path.parent_path() != path) {
    if (auto parent = ensureDirectory(path.parent_path(), FileSecrecy::Public); !parent) return parent;
  }
  if (::mkdir(path.c_str(), secrecy == FileSecrecy::Secret ? 0700 : 0777) == 0) return {};
  // Another process may have created it meanwhile; then its permissions are checked like those of any
  // existing directory.
  if (errno == EEXIST)
    return ::stat(path.c_str(), &status) == 0 ? ensureDirectory(path, secrecy) : systemFailure("open", path);
  return systemFailure("make the directory", path);
}

}  // namespace adit

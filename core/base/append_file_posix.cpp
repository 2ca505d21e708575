// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/append_file.h"

namespace adit {

namespace {

int descriptorOf(std::intptr_t handle) noexcept { return static_cast<int>(handle); }

bool writeAndSync(int fd, std::string_view content) noexcept {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Result<std::unique_ptr<AppendFile>> AppendFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return fail(systemError(errno, "cannot open " + path.string()));
  return std::unique_ptr<AppendFile>(new AppendFile(fd, path));
}

AppendFile::~AppendFile() { ::close(descriptorOf(m_handle)); }

Result<> AppendFile::append(std::string_view content) {
  const int fd = descriptorOf(m_handle);
  struct stat before {};
  if (::fstat(fd, &before) != 0)
    return fail(systemError(errno, "cannot read the size of " + m_path.string()));
  if (before.st_nlink == 0) return fail(systemError(ENOENT, m_path.string() + " was deleted or replaced"));
  if (writeAndSync(fd, content)) return {};
  const int problem = errno;
  [[maybe_unused]] const int cut = ::ftruncate(fd, before.st_size);  // if it fails, part of a line stays
  return fail(systemError(problem, "cannot write " + m_path.string()));
}

}  // namespace adit

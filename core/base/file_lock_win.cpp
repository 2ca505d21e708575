// SPDX-License-Identifier: Apache-2.0
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <string>

#include <spdlog/fmt/fmt.h>

#include "core/base/file_lock.h"
#include "core/base/file_lock_holder.h"

namespace adit {

namespace {

std::string readHolderLine(const std::filesystem::path& path) {
  const HANDLE handle = ::CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                      OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return {};
  std::string line(kMaxHolderLine, '\0');
  DWORD count = 0;
  const BOOL read = ::ReadFile(handle, line.data(), static_cast<DWORD>(line.size()), &count, nullptr);
  ::CloseHandle(handle);
  line.resize(read ? count : 0);
  return line;
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::tryAcquire(const std::filesystem::path& path) {
  // The lock: nobody else can open the file for writing while this handle exists. If the path is a link, the
  // link itself is opened, not its target.
  const HANDLE handle =
      ::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr, OPEN_ALWAYS,
                    FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD why = ::GetLastError();
    if (why == ERROR_SHARING_VIOLATION)
      return fail(lockHeld(path, readHolderLine(path), static_cast<long>(why)));
    return fail(ErrorCode::IoError, fmt::format("cannot open '{}'", path.string()), static_cast<long>(why));
  }
  const std::string line = holderLine();
  DWORD written = 0;
  // Best effort: on a full disk others are not told who holds the lock, but it is held.
  if (::WriteFile(handle, line.data(), static_cast<DWORD>(line.size()), &written, nullptr))
    ::SetEndOfFile(handle);
  return std::unique_ptr<FileLock>(new FileLock(reinterpret_cast<std::intptr_t>(handle)));
}

Result<std::unique_ptr<FileLock>> FileLock::tryAcquireDirectory(const std::filesystem::path& path) {
  // Opened for listing without any sharing, so there can be no second handle.
  const HANDLE handle = ::CreateFileW(path.c_str(), FILE_LIST_DIRECTORY, 0, nullptr, OPEN_EXISTING,
                                      FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD why = ::GetLastError();
    if (why == ERROR_SHARING_VIOLATION) return fail(lockHeld(path, {}, static_cast<long>(why)));
    return fail(ErrorCode::IoError, fmt::format("cannot open '{}'", path.string()), static_cast<long>(why));
  }
  return std::unique_ptr<FileLock>(new FileLock(reinterpret_cast<std::intptr_t>(handle)));
}

FileLock::~FileLock() { ::CloseHandle(reinterpret_cast<HANDLE>(m_handle)); }

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <array>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "core/base/file_lock.h"

namespace adit {

namespace {

constexpr DWORD kMaxHolder = 64;

/// What the holder wrote, as far as it is a line of plain characters.
std::string holderOf(const std::filesystem::path& path) {
  const HANDLE handle = ::CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                      OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return {};
  std::array<char, kMaxHolder> text{};
  DWORD count = 0;
  const BOOL read = ::ReadFile(handle, text.data(), kMaxHolder, &count, nullptr);
  ::CloseHandle(handle);
  std::string holder;
  for (DWORD i = 0; read && i < count && text[i] != '\n'; ++i) {
    if (text[i] < 0x20 || text[i] > 0x7e) return {};
    holder.push_back(text[i]);
  }
  return holder;
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::tryAcquire(const std::filesystem::path& path) {
  // The lock is that nobody else may open the file for writing while the handle lives. A link is opened
  // itself instead of what it points at.
  const HANDLE handle =
      ::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr, OPEN_ALWAYS,
                    FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD why = ::GetLastError();
    if (why == ERROR_SHARING_VIOLATION) {
      const std::string holder = holderOf(path);
      return fail(
          ErrorCode::Overloaded,
          fmt::format("'{}' is in use by {}", path.string(), holder.empty() ? "another process" : holder),
          static_cast<long>(why));
    }
    return fail(ErrorCode::IoError, fmt::format("cannot open '{}'", path.string()), static_cast<long>(why));
  }
  const std::string line = fmt::format("adit (pid {})\n", ::GetCurrentProcessId());
  DWORD written = 0;
  // Best effort: a full disk costs others the name, not us the lock.
  if (::WriteFile(handle, line.data(), static_cast<DWORD>(line.size()), &written, nullptr))
    ::SetEndOfFile(handle);
  return std::unique_ptr<FileLock>(new FileLock(reinterpret_cast<std::intptr_t>(handle)));
}

Result<std::unique_ptr<FileLock>> FileLock::tryAcquireDirectory(const std::filesystem::path& path) {
  // No delete sharing and no second handle of this kind: opened exclusively for listing.
  const HANDLE handle = ::CreateFileW(path.c_str(), FILE_LIST_DIRECTORY, 0, nullptr, OPEN_EXISTING,
                                      FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD why = ::GetLastError();
    if (why == ERROR_SHARING_VIOLATION)
      return fail(ErrorCode::Overloaded, fmt::format("'{}' is in use by another process", path.string()),
                  static_cast<long>(why));
    return fail(ErrorCode::IoError, fmt::format("cannot open '{}'", path.string()), static_cast<long>(why));
  }
  return std::unique_ptr<FileLock>(new FileLock(reinterpret_cast<std::intptr_t>(handle)));
}

FileLock::~FileLock() { ::CloseHandle(reinterpret_cast<HANDLE>(m_handle)); }

}  // namespace adit

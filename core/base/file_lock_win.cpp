// SPDX-License-Identifier: Apache-2.0
#include <windows.h>

#include "core/base/file_lock.h"

namespace adit {

Result<std::unique_ptr<FileLock>> FileLock::tryAcquire(const std::filesystem::path& path) {
  // No sharing is the lock: a second open fails while the first handle lives.
  const HANDLE handle = ::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_ALWAYS,
                                      FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD why = ::GetLastError();
    if (why == ERROR_SHARING_VIOLATION)
      return fail(ErrorCode::Overloaded, path.string() + " is in use by another process",
                  static_cast<long>(why));
    return fail(ErrorCode::IoError, path.string() + " cannot be opened", static_cast<long>(why));
  }
  return std::unique_ptr<FileLock>(new FileLock(reinterpret_cast<std::intptr_t>(handle)));
}

FileLock::~FileLock() { ::CloseHandle(reinterpret_cast<HANDLE>(m_handle)); }

}  // namespace adit

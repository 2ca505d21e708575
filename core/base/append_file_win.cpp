// SPDX-License-Identifier: Apache-2.0
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <algorithm>

#include "core/base/append_file.h"

namespace adit {

namespace {

HANDLE nativeOf(std::intptr_t handle) noexcept { return reinterpret_cast<HANDLE>(handle); }

Error failure(const std::filesystem::path& path, const char* what) {
  const DWORD code = ::GetLastError();
  const bool isFull = code == ERROR_DISK_FULL || code == ERROR_HANDLE_DISK_FULL;
  const bool isMissing = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
  const auto utf8 = path.u8string();
  return {isFull                        ? ErrorCode::DiskFull
          : isMissing                   ? ErrorCode::NotFound
          : code == ERROR_ACCESS_DENIED ? ErrorCode::PermissionDenied
                                        : ErrorCode::IoError,
          std::string("cannot ") + what + " " + std::string(utf8.begin(), utf8.end()),
          static_cast<long>(code)};
}

}  // namespace

Result<std::unique_ptr<AppendFile>> AppendFile::open(const std::filesystem::path& path) {
  const HANDLE handle =
      ::CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return fail(failure(path, "open"));
  return std::unique_ptr<AppendFile>(new AppendFile(reinterpret_cast<std::intptr_t>(handle), path));
}

AppendFile::~AppendFile() { ::CloseHandle(nativeOf(m_handle)); }

Result<> AppendFile::append(std::string_view content) {
  const HANDLE handle = nativeOf(m_handle);
  FILE_STANDARD_INFO info{};
  if (::GetFileInformationByHandleEx(handle, FileStandardInfo, &info, sizeof info) == 0)
    return fail(failure(m_path, "look at"));
  if (info.DeletePending || info.NumberOfLinks == 0)
    return fail(ErrorCode::NotFound, m_path.string() + " was deleted or replaced");
  LARGE_INTEGER end{};
  if (::SetFilePointerEx(handle, LARGE_INTEGER{}, &end, FILE_END) == 0) return fail(failure(m_path, "write"));
  while (!content.empty()) {
    DWORD written = 0;
    const auto part = static_cast<DWORD>(std::min<std::size_t>(content.size(), 1 << 20));
    if (::WriteFile(handle, content.data(), part, &written, nullptr) == 0) break;
    content.remove_prefix(written);
  }
  if (content.empty() && ::FlushFileBuffers(handle) != 0) return {};
  Error error = failure(m_path, "write");
  if (::SetFilePointerEx(handle, end, nullptr, FILE_BEGIN) != 0) ::SetEndOfFile(handle);
  return fail(std::move(error));
}

}  // namespace adit

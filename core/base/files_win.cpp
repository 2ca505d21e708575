// SPDX-License-Identifier: Apache-2.0
// files.h on Windows, where permissions are access-control lists. The list of a secret names its owner,
// SYSTEM and Administrators and inherits nothing. A secret that Everyone, Users or Authenticated Users can
// reach is refused.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
// after windows.h, which they need
#include <aclapi.h>
#include <sddl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/base/random.h"

namespace adit {

namespace fs = std::filesystem;

namespace {

constexpr const wchar_t* kPrivateFile = L"D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)";
constexpr const wchar_t* kPrivateDirectory = L"D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr DWORD kReachable =
    FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_READ | GENERIC_WRITE | GENERIC_ALL;
constexpr DWORD kWritable =
    FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | GENERIC_WRITE | GENERIC_ALL;

struct LocalFreer {
  void operator()(void* memory) const noexcept { ::LocalFree(memory); }
};
using LocalMemory = std::unique_ptr<void, LocalFreer>;

class Handle {
 public:
  explicit Handle(HANDLE handle) noexcept : m_handle(handle) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }
  [[nodiscard]] HANDLE get() const noexcept { return m_handle; }
  [[nodiscard]] bool valid() const noexcept { return m_handle != INVALID_HANDLE_VALUE; }
  void close() noexcept {
    if (valid()) ::CloseHandle(std::exchange(m_handle, INVALID_HANDLE_VALUE));
  }

 private:
  HANDLE m_handle;
};

std::string shown(const fs::path& path) {
  const auto utf8 = path.u8string();
  return {utf8.begin(), utf8.end()};
}

ErrorCode codeOf(DWORD code) noexcept {
  switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return ErrorCode::NotFound;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
      return ErrorCode::PermissionDenied;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return ErrorCode::DiskFull;
    case ERROR_INVALID_NAME:
      return ErrorCode::InvalidArgument;
    default:
      return ErrorCode::IoError;
  }
}

tl::unexpected<Error> systemFailure(std::string_view action, const fs::path& path,
                                    DWORD code = ::GetLastError()) {
  return fail(codeOf(code), fmt::format("cannot {} '{}' (Windows error {})", action, shown(path), code),
              static_cast<long>(code));
}

/// Owns the descriptor that `attributes` points to.
struct PrivateAttributes {
  LocalMemory descriptor;
  SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
  bool make(const wchar_t* text) noexcept {
    PSECURITY_DESCRIPTOR made = nullptr;
    if (!::ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &made, nullptr))
      return false;
    descriptor.reset(made);
    attributes.lpSecurityDescriptor = made;
    return true;
  }
};

bool isEverybody(PSID sid) noexcept {
  for (const auto kind : {WinWorldSid, WinAuthenticatedUserSid, WinBuiltinUsersSid, WinBuiltinGuestsSid}) {
    if (::IsWellKnownSid(sid, kind)) return true;
  }
  return false;
}

Result<> checkAccess(HANDLE handle, DWORD refused, const fs::path& path) {
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD code = ::GetSecurityInfo(handle, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr,
                                       &list, nullptr, &descriptor);
  if (code != ERROR_SUCCESS) return systemFailure("read the permissions of", path, code);
  const LocalMemory owner(descriptor);
  const auto insecure = fail(ErrorCode::InsecurePermissions,
                             fmt::format("other users can reach '{}', which holds secrets", shown(path)));
  if (list == nullptr) return insecure;  // without a list, everybody may do everything
  for (DWORD i = 0; i < list->AceCount; ++i) {
    void* entry = nullptr;
    if (!::GetAce(list, i, &entry)) continue;
    const auto* header = static_cast<const ACE_HEADER*>(entry);
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE || (header->AceFlags & INHERIT_ONLY_ACE) != 0) continue;
    auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    if ((allowed->Mask & refused) != 0 && isEverybody(&allowed->SidStart)) return insecure;
  }
  return {};
}

}  // namespace

Result<std::string> readFile(const fs::path& path, FileSecrecy secrecy, std::size_t limit) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is a directory, not a file", shown(path)));
  const Handle file(::CreateFileW(path.c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.valid()) return systemFailure("open", path);
  if (secrecy == FileSecrecy::Secret && ::GetFileType(file.get()) == FILE_TYPE_DISK) {
    if (auto checked = checkAccess(file.get(), kReachable, path); !checked)
      return fail(std::move(checked.error()));
  }
  std::string content;
  std::array<char, 16 * 1024> room;
  for (;;) {
    DWORD count = 0;
    if (!::ReadFile(file.get(), room.data(), static_cast<DWORD>(room.size()), &count, nullptr)) {
      if (::GetLastError() == ERROR_BROKEN_PIPE) break;  // the writing end of a pipe was closed
      return systemFailure("read", path);
    }
    if (count == 0) break;
    content.append(room.data(), count);
    if (content.size() > limit) {
      return fail(ErrorCode::LimitExceeded,
                  fmt::format("'{}' is longer than the {} bytes allowed", shown(path), limit));
    }
  }
  return content;
}

Result<> writeFileAtomically(const fs::path& requested, std::string_view content, FileSecrecy secrecy) {
  std::error_code ignored;
  fs::path path = requested;
  if (fs::is_symlink(path, ignored)) {
    fs::path target = fs::canonical(path, ignored);
    if (!ignored) path = std::move(target);
  }
  PrivateAttributes attributes;
  if (secrecy == FileSecrecy::Secret && !attributes.make(kPrivateFile)) return systemFailure("protect", path);

  SecureRandom random;
  fs::path fresh = path;
  fresh += fmt::format(".{:016x}.new", random.next());
  Handle file(::CreateFileW(fresh.c_str(), GENERIC_WRITE, 0,
                            secrecy == FileSecrecy::Secret ? &attributes.attributes : nullptr, CREATE_NEW,
                            FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.valid()) return systemFailure("write", path);
  const auto abandon = [&](std::string_view action) {
    const DWORD code = ::GetLastError();
    file.close();
    ::DeleteFileW(fresh.c_str());
    return systemFailure(action, path, code);
  };
  while (!content.empty()) {
    DWORD count = 0;
    const auto size = static_cast<DWORD>(std::min<std::size_t>(content.size(), 1 << 20));
    if (!::WriteFile(file.get(), content.data(), size, &count, nullptr)) return abandon("write");
    content.remove_prefix(count);
  }
  if (!::FlushFileBuffers(file.get())) return abandon("write");
  file.close();
  if (!::MoveFileExW(fresh.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    return abandon("replace");
  return {};
}

Result<> ensureDirectory(const fs::path& path, FileSecrecy secrecy) {
  std::error_code problem;
  if (!path.has_filename() && path.has_parent_path() && path.parent_path() != path)
    return ensureDirectory(path.parent_path(), secrecy);
  if (!fs::exists(path, problem)) {
    if (path.has_parent_path() && path.parent_path() != path) {
      if (auto parent = ensureDirectory(path.parent_path(), FileSecrecy::Public); !parent) return parent;
    }
    PrivateAttributes attributes;
    if (secrecy == FileSecrecy::Secret && !attributes.make(kPrivateDirectory))
      return systemFailure("protect", path);
    if (::CreateDirectoryW(path.c_str(), secrecy == FileSecrecy::Secret ? &attributes.attributes : nullptr))
      return {};
    if (::GetLastError() != ERROR_ALREADY_EXISTS) return systemFailure("make the directory", path);
  }
  if (!fs::is_directory(path, problem))
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is not a directory", shown(path)));
  if (secrecy == FileSecrecy::Public) return {};
  const Handle directory(::CreateFileW(path.c_str(), READ_CONTROL,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  if (!directory.valid()) return systemFailure("open", path);
  return checkAccess(directory.get(), kWritable, path);
}

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that is only appended to, for logs that must survive a crash: what append() wrote is on the disk
// when it returns. Any thread, one call at a time. It blocks, so event loops must not call it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/error.h"

namespace adit {

class AppendFile {
 public:
  /// Opens an existing file. NotFound, PermissionDenied, IoError.
  static Result<std::unique_ptr<AppendFile>> open(const std::filesystem::path& path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();
  /// Writes all of `content`. After an error (DiskFull, IoError) the file is as long as before, if the system
  /// allows that. NotFound: somebody deleted the file or put another one in its place.
  Result<> append(std::string_view content);

 private:
  AppendFile(std::intptr_t handle, std::filesystem::path path) : m_handle(handle), m_path(std::move(path)) {}
  std::intptr_t m_handle;
  std::filesystem::path m_path;
};

}  // namespace adit

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that grows at its end, for logs that must outlive a crash. What append() has written is on the disk
// when it returns. Any thread, one at a time; blocking, so never from a loop's data path.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/error.h"

namespace adit {

class AppendFile {
 public:
  /// An existing file; NotFound, PermissionDenied, IoError.
  static Result<std::unique_ptr<AppendFile>> open(const std::filesystem::path& path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();
  /// All of it, or an error (DiskFull, IoError) after which the file is as long as it was, where the system
  /// allows that. NotFound: somebody deleted the file or put another one in its place.
  Result<> append(std::string_view content);

 private:
  AppendFile(std::intptr_t handle, std::filesystem::path path) : m_handle(handle), m_path(std::move(path)) {}
  std::intptr_t m_handle;
  std::filesystem::path m_path;
};

}  // namespace adit

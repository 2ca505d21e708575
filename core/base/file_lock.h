// SPDX-License-Identifier: Apache-2.0
#pragma once
// An exclusive lock on a file for the life of the object, released by the system when the process ends
// however it ends. Two programs of one user thereby never use the same client key. Any thread; never blocks.

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/base/error.h"

namespace adit {

class FileLock {
 public:
  /// Creates the file (0600) where needed. Overloaded: somebody holds it.
  static Result<std::unique_ptr<FileLock>> tryAcquire(const std::filesystem::path& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(std::intptr_t handle) noexcept : m_handle(handle) {}
  std::intptr_t m_handle;
};

}  // namespace adit

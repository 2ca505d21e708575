// SPDX-License-Identifier: Apache-2.0
#pragma once
// An exclusive lock on a file for the life of the object, released by the system when the process ends
// however it ends. Two programs of one user thereby never use the same client key, nor change one file at the
// same time. The file says which process holds the lock, for those who are refused. Any thread.

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace adit {

class FileLock {
 public:
  /// Creates the file (0600) where needed. Overloaded: another process holds it, which the detail names as
  /// far as it is known ("... is in use by adit-server (pid 4711)"). InvalidArgument: the path is a symbolic
  /// link, which is never followed, because a lock file is created where it points. Never blocks.
  static Result<std::unique_ptr<FileLock>> tryAcquire(const std::filesystem::path& path);
  /// Locks the directory itself, for places where no file can be written. Errors as above; the holder is not
  /// known.
  static Result<std::unique_ptr<FileLock>> tryAcquireDirectory(const std::filesystem::path& path);
  /// Waits for whoever holds it, `patience` at most: for short changes outside of any event loop.
  static Result<std::unique_ptr<FileLock>> acquire(const std::filesystem::path& path, Duration patience);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(std::intptr_t handle) noexcept : m_handle(handle) {}
  std::intptr_t m_handle;
};

}  // namespace adit

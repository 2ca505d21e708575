// SPDX-License-Identifier: Apache-2.0
#pragma once
// An exclusive lock on a file, held for the life of the object. The system releases it when the process ends,
// also after a crash. It keeps two processes from changing the same file, or serving from the same directory,
// at the same time. The file names the process that holds the lock, for the error that others get. Any
// thread.

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace adit {

class FileLock {
 public:
  /// Creates the file (0600) if it does not exist. Never blocks. Overloaded: another process holds the lock;
  /// the detail names it if it is known ("... is in use by adit-server (pid 4711)"). InvalidArgument: the
  /// path is a symbolic link. Links are not followed, because whoever made the link would choose which file
  /// is created.
  static Result<std::unique_ptr<FileLock>> tryAcquire(const std::filesystem::path& path);
  /// Locks the directory itself, for directories in which no file can be written. Errors as above; the holder
  /// is not known.
  static Result<std::unique_ptr<FileLock>> tryAcquireDirectory(const std::filesystem::path& path);
  /// The same, but waits up to `patience` while another process holds the lock. Not for event loops.
  static Result<std::unique_ptr<FileLock>> acquire(const std::filesystem::path& path, Duration patience);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(std::intptr_t handle) noexcept : m_handle(handle) {}
  std::intptr_t m_handle;
};

}  // namespace adit

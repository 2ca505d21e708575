// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names that servers chose, so that a tunnel without a name of its own has the same address when it
// starts again. They are kept per server and target in the state directory. Processes with the same target
// at the same time have places of their own, each under a lock that its process holds, so a process that
// starts again finds the name of one that ended. Owned by the engine. Any thread; claim() reads files,
// keep() leaves the writing to a thread of its own.

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/file_lock.h"
#include "core/engine/command_queue.h"

namespace adit::engine {

class ChosenNames {
 public:
  /// One name, as long as its owner lives.
  struct Place {
    std::filesystem::path file;
    std::unique_ptr<FileLock> lock;
    std::string name;  ///< Empty: none was kept yet.
  };

  explicit ChosenNames(const std::filesystem::path& stateDirectory);
  ChosenNames(const ChosenNames&) = delete;
  ChosenNames& operator=(const ChosenNames&) = delete;
  /// Writes what is still to be written.
  ~ChosenNames();

  /// The first place of this server and target that no other process has. Errors where the directory cannot
  /// be used: the tunnel then gets another name at each start.
  [[nodiscard]] Result<Place> claim(std::string_view server, std::string_view target) const;
  /// Remembers the name; the place says so at once, the file a moment later.
  void keep(Place& place, const std::string& name);

 private:
  const std::filesystem::path m_directory;
  std::mutex m_mutex;                    ///< Guards the making of m_writes.
  std::optional<CommandQueue> m_writes;  ///< From the first write on.
};

}  // namespace adit::engine

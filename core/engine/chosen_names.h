// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names that servers chose, so that a tunnel without a name of its own has the same address when it
// starts again. They are kept in the state directory, by server and target. Processes that have the same
// target at the same time use different places; each process locks its own, so that a process that starts
// later finds the name of one that ended. Owned by the engine. Any thread; claim() reads files, keep() leaves
// the writing to a thread of its own.

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
  /// The place of one name, locked as long as this object lives.
  struct Place {
    std::filesystem::path file;
    std::unique_ptr<FileLock> lock;
    std::string name;  ///< Empty: there is none yet.
  };

  explicit ChosenNames(const std::filesystem::path& stateDirectory);
  ChosenNames(const ChosenNames&) = delete;
  ChosenNames& operator=(const ChosenNames&) = delete;
  /// Waits until everything is written.
  ~ChosenNames();

  /// The first place for this server and target that no other process has. An error if the directory cannot
  /// be used; the tunnel then gets another name at each start.
  [[nodiscard]] Result<Place> claim(std::string_view server, std::string_view target) const;
  /// Stores the name: in the place at once, in the file a moment later.
  void keep(Place& place, const std::string& name);

 private:
  const std::filesystem::path m_directory;
  std::mutex m_mutex;                    ///< Guards the making of m_writes.
  std::optional<CommandQueue> m_writes;  ///< Exists from the first write on.
};

}  // namespace adit::engine

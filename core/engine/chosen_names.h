// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names that servers chose, so that a tunnel without a name of its own has the same address when it
// starts again. They are kept per server and target in the state directory. Processes with the same target
// at the same time have places of their own, each under a lock that its process holds, so a process that
// starts again finds the name of one that ended. Owned by the engine. Any thread; claim() reads files,
// keep() leaves the writing to a thread of its own.

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/error.h"
#include "core/base/file_lock.h"

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
  struct Write {
    std::filesystem::path file;
    std::string name;
  };
  void run();

  const std::filesystem::path m_directory;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Write> m_writes;
  bool m_stop = false;
  std::thread m_thread;  ///< From the first write on.
};

}  // namespace adit::engine

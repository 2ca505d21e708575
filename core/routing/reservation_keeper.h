// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps reservations in a file, so that names survive a restart of the server. Once a second, changes are
// appended and synced; now and then the file is written again without outdated lines. A crash loses at most
// the last second; a line that was only partly written is ignored, and the log says so. If the disk is full,
// the log says that, too, and everything is written as soon as possible. It has a thread of its own, because
// files block. Owned by whoever starts the server; its source must outlive it.

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/append_file.h"
#include "core/routing/reservation_text.h"

namespace adit::routing {

class ReservationKeeper {
 public:
  /// All reservations. Called from the keeper's thread.
  class Source {
   public:
    /// The changes since the last call of either function.
    virtual std::vector<ReservationChange> takeChanges() = 0;
    virtual std::vector<Reservation> reservations() = 0;

   protected:
    ~Source() = default;
  };

  /// Reads `file`; if it does not exist, there are no names. Errors of readFile, and Unsupported for a file
  /// of a newer version.
  static Result<std::unique_ptr<ReservationKeeper>> open(std::filesystem::path file, Timestamp now);
  ReservationKeeper(const ReservationKeeper&) = delete;
  ReservationKeeper& operator=(const ReservationKeeper&) = delete;
  /// Writes the last changes.
  ~ReservationKeeper();

  /// What the file contained when it was opened.
  [[nodiscard]] const std::vector<Reservation>& reservations() const noexcept { return m_loaded; }
  /// From now on writes the changes of `source` every `interval`.
  void start(Source& source, Duration interval = std::chrono::seconds(1));
  /// Does what the thread does once per interval: for tests, before start().
  Result<> keep(Source& source, Timestamp now);

 private:
  explicit ReservationKeeper(std::filesystem::path file) : m_file(std::move(file)) {}
  void run(Source& source, Duration interval);
  void keepOrWarn(Source& source);
  Result<> rewrite(Source& source, Timestamp now);

  const std::filesystem::path m_file;
  RunningClock m_clock;
  std::vector<Reservation> m_loaded;
  // Only the thread uses these once it runs:
  std::unique_ptr<AppendFile> m_log;  ///< Null: the whole file has to be written.
  std::size_t m_lines = 0;            ///< Lines appended since the whole file was written.
  std::size_t m_linesAllowed = 0;
  Timestamp m_timeDue{};
  std::optional<Error> m_problem;

  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_stop = false;
  std::thread m_thread;  // last: it uses the others
};

}  // namespace adit::routing

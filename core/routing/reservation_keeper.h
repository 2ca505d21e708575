// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps reservations in a file, so that names outlive a restart of the server. Once a second what changed is
// appended and synced; now and then the file is written anew, without what is outdated. A crash loses the
// last second at most; a line that it tore is left out and the log says so. Where the disk is full the log
// says so, too, and everything is written as soon as that is possible. A thread of its own, because files
// block. Owned by whoever starts the server; outlived by what it keeps.

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
  /// What is kept. Called from the keeper's thread.
  class Source {
   public:
    /// The changes since the last call of either.
    virtual std::vector<ReservationChange> takeChanges() = 0;
    virtual std::vector<Reservation> reservations() = 0;

   protected:
    ~Source() = default;
  };

  /// Reads `file`; one that does not exist has no names. Errors: those of readFile, and Unsupported for a
  /// file of a newer version.
  static Result<std::unique_ptr<ReservationKeeper>> open(std::filesystem::path file, Timestamp now);
  ReservationKeeper(const ReservationKeeper&) = delete;
  ReservationKeeper& operator=(const ReservationKeeper&) = delete;
  /// Writes what changed last.
  ~ReservationKeeper();

  /// What the file had.
  [[nodiscard]] const std::vector<Reservation>& reservations() const noexcept { return m_loaded; }
  /// Keeps what `source` tells from now on, every `interval`.
  void start(Source& source, Duration interval = std::chrono::seconds(1));
  /// One turn of the thread's work: for tests, before start().
  Result<> keep(Source& source, Timestamp now);

 private:
  explicit ReservationKeeper(std::filesystem::path file) : m_file(std::move(file)) {}
  void run(Source& source, Duration interval);
  void keepOrWarn(Source& source);
  Result<> rewrite(Source& source, Timestamp now);

  const std::filesystem::path m_file;
  RunningClock m_clock;
  std::vector<Reservation> m_loaded;
  // The thread's own once it runs:
  std::unique_ptr<AppendFile> m_log;  ///< Null: the file has to be written anew.
  std::size_t m_lines = 0;            ///< Appended since it was.
  std::size_t m_linesAllowed = 0;
  Timestamp m_timeDue{};
  std::optional<Error> m_problem;

  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_stop = false;
  std::thread m_thread;  // last: it uses the others
};

}  // namespace adit::routing

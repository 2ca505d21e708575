// SPDX-License-Identifier: Apache-2.0
#include "core/routing/reservation_keeper.h"

#include <utility>

#include "core/base/files.h"
#include "core/base/log.h"

namespace adit::routing {

namespace {

/// Room for the largest number of names in the longest lines, several times.
constexpr std::size_t kMaxFile = 256 * 1024 * 1024;
/// How far the clock in the file may be behind.
constexpr Duration kTimeInterval = std::chrono::minutes(10);
/// A file may have as many outdated lines as names, and this many more.
constexpr std::size_t kSpareLines = 10'000;

}  // namespace

Result<std::unique_ptr<ReservationKeeper>> ReservationKeeper::open(std::filesystem::path file,
                                                                   Timestamp now) {
  std::unique_ptr<ReservationKeeper> keeper(new ReservationKeeper(std::move(file)));
  keeper->m_clock.start = now;
  auto text = readFile(keeper->m_file, FileSecrecy::Secret, kMaxFile);
  if (!text && text.error().code == ErrorCode::NotFound) return keeper;
  if (!text) return fail(std::move(text.error()));
  auto parsed = parseReservations(*text, now);
  if (!parsed) {
    return fail(parsed.error().code, keeper->m_file.string() + ": " + parsed.error().detail);
  }
  if (parsed->damagedLines > 0) {
    logWarning("server",
               "{}: {} damaged line(s) left out: names that changed just before the server stopped "
               "may be as they were before",
               keeper->m_file.string(), parsed->damagedLines);
  }
  keeper->m_clock = parsed->clock;
  keeper->m_loaded = std::move(parsed->reservations);
  return keeper;
}

ReservationKeeper::~ReservationKeeper() {
  if (!m_thread.joinable()) return;
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void ReservationKeeper::start(Source& source, Duration interval) {
  m_loaded = {};
  m_thread = std::thread([this, &source, interval] { run(source, interval); });
}

void ReservationKeeper::run(Source& source, Duration interval) {
  std::unique_lock lock(m_mutex);
  for (bool stop = false; !stop;) {
    stop = m_wake.wait_for(lock, interval, [this] { return m_stop; });
    lock.unlock();
    keepOrWarn(source);
    lock.lock();
  }
}

void ReservationKeeper::keepOrWarn(Source& source) {
  const auto kept = keep(source, MonotonicClock::now());
  const std::optional<Error> problem = kept ? std::nullopt : std::optional(kept.error());
  if (problem == m_problem) return;  // already logged
  m_problem = problem;
  if (problem) {
    logError("server", "names would be lost if the server stopped now: {}", problem->describe());
  } else {
    logInfo("server", "names are kept again");
  }
}

Result<> ReservationKeeper::keep(Source& source, Timestamp now) {
  if (m_log == nullptr || m_lines > m_linesAllowed) return rewrite(source, now);
  const std::vector<ReservationChange> changes = source.takeChanges();
  if (changes.empty() && now < m_timeDue) return {};
  std::string text = timeLine(m_clock, now);
  for (const ReservationChange& change : changes) text += reservationLine(change, m_clock);
  m_lines += changes.size() + 1;
  m_timeDue = now + kTimeInterval;
  auto written = m_log->append(text);
  if (!written) m_log.reset();  // the changes are lost: write everything the next time
  return written;
}

Result<> ReservationKeeper::rewrite(Source& source, Timestamp now) {
  m_log.reset();
  const std::vector<Reservation> all = source.reservations();
  std::string text = reservationHeader() + timeLine(m_clock, now);
  for (const Reservation& each : all) text += reservationLine({each, false}, m_clock);
  if (auto written = writeFileAtomically(m_file, text, FileSecrecy::Secret); !written) return written;
  auto log = AppendFile::open(m_file);
  if (!log) return fail(std::move(log.error()));
  m_log = std::move(*log);
  m_lines = 0;
  m_linesAllowed = all.size() + kSpareLines;
  m_timeDue = now + kTimeInterval;
  return {};
}

}  // namespace adit::routing

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps a server's certificates in step with their files: checks the files regularly, reads them when they
// changed and publishes a new snapshot. Existing connections are not affected. If a new file is invalid, the
// old certificate stays in use and the log says why. Session tickets get a new secret twice a day.
// CertificateFollower does the work, without a clock and a thread; CertificateWatcher runs it on a thread of
// its own, because reading files blocks. Both are owned by whoever starts the server.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/tls/certificate_store.h"

namespace adit::tls {

class CertificateFollower {
 public:
  /// Reads the files for the first time; errors name the file.
  static Result<CertificateFollower> open(std::vector<CertificateFiles> files);

  [[nodiscard]] const std::shared_ptr<CertificateSource>& source() const noexcept { return m_source; }
  /// Checks the files once. Changed files are read only when two checks in a row find the same state, so that
  /// a certificate and its key, which are written one after the other, are read together. Returns what went
  /// wrong, once for each change.
  Result<> look();
  /// Reads the files even if they did not change.
  Result<> reload();
  void renewTickets();

 private:
  explicit CertificateFollower(std::vector<CertificateFiles> files) : m_files(std::move(files)) {}
  /// Changes whenever one of the files does.
  [[nodiscard]] std::string signature() const;

  std::vector<CertificateFiles> m_files;
  std::shared_ptr<CertificateSource> m_source;
  std::string m_taken;  ///< The signature of the files that were read last, valid or not.
  std::string m_seen;   ///< The signature at the last check.
};

class CertificateWatcher {
 public:
  static Result<std::unique_ptr<CertificateWatcher>> start(std::vector<CertificateFiles> files,
                                                           Duration interval = std::chrono::seconds(1));
  CertificateWatcher(const CertificateWatcher&) = delete;
  CertificateWatcher& operator=(const CertificateWatcher&) = delete;
  /// Ends the thread; the source stays usable.
  ~CertificateWatcher();
  [[nodiscard]] std::shared_ptr<const CertificateSource> source() const noexcept {
    return m_follower.source();
  }
  /// Reads the files now, changed or not, on the watcher's thread. Any thread; returns at once.
  void lookNow();

 private:
  CertificateWatcher(CertificateFollower follower, Duration interval);
  void run();

  CertificateFollower m_follower;
  Duration m_interval;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_stop = false;
  bool m_now = false;    ///< lookNow() was called.
  std::thread m_thread;  // last: it uses the others
};

}  // namespace adit::tls

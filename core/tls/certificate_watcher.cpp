// SPDX-License-Identifier: Apache-2.0
#include "core/tls/certificate_watcher.h"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"

namespace adit::tls {

namespace {

constexpr Duration kTicketSecretLife = std::chrono::hours(12);

/// A file's real location (symbolic links may be switched), its size and its modification time.
std::string signatureOf(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  if (error) return "missing";
  const auto size = std::filesystem::file_size(real, error);
  const auto written = std::filesystem::last_write_time(real, error).time_since_epoch().count();
  return fmt::format("{} {} {}", real.string(), size, written);
}

}  // namespace

Result<CertificateFollower> CertificateFollower::open(std::vector<CertificateFiles> files) {
  CertificateFollower follower(std::move(files));
  // Before reading: a change meanwhile is then seen later.
  follower.m_taken = follower.m_seen = follower.signature();
  auto store = CertificateStore::load(follower.m_files);
  if (!store) return fail(std::move(store.error()));
  follower.m_source = std::make_shared<CertificateSource>(std::move(*store));
  return follower;
}

std::string CertificateFollower::signature() const {
  std::string all;
  for (const CertificateFiles& files : m_files)
    all += signatureOf(files.certificate) + '\n' + signatureOf(files.key) + '\n';
  return all;
}

Result<> CertificateFollower::look() {
  std::string now = signature();
  const bool isSettled = now == m_seen;
  m_seen = std::move(now);
  if (!isSettled || m_seen == m_taken) return {};
  return reload();
}

Result<> CertificateFollower::reload() {
  // Before reading: a change meanwhile is then seen later.
  m_taken = m_seen = signature();
  auto store = m_source->current()->reload(m_files);
  if (!store) return fail(std::move(store.error()));
  m_source->publish(std::move(*store));
  return {};
}

void CertificateFollower::renewTickets() { m_source->publish(m_source->current()->withNewTickets()); }

Result<std::unique_ptr<CertificateWatcher>> CertificateWatcher::start(std::vector<CertificateFiles> files,
                                                                      Duration interval) {
  auto follower = CertificateFollower::open(std::move(files));
  if (!follower) return fail(std::move(follower.error()));
  return std::unique_ptr<CertificateWatcher>(new CertificateWatcher(std::move(*follower), interval));
}

CertificateWatcher::CertificateWatcher(CertificateFollower follower, Duration interval)
    : m_follower(std::move(follower)), m_interval(interval), m_thread([this] { run(); }) {}

CertificateWatcher::~CertificateWatcher() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void CertificateWatcher::lookNow() {
  {
    const std::lock_guard lock(m_mutex);
    m_now = true;
  }
  m_wake.notify_all();
}

void CertificateWatcher::run() {
  Duration sinceRenewal{};
  std::unique_lock lock(m_mutex);
  for (;;) {
    m_wake.wait_for(lock, m_interval, [this] { return m_stop || m_now; });
    if (m_stop) return;
    const bool isAsked = std::exchange(m_now, false);
    const std::uint64_t before = m_follower.source()->version();
    if (auto looked = isAsked ? m_follower.reload() : m_follower.look(); !looked) {
      logError("tls", "the certificates stay as they were: {}", looked.error().describe());
    } else if (m_follower.source()->version() != before) {
      logInfo("tls", "new certificates are in use");
    }
    if (isAsked) continue;  // only whole intervals count towards the renewal of tickets
    sinceRenewal += m_interval;
    if (sinceRenewal >= kTicketSecretLife) {
      sinceRenewal = {};
      m_follower.renewTickets();
    }
  }
}

}  // namespace adit::tls

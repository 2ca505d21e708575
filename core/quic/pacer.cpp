// SPDX-License-Identifier: Apache-2.0
#include "core/quic/pacer.h"

#include <algorithm>
#include <utility>

namespace adit::quic {

namespace {

constexpr Duration kPacedFrom = std::chrono::milliseconds(2);
// Before the first sample ngtcp2 reports "infinite".
constexpr Duration kNoRtt = std::chrono::hours(1);
// The most that is credited for one delay: a process that was not scheduled for longer would otherwise send a
// burst that delays everybody.
constexpr Duration kMostCredit = std::chrono::milliseconds(10);
// While there is a standing queue, one part in so many of the time is not credited: the rate falls by 5 %.
constexpr int kDrainedPart = 20;
constexpr Duration kMostDebt = std::chrono::milliseconds(4);
// CUBIC has no rate of its own: a burst is what its window allows in this time, and at most a part of it.
constexpr Duration kShortestBurst = std::chrono::milliseconds(1);
constexpr Duration kLongestBurst = std::chrono::milliseconds(4);
constexpr int kBurstsInRtt = 4;
// How many timers can be due at once: the pacing timer and one other.
constexpr int kTimersAtOnce = 2;

}  // namespace

bool Pacer::isActive() const noexcept { return m_minRtt > kPacedFrom && m_minRtt < kNoRtt; }

int Pacer::catchUp(ngtcp2_conn* connection, Timestamp now) noexcept {
  if (now == m_last) return 0;
  Timestamp earliest = std::exchange(m_last, now);  // the library's time never goes back
  if (!isActive()) return 0;
  for (int timer = 0; timer < kTimersAtOnce; ++timer) {
    const Timestamp due = fromNanoseconds(ngtcp2_conn_get_expiry(connection));
    if (due >= now) return 0;
    earliest = std::clamp(due + credit(now - due, now), earliest, now);
    m_expired = true;
    if (const int rv = ngtcp2_conn_handle_expiry(connection, toNanoseconds(earliest)); rv != 0) return rv;
  }
  return 0;
}

Duration Pacer::credit(Duration late, Timestamp now) noexcept {
  if (!m_waitsForTimer) return Duration::zero();
  late = std::min(late, kMostCredit);
  const Duration passed = now - std::exchange(m_lastCredit, now);
  if (!m_queue.stands()) {
    m_debt = Duration::zero();
    return late;
  }
  m_debt = std::min(m_debt + passed / kDrainedPart, kMostDebt);
  const Duration kept = std::min(m_debt, late);
  m_debt -= kept;
  return late - kept;
}

bool Pacer::takeExpired() noexcept { return std::exchange(m_expired, false); }

std::size_t Pacer::burst(ngtcp2_conn* connection, Congestion congestion) const noexcept {
  const std::size_t quantum = ngtcp2_conn_get_send_quantum(connection);
  // BBR's quantum is what a millisecond carries.
  if (congestion == Congestion::Bbr) return quantum;
  const ng::ConnectionInfo info = ng::connectionInfo(connection);
  if (info.smoothed_rtt == 0) return quantum;
  const Duration rtt(static_cast<std::int64_t>(info.smoothed_rtt));
  const Duration span = std::clamp<Duration>(rtt / kBurstsInRtt, kShortestBurst, kLongestBurst);
  // A window a round trip, and a quarter more, as the library paces.
  const double rate = 1.25 * static_cast<double>(info.cwnd) / static_cast<double>(rtt.count());
  return std::max(quantum, static_cast<std::size_t>(rate * static_cast<double>(span.count())));
}

void Pacer::wrote(ngtcp2_conn* connection, bool dataWaits, std::size_t packet, Timestamp now) noexcept {
  const ng::ConnectionInfo info = ng::connectionInfo(connection);
  m_minRtt = Duration(static_cast<std::int64_t>(info.min_rtt));
  m_waitsForTimer = dataWaits && info.bytes_in_flight + packet <= info.cwnd;
  if (!isActive() || info.latest_rtt == 0) return;
  m_queue.sample(Duration(static_cast<std::int64_t>(info.latest_rtt)),
                 Duration(static_cast<std::int64_t>(info.smoothed_rtt)), now);
}

}  // namespace adit::quic
